"""Paper 2's loss on potentials in the claim ledger: words that follow the numbers of the committed
tables.
"""

import numpy as np

from refsnn.metrics import interval
from studies.ledger import Claim, Markdown, Paper, direction, lines, shown
from studies.potential.results import (
    FORMS,
    NEIGHBOURS,
    NORMS,
    chosen_form,
    gains,
    over_layers,
    tables,
)

TEST = "tests/studies/test_potential_claims.py::test_{}"
MOVED = {"gain": "away", "loss": "towards", "no difference seen": "no change seen"}
NEARER = {"gain": "farther", "loss": "nearer", "no difference seen": "no difference seen"}


def compared(arms, norm):
    """Gains of some arms, with batch norm or without, in each data set."""
    return lines(
        {
            f"{data}, {name}": gains(table, arm + NORMS[norm])
            for data, table in tables().items()
            for arm, name in arms.items()
        }
    )


def drifts():
    """How far training without a penalty carries potentials from the target, in nats."""
    points = {}
    for data, table in tables().items():
        for norm, ending in NORMS.items():
            after = over_layers(table, "none" + ending, "divergence_after")
            before = over_layers(table, "none" + ending, "divergence_before")
            points[f"{data}, {norm}"] = after - before
    return lines(points, lambda limits: MOVED[direction(limits)], "nats")


def held():
    """How much nearer to the target the penalties of great weight leave potentials, in nats."""
    points = {}
    for data, table in tables().items():
        for norm, ending in NORMS.items():
            without = over_layers(table, "none" + ending, "divergence_after")
            for arm in ("jeffreys 1", "jensen-shannon 8"):
                after = over_layers(table, arm + ending, "divergence_after")
                points[f"{data}, {norm}, {FORMS[arm]}"] = after - without
    return lines(points, lambda limits: NEARER[direction(limits)], "nats")


def other_steps():
    """The form that held-out images of Fashion-MNIST choose, at each number of steps."""
    table = tables()["Fashion-MNIST"]
    form = chosen_form(table)
    points = {
        f"Fashion-MNIST, {FORMS[form]}, T = {T}": gains(table, form, T)
        for T in np.unique(table["T"])
    }
    return lines(points)


def claims():
    """Lines of the ledger on potentials that keep their distribution, from the committed
    tables.
    """
    of_gains = TEST.format("gains_are_those_of_the_rows")
    of_divergences = TEST.format("divergences_are_those_of_the_rows")

    # Accuracy: the paper's forms, and its neighbours' losses.
    rows = [
        Claim(
            f"Holding potentials to a normal distribution makes a network {norm} more accurate.",
            "Wang et al. 2025, abstract, read; target, form and weight are a reconstruction.",
            *compared(FORMS, norm),
            of_gains,
            "potential_gain",
        )
        for norm in NORMS
    ]
    rows += [
        Claim(
            f"A loss on potentials of a neighbour's type makes a network {norm} more accurate.",
            "Guo et al. 2022, 2023 report gains; the losses here are of their types, on our "
            "network.",
            *compared(NEIGHBOURS, norm),
            of_gains,
            "potential_gain",
        )
        for norm in NORMS
    ]

    # The distribution itself, and other numbers of steps.
    rows += [
        Claim(
            "Training without a penalty carries potentials away from the target.",
            "Wang et al. 2025, abstract, read: the distribution shifts. Here Jeffreys divergence "
            "from a standard normal target, mean over layers, after training minus before.",
            *drifts(),
            of_divergences,
        ),
        Claim(
            "The penalty brings them nearer to the target than training without it.",
            "Our question. Jeffreys divergence after training, with the penalty minus without.",
            *held(),
            of_divergences,
        ),
        Claim(
            "The form that held-out images choose at T = 4 gains at other numbers of steps, too.",
            "Our question, with batch norm.",
            *other_steps(),
            TEST.format("other_steps_are_those_of_the_rows"),
            "spiking_steps",
        ),
    ]
    return rows


PAPER = Paper(
    "Paper 2: potentials that keep their distribution",
    "wang2025",
    "10_potential_distribution.md",
    claims,
)


def verdict_box():
    """Chapter 10's verdict, every word and number from the committed tables."""
    text = []
    for data, table in tables().items():
        for norm, ending in NORMS.items():
            none = 100 * over_layers(table, "none" + ending)
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
