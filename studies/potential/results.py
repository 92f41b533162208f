"""Paper 2's loss on the distribution of potentials: what the tables of the study `potential` say of
it.

Gains are differences in test accuracy, in points, of two networks that started from the same
weights, one a seed: an arm of the study against training without a penalty, both with batch norm or
both without.
"""

import numpy as np

from refsnn.metrics import interval
from studies import paired
from studies.ledger import Claim, Markdown, direction, lines, shown
from studies.potential.grid import POTENTIAL

TABLES = {"digits": "potential-digits", "Fashion-MNIST": "potential_fashion-fashion-mnist"}
NORMS = {
    "with batch norm": "",
    "without batch norm": ", no batch norm",
}  # the endings of the arms' names
FORMS = {
    "jeffreys 0.1": "Jeffreys, weight 0.1",
    "jeffreys 1": "Jeffreys, weight 1",
    "jensen-shannon 0.8": "Jensen-Shannon, weight 0.8",
    "jensen-shannon 8": "Jensen-Shannon, weight 8",
}
NEIGHBOURS = {"rmp": "type RMP", "im": "type IM"}
TEST = "tests/studies/test_potential_claims.py::test_{}"
MOVED = {"gain": "away", "loss": "towards", "no difference seen": "no change seen"}
NEARER = {"gain": "farther", "loss": "nearer", "no difference seen": "no difference seen"}


def tables():
    """The committed tables of the study, {data set: table}."""
    return paired.tables(TABLES)


def by_seed(table, arm, column="accuracy", T=POTENTIAL.settings.first_T):
    """A column of an arm, mean over layers: array (seeds,)."""
    chosen = (table["arm"] == arm) & (table["T"] == T)
    values, seeds = table[column][chosen], table["seed"][chosen]
    return np.array([values[seeds == seed].mean() for seed in np.unique(seeds)])


def gains(table, arm, T=POTENTIAL.settings.first_T):
    """Points of an arm over training without a penalty: array (seeds,)."""
    none = "none" + "".join(arm.partition(",")[1:])
    return 100 * (by_seed(table, arm, T=T) - by_seed(table, none, T=T))


def winner(table):
    """The form and weight with batch norm that does best on held-out images at the first T, mean
    over seeds.
    """
    return max(FORMS, key=lambda arm: by_seed(table, arm, "validation_accuracy").mean())


def compared(found, arms, norm):
    """Gains of some arms, with batch norm or without, in each data set."""
    return lines(
        {
            f"{data}, {name}": gains(table, arm + NORMS[norm])
            for data, table in found.items()
            for arm, name in arms.items()
        }
    )


def claims():
    """Lines of the ledger on potentials that keep their distribution, from the committed
    tables.
    """
    found, source = (
        tables(),
        "Wang et al. 2025, abstract, read; target, form and weight are a reconstruction.",
    )
    rows = [
        Claim(
            f"Holding potentials to a normal distribution makes a network {norm} more accurate.",
            source,
            *compared(found, FORMS, norm),
            TEST.format("gains_are_those_of_the_rows"),
            "potential_gain",
        )
        for norm in NORMS
    ]
    rows += [
        Claim(
            f"A loss on potentials of a neighbour's type makes a network {norm} more accurate.",
            "Guo et al. 2022, 2023 report gains; the losses here are of their types, on our "
            "network.",
            *compared(found, NEIGHBOURS, norm),
            TEST.format("gains_are_those_of_the_rows"),
            "potential_gain",
        )
        for norm in NORMS
    ]
    drift = {
        f"{data}, {norm}": by_seed(table, "none" + ending, "divergence_after")
        - by_seed(table, "none" + ending, "divergence_before")
        for data, table in found.items()
        for norm, ending in NORMS.items()
    }
    held = {
        f"{data}, {norm}, {FORMS[arm]}": by_seed(table, arm + ending, "divergence_after")
        - by_seed(table, "none" + ending, "divergence_after")
        for data, table in found.items()
        for norm, ending in NORMS.items()
        for arm in ("jeffreys 1", "jensen-shannon 8")
    }
    rows += [
        Claim(
            "Training without a penalty carries potentials away from the target.",
            "Wang et al. 2025, abstract, read: the distribution shifts. Here Jeffreys divergence "
            "from a standard normal target, mean over layers, after training minus before.",
            *lines(drift, lambda limits: MOVED[direction(limits)], "nats"),
            TEST.format("divergences_are_those_of_the_rows"),
        ),
        Claim(
            "The penalty brings them nearer to the target than training without it.",
            "Our question. Jeffreys divergence after training, with the penalty minus without.",
            *lines(held, lambda limits: NEARER[direction(limits)], "nats"),
            TEST.format("divergences_are_those_of_the_rows"),
        ),
    ]
    fashion = found["Fashion-MNIST"]
    chosen = winner(fashion)
    rows.append(
        Claim(
            "The form that held-out images choose at T = 4 gains at other numbers of steps, too.",
            "Our question, with batch norm.",
            *lines(
                {
                    f"Fashion-MNIST, {FORMS[chosen]}, T = {T}": gains(fashion, chosen, T)
                    for T in np.unique(fashion["T"])
                }
            ),
            TEST.format("other_steps_are_those_of_the_rows"),
            "spiking_steps",
        )
    )
    return rows


def verdict_box():
    """Chapter 10's verdict, every word and number from the committed tables."""
    text = []
    for data, table in tables().items():
        for norm, ending in NORMS.items():
            none = 100 * by_seed(table, "none" + ending)
            text += [
                f"**{data}, {norm}** (no penalty: {none.mean():.2f} %), difference in points with "
                f"its 95 % interval over {len(none)} seeds:",
                "",
            ]
            for arm, name in (FORMS | NEIGHBOURS).items():
                limits = interval(gains(table, arm + ending))
                text.append(f"- *{name}:* {shown(limits)}: {direction(limits)}.")
            text.append("")
    return Markdown("\n".join(text))
