"""Paper 1's numbers, from the tables of the studies `l4` and `l4_confirm`: what chapter, figures,
ledger and tests say.

Gains are differences in accuracy, in points, of two rules on the same networks, images and random
spikes. "L4" alone is the incoming form with gamma = 1, our reading of the paper; "plain" is
conversion with the 99.9th percentile.
"""

from typing import NamedTuple

import numpy as np

from refsnn.metrics import Interval, interval
from studies.l4.jobs import PER_NEURON, PLAIN
from studies.paired import best, differences, largest, only, pooled, seeds_needed, values

CLAIMED = 2.5  # points: "up to 2.5 %", as a source that cites the paper says
KEYS = ("network", "setting", "max_rate", "T")
L4, L4_COMPENSATED = ("L4", "incoming", 1.0), ("L4", "compensated", 1.0)
# What L4 is compared with, by name, in one form: the largest activation is a rule of the
# compensated form only.
OTHERS = {
    "L2": (L4, ("L2", "incoming", 1.0)),
    "sigma": (L4, ("sigma", "incoming", 1.0)),
    "largest activation": (L4_COMPENSATED, ("activation", "compensated", 1.0)),
    "per-neuron scaling": (L4, PER_NEURON),
    "L4 permuted": (L4, ("L4 permuted", "incoming", 1.0)),
}
UNIT = ("MLP unit", "deep MLP unit", "CNN unit")


def of(table, arm, column="accuracy", keys=KEYS):
    """What an arm (rule, form, exponent) has in each cell, as `values`."""
    rule, form, exponent = arm
    return values(table, keys, column, rule=rule, form=form, exponent=exponent)


def gains(table, arm=L4, baseline=PLAIN, column="accuracy", keys=KEYS, **cells):
    """Points by which an arm beats another, {cell: array (seeds,)}; `cells` as in `only`:
    setting="tuned", T=(4, 8).
    """
    return only(
        differences(of(table, arm, column, keys), of(table, baseline, column, keys)), keys, **cells
    )


def best_plain(table, keys=KEYS):
    """Accuracy of the plain scaling (percentile, per neuron, ...) that is best on validation
    images, as `values`.
    """
    arms = dict.fromkeys(
        zip(*(table[name].tolist() for name in ("rule", "form", "exponent")), strict=True)
    )
    plain = [arm for arm in arms if arm[0] == "none" or arm[1] == "scaling"]
    return best(
        [of(table, arm, "accuracy", keys) for arm in plain],
        [of(table, arm, "validation", keys) for arm in plain],
    )


def over_best_plain(table, arm=L4, keys=KEYS, **cells):
    """Points by which an arm beats the best plain scaling of each cell and seed, as `gains`."""
    return only(
        differences(of(table, arm, "accuracy", keys), best_plain(table, keys)), keys, **cells
    )


class Largest(NamedTuple):
    """The cell and form of L4's largest gain on validation images, and that gain (points, mean over
    seeds).
    """

    network: str
    max_rate: float
    T: int
    form: str
    validation_gain: float


def largest_gain(table, setting):
    """Where L4, in either form, gains most over plain conversion on validation images: an
    overestimate of its size.
    """
    candidates = {}
    for arm in (L4, L4_COMPENSATED):
        for (network, _, max_rate, T), points in gains(
            table, arm, column="validation", setting=setting
        ).items():
            candidates[network, max_rate, T, arm[1]] = points
    cell = largest(candidates)
    return Largest(*cell, float(candidates[cell].mean()))


class Confirmed(NamedTuple):
    """A cell of `largest_gain` on fresh seeds and test images: intervals in points."""

    seeds: int
    network: str
    max_rate: float
    T: int
    form: str
    gain: Interval  # L4 over plain conversion
    over_best_plain: Interval
    adds: dict  # L4 over each other rule that was run there, in the same form if it has one


def confirmed(table, setting):
    """What the study `l4_confirm` found at the cell fixed beforehand."""
    chosen = table["setting"] == setting
    (form,) = np.unique(table["form"][chosen & (table["rule"] == "L4")]).tolist()
    arm, adds = ("L4", form, 1.0), {}
    for name, (_, (rule, other_form, exponent)) in OTHERS.items():
        other = (rule, other_form if other_form == "scaling" else form, exponent)
        points = gains(table, arm, other, setting=setting)
        adds |= {name: interval(_one(points))} if points else {}
    ((cell, points),) = gains(table, arm, setting=setting).items()
    network, _, max_rate, T = cell
    over = _one(over_best_plain(table, arm, setting=setting))
    return Confirmed(
        len(points), network, max_rate, T, form, interval(points), interval(over), adds
    )


def _one(points):
    (found,) = points.values()
    return found


class Summary(NamedTuple):
    """The study `l4` in one setting, all its cells: gains of L4 (incoming) in points, intervals
    over seeds.
    """

    cells: int
    seeds: int
    mean: Interval  # over plain conversion, mean of all cells
    mean_compensated: Interval
    over_best_plain: Interval
    largest: Largest
    reached: float  # share of cells in which the mean gain is at least 2.5 points
    better: int  # cells whose 95 % interval lies above 0 ...
    worse: int  # ... and below 0
    adds: dict  # mean gain over each other rule that the setting has
    adds_unit: (
        Interval | None
    )  # over L2 in networks whose weight vectors have norm 1: only there they differ much
    std: tuple  # of the paired difference over seeds: median cell, nine tenths of the cells
    seeds_needed: tuple  # to see half a point in such a cell, with probability 0.8 at level 0.05


def summary(table, setting):
    """Everything of one setting ("tuned" or "default")."""
    points = gains(table, setting=setting)
    cells = [interval(found) for found in points.values()]
    others = {name: gains(table, *pair, setting=setting) for name, pair in OTHERS.items()}
    unit = only(others["L2"], KEYS, network=UNIT)
    std = tuple(
        float(x) for x in np.quantile([found.std(ddof=1) for found in points.values()], (0.5, 0.9))
    )
    return Summary(
        cells=len(cells),
        seeds=len(pooled(points)),
        mean=interval(pooled(points)),
        mean_compensated=interval(pooled(gains(table, L4_COMPENSATED, setting=setting))),
        over_best_plain=interval(pooled(over_best_plain(table, setting=setting))),
        largest=largest_gain(table, setting),
        reached=float(np.mean([cell.mean >= CLAIMED for cell in cells])),
        better=sum(cell.low > 0 for cell in cells),
        worse=sum(cell.high < 0 for cell in cells),
        adds={name: interval(pooled(found)) for name, found in others.items() if found},
        adds_unit=interval(pooled(unit)) if unit else None,
        std=std,
        seeds_needed=tuple(seeds_needed(x) for x in std),
    )


def edge_share(table, gains_tried):
    """Share of tuned conversions whose chosen gain is the smallest or largest that was tried, by T:
    {T: share}.
    """
    tuned = table["setting"] == "tuned"
    ends = np.isin(table["gain"], (min(gains_tried), max(gains_tried)))
    return {
        int(T): float(ends[tuned & (table["T"] == T)].mean()) for T in np.unique(table["T"][tuned])
    }


def verdict(gain):
    """What an interval of the gain says of 2.5 points: "reached", "not reached" or "undecided"."""
    if gain.low >= CLAIMED:
        return "reached"
    return "not reached" if gain.high < CLAIMED else "undecided"
