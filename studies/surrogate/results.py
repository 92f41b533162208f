"""Paper 2's surrogate that learns its shape: what the tables of `surrogate` and
`width_or_threshold` say of it.

Gains are differences in test accuracy, in points, of two networks that started from the same
weights, one a seed. "default" is the width that every family has unless told otherwise; "best
fixed" is, for a family, the fixed width with the largest accuracy on held-out images, mean over
seeds; "narrow" and "wide" are the ends of the grid of starts.
"""

import numpy as np

from refsnn.metrics import interval
from studies import paired
from studies.ledger import Claim, Markdown, direction, lines, overall, shown
from studies.surrogate.jobs import DEFAULT
from studies.table import committed

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
TEST = "tests/studies/test_surrogate_claims.py::test_{}"


def tables():
    """The committed tables of the study, {data set: table}."""
    return paired.tables(TABLES)


def families(table):
    """The families of a table, in its order."""
    return list(dict.fromkeys(table["family"].tolist()))


def points(table, column="accuracy", **where):
    """One accuracy a seed, in points, of the rows with these values (a network has one row for each
    layer).
    """
    chosen = table["layer"] == 1
    for name, value in where.items():
        chosen = chosen & (table[name] == value)
    return 100 * table[column][chosen]


def best_fixed(table, family):
    """The fixed width with the largest mean accuracy on held-out images; of equals, the
    narrowest.
    """
    starts = np.unique(table["start"])
    return float(
        max(
            starts,
            key=lambda start: points(
                table, "validation_accuracy", family=family, alpha="fixed", start=start
            ).mean(),
        )
    )


def gains(table, pair):
    """Points of the learned width over the fixed one of a pair of `PAIRS`, {family: array
    (seeds,)}.
    """
    names = {"default": DEFAULT, "narrow": table["start"].min(), "wide": table["start"].max()}
    learned, fixed = PAIRS[pair]
    return {
        family: points(table, family=family, alpha="learned", start=names[learned])
        - points(
            table,
            family=family,
            alpha="fixed",
            start=best_fixed(table, family) if fixed == "best fixed" else names[fixed],
        )
        for family in families(table)
    }


def pooled(gain):
    """Interval of the mean over families, seed by seed: the families of a seed start from the same
    weights.
    """
    return interval(np.mean(list(gain.values()), axis=0))


def arms(table, net, one, two):
    """Points of arm `one` over arm `two` of `width_or_threshold`, {start: array (seeds,)}."""
    return {
        float(start): points(table, net=net, start=start, learned=one)
        - points(table, net=net, start=start, learned=two)
        for start in np.unique(table["start"])
    }


def compared(pair):
    """A pair of `PAIRS` in words, and what the whole says: (a line for each data set, verdict)."""
    lines, words = [], []
    for data, table in tables().items():
        gain = gains(table, pair)
        each = [direction(interval(values)) for values in gain.values()]
        words.append(direction(pooled(gain)))
        lines.append(
            f"{data}: {shown(pooled(gain))} points on average over {len(gain)} families, "
            f"{each.count('gain')} of them with an interval above 0, {each.count('loss')} below "
            f"({len(next(iter(gain.values())))} seeds): {words[-1]}"
        )
    return tuple(lines), overall(words)


def claims():
    """Lines of the ledger on the surrogate that learns its shape, from the committed tables."""
    asked = {
        "A surrogate that learns its width does better than one of default width.": (
            "Wang et al. 2025, abstract, read: the shape is updated iteratively. The update is a "
            "reconstruction.",
            "the default width",
            "psg_gains",
        ),
        "It finds a width as good as the best fixed one.": (
            "Wang et al. 2025, abstract, read: a good surrogate is found. The best fixed width is "
            "chosen on held-out images.",
            "the best fixed width",
            "psg_gains",
        ),
        "Learning is better than keeping a start that is too narrow.": (
            "Our question.",
            "the narrow start, kept",
            "psg_starts",
        ),
        "Learning is better than keeping a start that is too wide.": (
            "Our question.",
            "the wide start, kept",
            "psg_starts",
        ),
        "Learned from a start that is too narrow, a surrogate is at least as good as the "
        "default width.": (
            "Our question: does it find back?",
            "the default width, from the narrow start",
            "psg_starts",
        ),
        "Learned from a start that is too wide, a surrogate is at least as good as the "
        "default width.": (
            "Our question: does it find back?",
            "the default width, from the wide start",
            "psg_starts",
        ),
    }
    rows = [
        Claim(
            claim,
            source,
            *compared(pair),
            TEST.format("gains_are_those_of_the_rows"),
            figure,
        )
        for claim, (source, pair, figure) in asked.items()
    ]
    table = committed("width_or_threshold-digits")
    words = {
        "gain": "more than the threshold",
        "loss": "less than the threshold",
        "no difference seen": "no difference seen",
    }
    beside = {
        f"digits, {name}, width over threshold from {start:g}": each
        for net, name in NETS.items()
        for start, each in arms(table, net, "alpha", "threshold").items()
    }
    rows.append(
        Claim(
            "Learning the width does for accuracy what learning the threshold does.",
            "A user's question. The networks that can be reached are the same (chapter 09); the "
            "steps are not.",
            *lines(beside, lambda limits: words[direction(limits)]),
            TEST.format("arms_are_those_of_the_rows"),
            "width_or_threshold",
        )
    )
    return rows


def verdict_box():
    """Chapter 09's verdict, every word and number from the committed tables."""
    text = []
    for data, table in tables().items():
        text += [
            f"**{data}.** Learned width over a fixed one, in points of accuracy, mean over "
            f"{len(families(table))} families, with 95 % intervals over {table['seed'].max() + 1} "
            "seeds.",
            "",
        ]
        for pair in PAIRS:
            gain = gains(table, pair)
            sizes = {family: values.mean() for family, values in gain.items()}
            low, high = min(sizes, key=sizes.get), max(sizes, key=sizes.get)
            text.append(
                f"- *Over {pair}:* {shown(pooled(gain))}: {direction(pooled(gain))}; from "
                f"{sizes[low]:+.2f} ({low}) to {sizes[high]:+.2f} ({high})."
            )
        text.append("")
    return Markdown("\n".join(text))
