"""One spiking network with a surrogate of some width, fixed or learned: trained and measured.

One row per spiking layer: its `window`, the share `inside` of potentials within it, and the norm of
the loss's surrogate gradient in the weights of the linear layer before it, at the first 256
training images, before and after training.
"""

from dataclasses import asdict

import numpy as np

from refsnn import nn, snn
from studies import networks
from studies.training import held_out, train

FAMILIES = {
    "rectangular": snn.Rectangular,
    "triangular": snn.Triangular,
    "sigmoid": snn.Sigmoid,
    "arctan": snn.Arctan,
    "fast sigmoid": snn.FastSigmoid,
    "Gaussian": snn.Gaussian,
}
DEFAULT = 0.5  # the window of every family's default alpha
IMAGES = 256  # at which gradients and windows are measured
COLUMNS = (
    "family",
    "alpha",
    "start",
    "seed",
    "layer",
    "accuracy",
    "validation_accuracy",
    "window",
    "inside_before",
    "inside",
    "gradient_before",
    "gradient",
)

# What is learned beside the weights: the surrogate's alpha, the threshold.
LEARNED = {
    "neither": (False, False),
    "alpha": (True, False),
    "threshold": (False, True),
    "both": (True, True),
}
WIDTH_OR_THRESHOLD_COLUMNS = (
    "net",
    "start",
    "learned",
    "seed",
    "layer",
    "accuracy",
    "validation_accuracy",
    "window",
    "threshold",
)


def surrogate_of(family, window, learned, floor=0.05):
    """A surrogate of a family whose window is this half-width, and stays above `floor` where it is
    learned.
    """
    kind = FAMILIES[family]
    lowest = kind(kind.width_at(1 / (2 * floor))).width
    return kind(kind.width_at(1 / (2 * window)), learn_alpha=learned, floor=lowest)


def network(net, shape, neuron, rng):
    """An untrained network of spiking neurons; `neuron()` makes what follows a hidden linear layer,
    after its batch norm if there is any.
    """

    def after(features, dense):
        norm = [nn.BatchNorm(features)] if net.batch_norm else []
        return [*norm, neuron()]

    bias = {"bias": not net.batch_norm}
    return networks.network(
        shape, net.convolutions, net.dense, rng, after=after, conv=bias, dense=bias
    )


def untrained(job, net, surrogate, **others):
    """The job's network before training: all its neurons have this surrogate, and the `others` of
    `snn.LIF`, such as a penalty.
    """
    return network(
        net,
        job.data.x_train.shape[1:],
        lambda: snn.LIF(**asdict(job.settings.neuron), surrogate=surrogate, **others),
        np.random.default_rng([job.seed, 0]),
    )


def trained(job, net, T):
    """Train a network on T steps of the job's training images, and return its accuracies on test
    and on held-out images.
    """
    settings, data = job.settings, job.data
    (x, y), (x_val, y_val) = held_out(data, settings.held_out, settings.training_images)
    train(job, net, x, y, T=T, flip=settings.flip)
    return {
        "accuracy": net.accuracy(data.x_test, data.y_test, T=T, threads=job.threads),
        "validation_accuracy": net.accuracy(x_val, y_val, T=T, threads=job.threads),
    }


def layer_numbers(net, T, x, y):
    """What each spiking layer does at these images: its window, the share of potentials inside, and
    the norm of the surrogate gradient in the weights of the last linear layer before it.
    """
    # Forward and back as in training, with the loss of the mean output.
    outputs, caches = net.forward(np.tile(x, (T, 1, 1, 1)), nn.Run(T=T, train=True))
    _, dscores = nn.cross_entropy(outputs.reshape(T, len(x), -1).mean(axis=0), y)
    _, gradients = net.backward(caches, np.tile(dscores / np.float32(T), (T, 1)))

    numbers, norm = [], 0.0
    for layer, cache, named in zip(net, caches, gradients, strict=True):
        if "weight" in named:
            norm = float(np.linalg.norm(named["weight"].astype(np.float64)))
        elif layer.spiking:
            inside = snn.summary(layer, cache)["inside"]
            window = cache.surrogate.window
            numbers.append({"window": window, "inside": inside, "gradient": norm})
    return numbers


def run_job(job):
    """Train one network; one row for each of its spiking layers. A width is learned from some
    starts only.
    """
    settings, point, T = job.settings, job.point, job.settings.T
    learned = point["alpha"] == "learned"
    if learned and point["start"] not in settings.learned_from:
        return []
    surrogate = surrogate_of(point["family"], point["start"], learned, settings.floor)
    net = untrained(job, settings.net, surrogate)
    x, y = job.data.x_train[:IMAGES], job.data.y_train[:IMAGES]

    before = layer_numbers(net, T, x, y)
    accuracies = trained(job, net, T)
    after = layer_numbers(net, T, x, y)
    rows = []
    for k, (old, new) in enumerate(zip(before, after, strict=True), start=1):
        earlier = {"inside_before": old["inside"], "gradient_before": old["gradient"]}
        rows.append({"layer": k, **accuracies, **new, **earlier})
    return rows


def run_width_or_threshold(job):
    """Train one network; one row for each of its spiking layers, with its window and its threshold
    after training. Only their ratio matters.
    """
    settings, point = job.settings, job.point
    learn_alpha, learn_threshold = LEARNED[point["learned"]]
    surrogate = surrogate_of("rectangular", point["start"], learn_alpha, settings.floor)
    net = untrained(job, settings.nets[point["net"]], surrogate, learn_threshold=learn_threshold)

    accuracies = trained(job, net, settings.T)
    layers = [layer for layer in net if layer.spiking]
    return [
        {"layer": k, **accuracies, "window": layer.alpha, "threshold": layer.v_threshold}
        for k, layer in enumerate(layers, start=1)
    ]
