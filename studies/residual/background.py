"""Is it the background that makes one step erratic? The first layer's rounding, undone in one part
of the image.

Where all inputs of a first neuron are 0 (the *background*), it gets the bias of its channel and
nothing else. With one step all such neurons of a channel fire, or none. So the second layer is
given the artificial network's activations instead of the copy's spikes in one part of the image:
nowhere ("plain"), in the background, in as many positions of each image at random, in the rest,
everywhere. If the background is to blame, undoing its rounding repairs the seeds that one step
spoils about as well as undoing all, and better than at random or in the rest. Effects of parts need
not add up.

Three numbers describe a network: the background's share of the positions; the root mean square over
channels of its error, spike minus activation at the bias, in thresholds; and the smallest distance
of a bias from half the threshold, where a small change flips all of a channel's background.
"""

import numpy as np
from scipy import ndimage

from refsnn import convert, metrics, nn, snn
from refsnn.theory import quantised_activation
from studies.residual.jobs import trained
from studies.training import held_out

PARTS = ("plain", "background", "random", "rest", "everywhere")
COLUMNS = (
    "arm",
    "seed",
    "conversion",
    "T",
    "accuracy",
    "validation_accuracy",
    "ann_accuracy",
    "share",
    "error",
    "nearest",
)


def background(x):
    """Where the 3 x 3 surroundings of a pixel are 0, beyond the margin too: (N, height, width, 1)
    of bool.
    """
    brightest = x.max(axis=-1, keepdims=True)
    return ndimage.maximum_filter(brightest, size=(1, 3, 3, 1), mode="constant") == 0


def background_error(net, levels):
    """Root mean square over channels of spike minus activation in the background, where the input
    is the bias.
    """
    error = quantised_activation(net[0].bias, 1, 1.0) - quantised_activation(
        net[0].bias, levels, 1.0
    )
    return np.sqrt(np.mean(error**2))


def undone_at(x, part, rng):
    """Where the rounding is undone: bool, of a shape that broadcasts to (N, height, width,
    channels).
    """
    ground = background(x)
    if part == "random":
        return rng.permuted(ground.reshape(len(x), -1), axis=1).reshape(ground.shape)
    return {
        "plain": np.bool(False),
        "background": ground,
        "rest": ~ground,
        "everywhere": np.bool(True),
    }[part]


def undone(net, x, levels, part, rng):
    """What the second layer gets in the only step: spikes, and in one part of the image activations
    of `levels` levels.
    """
    current = net[0].forward(x)[0]
    spikes = quantised_activation(current, 1, 1.0)  # v_0 = 1/2: eq. qcfs
    activations = quantised_activation(current, levels, 1.0)
    return np.where(undone_at(x, part, rng), activations, spikes).astype(np.float32)


def accuracy(net, x, y, levels, part, rng, threads=None):
    """Of one step, with the first layer's rounding undone in one part; a thousand images at a
    time.
    """
    rest = nn.Sequential(net[2:], input_shape=net.shapes(x.shape[1:])[1])
    scores = []
    for k in range(0, len(x), 1000):
        inputs = undone(net, x[k : k + 1000], levels, part, rng)
        scores.append(snn.simulate(rest, inputs, 1, threads=threads).scores)
    return float(metrics.accuracy(np.concatenate(scores, axis=1), y)[0])


def run_job(job):
    """Train one network; one row for each part, with its accuracy on held-out and on test
    images.
    """
    data, arm = job.data, job.settings.arms[job.point["arm"]]
    (x, y), (x_val, y_val) = held_out(data, 10)
    ann = trained(job, arm, x, y, x_val)
    net = convert.to_spiking(ann, calibration_data=x[:500])
    same = {
        "T": 1,
        "ann_accuracy": ann.accuracy(data.x_test, data.y_test, threads=job.threads),
        "share": background(data.x_test).mean(),
        "error": background_error(net, arm.levels),
        "nearest": np.abs(net[0].bias - 0.5).min(),
    }

    rng, rows = np.random.default_rng([job.seed, 3]), []
    for part in PARTS:
        test, validation = (
            accuracy(net, images, labels, arm.levels, part, rng, job.threads)
            for images, labels in ((data.x_test, data.y_test), (x_val, y_val))
        )
        rows.append(
            {"conversion": part, "accuracy": test, "validation_accuracy": validation, **same}
        )
    return rows
