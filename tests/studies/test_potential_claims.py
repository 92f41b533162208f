"""What chapter 10 and the claim ledger say of potentials that are held is what the committed tables
say, row by row.
"""

import math

import pytest

from studies.potential import results
from studies.potential.claims import claims, verdict_box
from tests.oracles import caught
from tests.studies.rows import limits, rows

CLAIMS = {claim.claim: claim.numbers for claim in claims()}
ROWS = {data: rows(name) for data, name in results.TABLES.items()}
ENDINGS = {"with batch norm": "", "without batch norm": ", no batch norm"}


def means(data, arm, column, T=4):
    """Mean over the layers of a column, one number per seed."""
    layers = {}
    for row in ROWS[data]:
        if row["arm"] == arm and row["T"] == str(T):
            layers.setdefault(row["seed"], []).append(float(row[column]))
    return [math.fsum(values) / len(values) for values in layers.values()]


def difference(one, two, times=1.0):
    return [times * (a - b) for a, b in zip(one, two, strict=True)]


def line(values, unit, words=("gain", "loss", "no difference seen")):
    """How a line of the ledger gives these differences, and what it says of their sign."""
    mean, low, high = limits(values)
    word = words[0] if low > 0 else words[1] if high < 0 else words[2]
    return f": {mean:+.2f} [{low:+.2f}, {high:+.2f}] {unit} ({len(values)} seeds): {word}"


def hold(claim, expected, *how):
    """The claim's lines, one for one, are those of the rows; with the signs changed they are
    not.
    """

    def statement(sign):
        for said, (start, values) in zip(CLAIMS[claim], expected.items(), strict=True):
            assert said == start + line([sign * value for value in values], *how)

    statement(1)
    caught(statement, -1)


@pytest.mark.parametrize("norm", ENDINGS)
@pytest.mark.parametrize(
    "claim, arms",
    [
        ("Holding potentials to a normal distribution makes", results.FORMS),
        ("A loss on potentials of a neighbour's type makes", results.NEIGHBOURS),
    ],
)
def test_gains_are_those_of_the_rows(claim, arms, norm):
    expected = {
        f"{data}, {name}": difference(
            means(data, arm + ENDINGS[norm], "accuracy"),
            means(data, "none" + ENDINGS[norm], "accuracy"),
            100,
        )
        for data in ROWS
        for arm, name in arms.items()
    }
    hold(f"{claim} a network {norm} more accurate.", expected, "points")
    box = verdict_box()
    for start, values in expected.items():
        numbers, word = (
            line(values, "points").split(" points")[0],
            line(values, "points").rpartition(": ")[2],
        )
        assert f"*{start.partition(', ')[2]}:*{numbers.removeprefix(':')}: {word}." in box


def test_other_steps_are_those_of_the_rows():
    """The form with the best mean on held-out images at four steps, at each number of steps."""
    data = "Fashion-MNIST"
    validation = {arm: math.fsum(means(data, arm, "validation_accuracy")) for arm in results.FORMS}
    best = max(validation, key=validation.get)
    hold(
        "The form that held-out images choose at T = 4 gains at other numbers of steps, too.",
        {
            f"{data}, {results.FORMS[best]}, T = {T}": difference(
                means(data, best, "accuracy", T), means(data, "none", "accuracy", T), 100
            )
            for T in (2, 4, 6)
        },
        "points",
    )


def test_divergences_are_those_of_the_rows():
    hold(
        "Training without a penalty carries potentials away from the target.",
        {
            f"{data}, {norm}": difference(
                means(data, "none" + ending, "divergence_after"),
                means(data, "none" + ending, "divergence_before"),
            )
            for data in ROWS
            for norm, ending in ENDINGS.items()
        },
        "nats",
        ("away", "towards", "no change seen"),
    )
    hold(
        "The penalty brings them nearer to the target than training without it.",
        {
            f"{data}, {norm}, {results.FORMS[arm]}": difference(
                means(data, arm + ending, "divergence_after"),
                means(data, "none" + ending, "divergence_after"),
            )
            for data in ROWS
            for norm, ending in ENDINGS.items()
            for arm in ("jeffreys 1", "jensen-shannon 8")
        },
        "nats",
        ("farther", "nearer", "no difference seen"),
    )
