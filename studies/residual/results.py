"""Paper 3's numbers, from the tables of the studies `residual`: what chapter 07, figures, ledger
and tests say.

Differences are in points of accuracy, of two networks of one seed, that share initial weights,
order of images and epochs. An *arm* is a way to train (see `studies.residual.jobs`); "plain" is
conversion without a correction.
"""

from typing import NamedTuple

import numpy as np

from studies import paired
from studies.paired import differences, values

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


def accuracy(table, arm, T, conversion="plain", column="accuracy"):
    """What an arm has after T steps, {seed: fraction}."""
    (found,) = values(table, ("T",), column, arm=arm, conversion=conversion, T=T).values()
    return found


def points(table, one, two, T, conversion="plain", other="plain", T_other=None, column="accuracy"):
    """Points by which one arm beats another after T steps, on the seeds of that which has fewer:
    array (seeds,).

    `conversion`, `other` are the corrections applied to the first and to the second; `T_other` the
    second's steps; `column` is "accuracy", on test images, or "validation_accuracy".
    """
    ours = accuracy(table, one, T, conversion, column)
    theirs = accuracy(table, two, T if T_other is None else T_other, other, column)
    both = ours.keys() & theirs.keys()
    if both not in (ours.keys(), theirs.keys()):
        raise ValueError(
            f"{one} has the seeds {sorted(ours)} and {two} {sorted(theirs)}: they cannot be paired."
        )
    (found,) = differences(
        {(): {seed: ours[seed] for seed in both}}, {(): {seed: theirs[seed] for seed in both}}
    ).values()
    return found


def gap(table, arm, T):
    """Points by which a converted network lies above its own artificial one, without noise: array
    (seeds,).
    """
    (found,) = differences(
        {(): accuracy(table, arm, T)}, {(): accuracy(table, arm, T, column="ann_accuracy")}
    ).values()
    return found


class NoiseGain(NamedTuple):
    """NQ beside QCFS in one network: accuracies in percent (means of seeds), differences in points
    by seed.
    """

    qcfs: float
    noise: float
    difference: np.ndarray


def noise_gain(found, net, T):
    """What training with noise changes in a network of `NETS` after T steps; `found` as from
    `tables`.
    """
    data, qcfs, noise, _ = NETS[net]
    table = found[data]

    def mean(arm):
        return 100 * float(np.mean(list(accuracy(table, arm, T).values())))

    return NoiseGain(mean(qcfs), mean(noise), points(table, noise, qcfs, T))
