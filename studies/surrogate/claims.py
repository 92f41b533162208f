"""Paper 2's surrogate in the claim ledger: words that follow the numbers of the committed
tables.
"""

from refsnn.metrics import interval
from studies.ledger import Claim, Markdown, Paper, direction, lines, overall, shown
from studies.paired import pooled
from studies.surrogate.results import NETS, PAIRS, gains, gains_of_learning, tables
from studies.table import committed

TEST = "tests/studies/test_surrogate_claims.py::test_{}"
# A claim, who says so, the pair that is compared, the figure.
CLAIMS = (
    (
        "A surrogate that learns its width does better than one of default width.",
        "Wang et al. 2025, abstract, read: the shape is updated iteratively. The update is a "
        "reconstruction.",
        "the default width",
        "psg_gains",
    ),
    (
        "It finds a width as good as the best fixed one.",
        "Wang et al. 2025, abstract, read: a good surrogate is found. The best fixed width is "
        "chosen on held-out images.",
        "the best fixed width",
        "psg_gains",
    ),
    (
        "Learning is better than keeping a start that is too narrow.",
        "Our question.",
        "the narrow start, kept",
        "psg_starts",
    ),
    (
        "Learning is better than keeping a start that is too wide.",
        "Our question.",
        "the wide start, kept",
        "psg_starts",
    ),
    (
        "Learned from a start that is too narrow, a surrogate is at least as good as the default "
        "width.",
        "Our question: does it find back?",
        "the default width, from the narrow start",
        "psg_starts",
    ),
    (
        "Learned from a start that is too wide, a surrogate is at least as good as the default "
        "width.",
        "Our question: does it find back?",
        "the default width, from the wide start",
        "psg_starts",
    ),
)
BESIDE_THRESHOLD = {
    "gain": "more than the threshold",
    "loss": "less than the threshold",
    "no difference seen": "no difference seen",
}


def compared(pair):
    """A pair of `PAIRS` in words, and what the whole says: (a line for each data set, verdict).

    The families of a seed start from the same weights, so their mean counts once per seed.
    """
    numbers, words = [], []
    for data, table in tables().items():
        points = gains(table, pair)
        limits = interval(pooled(points))
        each = [direction(interval(values)) for values in points.values()]
        seeds = len(next(iter(points.values())))
        words.append(direction(limits))
        numbers.append(
            f"{data}: {shown(limits)} points on average over {len(points)} families, "
            f"{each.count('gain')} of them with an interval above 0, {each.count('loss')} below "
            f"({seeds} seeds): {words[-1]}"
        )
    return tuple(numbers), overall(words)


def claims():
    """Lines of the ledger on the surrogate that learns its width, from the committed tables."""
    test = TEST.format("gains_are_those_of_the_rows")
    rows = [
        Claim(claim, source, *compared(pair), test, figure)
        for claim, source, pair, figure in CLAIMS
    ]
    points = gains_of_learning(committed("width_or_threshold-digits"), "alpha", "threshold")
    beside = {
        f"digits, {NETS[net]}, width over threshold from {start:g}": values
        for (net, start), values in points.items()
    }
    rows.append(
        Claim(
            "Learning the width does for accuracy what learning the threshold does.",
            "A user's question. The networks that can be reached are the same (chapter 09); the "
            "steps are not.",
            *lines(beside, lambda limits: BESIDE_THRESHOLD[direction(limits)]),
            TEST.format("arms_are_those_of_the_rows"),
            "width_or_threshold",
        )
    )
    return rows


PAPER = Paper(
    "Paper 2: a surrogate that learns its shape", "wang2025", "09_parametric_surrogate.md", claims
)


def verdict_box():
    """Chapter 09's verdict, every word and number from the committed tables."""
    text = []
    for data, table in tables().items():
        text += [
            f"**{data}.** Learned width over a fixed one, in points of accuracy, mean over "
            f"{len(gains(table, 'the default width'))} families, with 95 % intervals over "
            f"{table['seed'].max() + 1} seeds.",
            "",
        ]
        for pair in PAIRS:
            points = gains(table, pair)
            limits = interval(pooled(points))
            means = {family: values.mean() for family, values in points.items()}
            low, high = min(means, key=means.get), max(means, key=means.get)
            text.append(
                f"- *Over {pair}:* {shown(limits)}: {direction(limits)}; from "
                f"{means[low]:+.2f} ({low}) to {means[high]:+.2f} ({high})."
            )
        text.append("")
    return Markdown("\n".join(text))
