"""Paper 2's surrogate that learns its width: what the tables of `surrogate` and
`width_or_threshold` say of it.

Gains are differences in test accuracy, in points, of two networks of one seed that started from the
same weights. "default" is the width that every family has unless told otherwise; "best fixed" is,
for a family, the fixed width with the largest accuracy on held-out images, mean over seeds;
"narrow" and "wide" are the ends of the grid of starts.
"""

import numpy as np

from studies import paired
from studies.paired import only, single, values
from studies.surrogate.jobs import DEFAULT

TABLES = {"digits": "surrogate-digits", "Fashion-MNIST": "surrogate_fashion-fashion-mnist"}
# What is compared, by name: what the learned width starts from, and the fixed width that it is set
# against.
PAIRS = {
    "the default width": ("default", "default"),
    "the best fixed width": ("default", "best fixed"),
    "the narrow start, kept": ("narrow", "narrow"),
    "the wide start, kept": ("wide", "wide"),
    "the default width, from the narrow start": ("narrow", "default"),
    "the default width, from the wide start": ("wide", "default"),
}
NETS = {"plain": "dense network", "batch norm": "dense network with batch norm"}


def tables():
    """The committed tables of the study, {data set: table}."""
    return paired.tables(TABLES)


def families(table):
    """The families of a table, in its order."""
    return list(dict.fromkeys(table["family"].tolist()))


def accuracy(table, column="accuracy", **arm):
    """What an arm has in each seed, in percent: array (seeds,). A network has one row per layer,
    all with its accuracy.
    """
    seeds = single(values(only(table, layer=1), (), column, **arm))
    return 100 * np.array(list(seeds.values()))


def fixed(family, start):
    """What names a network with a fixed width."""
    return {"family": family, "alpha": "fixed", "start": start}


def learned(family, start):
    """What names a network that learns its width from a start."""
    return {"family": family, "alpha": "learned", "start": start}


def best_fixed(table, family):
    """The fixed width with the largest mean accuracy on held-out images; of equals, the
    narrowest.
    """
    starts = np.unique(table["start"]).tolist()
    return max(
        starts,
        key=lambda start: accuracy(table, "validation_accuracy", **fixed(family, start)).mean(),
    )


def gains(table, pair):
    """Points of the learned width over the fixed one of a pair of `PAIRS`, {family: array
    (seeds,)}.
    """
    networks = only(table, layer=1)
    starts = {"default": DEFAULT, "narrow": table["start"].min(), "wide": table["start"].max()}
    start, kept = PAIRS[pair]
    points = {}
    for family in families(table):
        width = best_fixed(table, family) if kept == "best fixed" else starts[kept]
        ours, theirs = learned(family, starts[start]), fixed(family, width)
        points[family] = single(paired.gains(networks, ours, theirs, ()))
    return points


def gains_of_learning(table, one, two):
    """Points by which learning `one` beats learning `two` in `width_or_threshold`, {(net, start):
    array (seeds,)}; each is a name of `jobs.LEARNED`.
    """
    networks = only(table, layer=1)
    return paired.gains(networks, {"learned": one}, {"learned": two}, ("net", "start"))
