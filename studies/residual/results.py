"""Paper 3's numbers, from the tables of the studies `residual`: what chapter 07, figures, ledger
and tests say.

Gains are differences in accuracy, in points, of two networks of one seed, which share initial
weights, order of images and epochs. An *arm* is a way to train (see `studies.residual.grid`);
"plain" is conversion without a correction.
"""

from typing import NamedTuple

import numpy as np

from studies import paired
from studies.paired import differences, single, values

TABLES = {
    "digits": "residual-digits",
    "Fashion-MNIST": "residual_fashion-fashion-mnist",
    "CIFAR-10": "residual_cifar10-cifar10",
    "background": "residual_background-fashion-mnist",
}


class Net(NamedTuple):
    """Where a network's arms stand: its data set, its arms with QCFS, with noise and, or None, with
    rectifiers.
    """

    data: str
    qcfs: str
    noise: str
    relu: str | None


NETS = {
    "digits": Net("digits", "qcfs, L = 4", "nq, L = 4", "relu"),
    "Fashion-MNIST, wide": Net("Fashion-MNIST", "wide, qcfs", "wide, nq", "wide, relu"),
    "Fashion-MNIST, narrow": Net("Fashion-MNIST", "narrow, qcfs", "narrow, nq", None),
}
# A network of its own: two seeds, and conversion without corrections only.
CIFAR = Net("CIFAR-10", "qcfs", "nq", "relu")
# One start of the thresholds, the paper's, against the one used here; a repeat that differs in one
# bit.
FROM_8 = {
    "digits": ("digits", "qcfs from 8", "qcfs, L = 4"),
    "Fashion-MNIST, narrow": ("Fashion-MNIST", "narrow, qcfs from 8", "narrow, qcfs"),
}
ONE_BIT = {
    "digits": ("digits", "qcfs again", "qcfs, L = 4"),
    "Fashion-MNIST, narrow": ("Fashion-MNIST", "narrow, qcfs again", "narrow, qcfs"),
}


def tables():
    """The committed tables, {data set: table}."""
    return paired.tables(TABLES)


def converted(arm, T, conversion="plain"):
    """What names one network of each seed: how it was trained, its steps, and its correction."""
    return {"arm": arm, "T": T, "conversion": conversion}


def accuracy(table, arm, T, conversion="plain", column="accuracy"):
    """What a converted network has in each seed, as a fraction: array (seeds,)."""
    seeds = single(values(table, (), column, **converted(arm, T, conversion)))
    return np.array(list(seeds.values()))


def gains(table, network, baseline, column="accuracy"):
    """Points by which one network, as `converted` names it, beats another: array (seeds,).

    `column` is "accuracy", on test images, or "validation_accuracy".
    """
    return single(paired.gains(table, network, baseline, (), column))


def gap(table, arm, T):
    """Points by which a converted network lies above its own artificial one, without noise: array
    (seeds,).
    """
    network = converted(arm, T)
    spiking = values(table, (), "accuracy", **network)
    artificial = values(table, (), "ann_accuracy", **network)
    return single(differences(spiking, artificial))


class NoiseGain(NamedTuple):
    """NQ beside QCFS in one network: accuracies in percent (means of seeds), differences in points
    by seed.
    """

    qcfs: float
    noise: float
    difference: np.ndarray


def noise_gain(tables, net, T):
    """What training with noise changes in a network of `NETS` after T steps, in `tables()`."""
    data, qcfs, noise, _ = NETS[net]
    table = tables[data]
    means = [100 * float(accuracy(table, arm, T).mean()) for arm in (qcfs, noise)]
    return NoiseGain(*means, gains(table, converted(noise, T), converted(qcfs, T)))
