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

The networks are those of the study `residual` on Fashion-MNIST, trained in the same way from the
same weights.
"""

import numpy as np
from scipy import ndimage

from refsnn import convert, metrics, nn, snn
from refsnn.theory import quantised_activation
from studies.residual import fashion as residual_fashion
from studies.residual import jobs as residual
from studies.runner import Study

PARTS = ("plain", "background", "random", "rest", "everywhere")


def background(x):
    """Where the 3 x 3 surroundings of a pixel are 0, beyond the margin too: (N, height, width, 1)
    of bool.
    """
    return (
        ndimage.maximum_filter(x.max(axis=-1, keepdims=True), size=(1, 3, 3, 1), mode="constant")
        == 0
    )


def background_error(net, L):
    """Root mean square over channels of spike minus activation in the background, where the input
    is the bias.
    """
    error = quantised_activation(net[0].bias, 1, 1.0) - quantised_activation(net[0].bias, L, 1.0)
    return np.sqrt(np.mean(error**2))


def chosen(x, part, rng):
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


def undone(net, x, L, part, rng):
    """What the second layer gets in the only step: spikes, and in one part of the image activations
    of L levels.
    """
    current = net[0].forward(x)[0]
    spikes, levels = (
        quantised_activation(current, each, 1.0) for each in (1, L)
    )  # v_0 = 1/2: eq. qcfs
    return np.where(chosen(x, part, rng), levels, spikes).astype(np.float32)


def accuracy(net, x, y, L, part, rng, threads=None):
    """Of one step, with the first layer's rounding undone in one part; a thousand images at a
    time.
    """
    rest = nn.Sequential(net[2:], input_shape=net.shapes(x.shape[1:])[1])
    scores = [
        snn.simulate(rest, undone(net, x[k : k + 1000], L, part, rng), 1, threads=threads).scores
        for k in range(0, len(x), 1000)
    ]
    return float(metrics.accuracy(np.concatenate(scores, axis=1), y)[0])


def run_job(job):
    """Train one network; one row for each part, with its accuracy on held-out and on test
    images.
    """
    data, which, rng = (
        job.data,
        job.settings["arms"][job.point["arm"]],
        np.random.default_rng([job.seed, 3]),
    )
    held = len(data.x_train) // 10
    x, y, x_val, y_val = (
        data.x_train[:-held],
        data.y_train[:-held],
        data.x_train[-held:],
        data.y_train[-held:],
    )
    ann = residual.train(job, which, x, y, x_val)
    net = convert.to_spiking(ann, calibration_data=x[:500])
    about = {
        "share": background(data.x_test).mean(),
        "error": background_error(net, which["L"]),
        "nearest": np.abs(net[0].bias - 0.5).min(),
        "ann_accuracy": ann.accuracy(data.x_test, data.y_test, threads=job.threads),
    }
    return [
        {
            "conversion": part,
            "T": 1,
            **about,
            **{
                column: accuracy(net, images, labels, which["L"], part, rng, job.threads)
                for column, images, labels in (
                    ("accuracy", data.x_test, data.y_test),
                    ("validation_accuracy", x_val, y_val),
                )
            },
        }
        for part in PARTS
    ]


ARMS = ("wide, qcfs", "narrow, qcfs")

STUDY = Study(
    name="residual_background",
    title="one step on Fashion-MNIST, with the first layer's rounding undone in the "
    "background, or in the rest",
    data=("fashion-mnist",),
    columns=(
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
    ),
    run_job=run_job,
    settings={
        name: residual_fashion.STUDY.settings[name]
        for name in (
            "epochs",
            "batch size",
            "learning rate",
            "weight decay",
            "augmentation",
            "nets",
            "arms",
        )
    },
    grid={"arm": ARMS},
    seeds=5,
    budget_minutes=40,
)
