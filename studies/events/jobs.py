"""One spiking network on recordings of N-MNIST: trained on four folds, tested on the fifth."""

import numpy as np

from refsnn import nn, snn
from refsnn.datasets import frames
from studies import networks
from studies.training import train

LAYERS = (1, 2, 3)  # of spiking neurons
WATCHED = 100  # training recordings at which windows are looked at
COLUMNS = (
    "arm",
    "seed",
    "T",
    "recordings",
    "accuracy",
    "training_accuracy",
    *(f"alpha_{k}" for k in LAYERS),
    *(f"window_{k}" for k in LAYERS),
)


def folds(y, k, rng):
    """The fold 0 .. k - 1 of each recording: classes and folds as even as they can be, else at
    random.
    """
    order = rng.permutation(len(y))
    order = order[np.argsort(y[order], kind="stable")]
    fold = np.empty(len(y), np.int64)
    fold[order] = np.arange(len(y)) % k
    return fold


def network(settings, learn_alpha, rng):
    """34 x 34 pixels of two polarities; convolutions 5 x 5 in steps of 2 and 3 x 3, and a dense
    layer.
    """

    def after(features, dense):
        surrogate = snn.Rectangular(settings.alpha, learn_alpha=learn_alpha)
        neurons = snn.LIF(0.25, v_threshold=0.5, reset="zero", surrogate=surrogate)
        return [nn.BatchNorm(features), neurons]

    first, second = settings.convolutions
    layers = ((first, 5, 2, 1), "P", (second, 3, 1), "P", nn.Dropout(settings.dropout))
    bias = {"bias": False}
    return networks.network(
        (34, 34, 2), layers, (settings.dense,), rng, after=after, conv=bias, dense=bias
    )


def run_job(job):
    """Train on four folds, test on the fifth: one row."""
    settings, data = job.settings, job.data
    arm = settings.arms[job.point["arm"]]
    y = np.concatenate([data.y_train, data.y_test])
    parts = [frames(part, arm.T, clip=settings.clip) for part in (data.x_train, data.x_test)]
    x = np.concatenate(parts) * np.float32(settings.count)
    drawn = folds(y, settings.folds, np.random.default_rng(settings.fold_seed))
    tested = drawn == job.seed

    encoder = snn.Frames()
    net = network(settings, arm.learn_alpha, np.random.default_rng([job.seed, 0]))
    history = train(job, net, x[~tested], y[~tested], T=arm.T, encoder=encoder, pad=settings.shift)
    accuracy = net.accuracy(x[tested], y[tested], T=arm.T, encoder=encoder, threads=job.threads)

    # A look at the trained network: widths, and potentials inside the windows.
    monitor = snn.Monitor(x[~tested][:WATCHED], arm.T, encoder)
    monitor(net, settings.epochs)
    row = {
        "T": arm.T,
        "recordings": int(tested.sum()),
        "accuracy": accuracy,
        "training_accuracy": history.accuracy[-1],
    }
    for k, seen in zip(LAYERS, monitor.layers.values(), strict=True):
        row |= {f"alpha_{k}": seen["alpha"][-1], f"window_{k}": seen["inside"][-1]}
    return [row]
