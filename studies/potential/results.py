"""Paper 2's loss on the distribution of potentials: what the tables of the study `potential` say of
it.

Gains are differences in test accuracy, in points, of two networks of one seed that started from the
same weights: an arm of the study against training without a penalty, both with batch norm or both
without.
"""

import numpy as np

from studies import paired
from studies.paired import only, pooled, single, values
from studies.potential.grid import POTENTIAL

TABLES = {"digits": "potential-digits", "Fashion-MNIST": "potential_fashion-fashion-mnist"}
# The endings of the arms' names.
NORMS = {
    "with batch norm": "",
    "without batch norm": ", no batch norm",
}
FORMS = {
    "jeffreys 0.1": "Jeffreys, weight 0.1",
    "jeffreys 1": "Jeffreys, weight 1",
    "jensen-shannon 0.8": "Jensen-Shannon, weight 0.8",
    "jensen-shannon 8": "Jensen-Shannon, weight 8",
}
NEIGHBOURS = {"rmp": "type RMP", "im": "type IM"}
FIRST_T = POTENTIAL.settings.first_T


def tables():
    """The committed tables of the study, {data set: table}."""
    return paired.tables(TABLES)


def over_layers(table, arm, column="accuracy", T=FIRST_T):
    """A column of an arm, mean over layers: array (seeds,). Accuracies are the same in all."""
    layers = values(table, ("layer",), column, arm=arm, T=T)
    return pooled({layer: list(seeds.values()) for layer, seeds in layers.items()})


def gains(table, arm, T=FIRST_T):
    """Points of an arm over training without a penalty: array (seeds,)."""
    none = "none" + "".join(arm.partition(",")[1:])
    networks = only(table, layer=1, T=T)
    return single(paired.gains(networks, {"arm": arm}, {"arm": none}, ()))


def chosen_form(table):
    """The form and weight with batch norm that does best on held-out images at the first T, mean
    over seeds.
    """
    return max(FORMS, key=lambda arm: np.mean(over_layers(table, arm, "validation_accuracy")))
