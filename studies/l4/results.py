"""Paper 1's numbers, from the tables of `l4`, `l4_confirm` and `l4_theory`: what chapter, figures,
ledger and tests say.

Gains are differences in accuracy, in points, of two arms on the same networks, images and random
spikes. "L4" alone is the incoming form with gamma = 1, our reading of the paper; "plain" is
conversion with the 99.9th percentile.
"""

from dataclasses import asdict
from typing import NamedTuple

import numpy as np

from refsnn.metrics import Interval, interval
from studies import paired
from studies.l4.grid import (
    ACTIVATION,
    COMPENSATED,
    L2,
    L4,
    PER_NEURON,
    PERMUTED,
    PLAIN,
    SCALINGS,
    SIGMA,
    Arm,
)
from studies.paired import only, pooled

CLAIMED = 2.5  # points: "up to 2.5 %", as a source that cites the paper says
CELL = ("network", "max_rate", "T")
# What L4 is compared with, by name, in one form: the largest activation is a rule of the
# compensated form only.
OTHERS = {
    "L2": (L4, L2),
    "sigma": (L4, SIGMA),
    "largest activation": (COMPENSATED, ACTIVATION),
    "per-neuron scaling": (L4, PER_NEURON),
    "L4 permuted": (L4, PERMUTED),
}
UNIT = ("MLP unit", "deep MLP unit", "CNN unit")


def gains(table, arm=L4, baseline=PLAIN, column="accuracy"):
    """Points by which an arm beats another in one setting, {(network, max_rate, T): array
    (seeds,)}.
    """
    return paired.gains(table, asdict(arm), asdict(baseline), CELL, column)


def over_best_plain(table, arm=L4):
    """Points by which an arm beats, in each cell and seed, the plain scaling (percentile, per
    neuron, ...) that is best on validation images.
    """
    arms = [asdict(arm) for arm in dict.fromkeys((PLAIN, PER_NEURON, *SCALINGS))]
    plain = paired.best(table, arms, CELL, judge="validation")
    return paired.differences(paired.values(table, CELL, **asdict(arm)), plain)


class Largest(NamedTuple):
    """The cell and form of L4's largest gain on validation images, and that gain (points, mean over
    seeds).
    """

    network: str
    max_rate: float
    T: int
    form: str
    validation_gain: float


def largest_gain(table):
    """Where L4, in either form, gains most over plain conversion on validation images: an
    overestimate of its size.
    """
    candidates = {
        (*cell, arm.form): points
        for arm in (L4, COMPENSATED)
        for cell, points in gains(table, arm, column="validation").items()
    }
    cell = paired.largest(candidates)
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
    table = only(table, setting=setting)
    (form,) = np.unique(table["form"][table["rule"] == "L4"]).tolist()
    arm, adds = Arm("L4", form), {}
    for name, (_, other) in OTHERS.items():
        there = other if other.form == "scaling" else Arm(other.rule, form)
        points = gains(table, arm, there)
        if points:
            adds[name] = interval(paired.single(points))

    ((cell, points),) = gains(table, arm).items()
    over = interval(paired.single(over_best_plain(table, arm)))
    return Confirmed(len(points), *cell, form, interval(points), over, adds)


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
    adds_unit: Interval | None  # over L2 where weight vectors have norm 1: there they differ much
    std: tuple  # of the paired difference over seeds: median cell, nine tenths of the cells
    seeds_needed: tuple  # to see half a point in such a cell, with probability 0.8 at level 0.05


def summary(table, setting):
    """Everything of one setting ("tuned" or "default")."""
    table = only(table, setting=setting)
    points = gains(table)
    cells = [interval(each) for each in points.values()]
    spread = [each.std(ddof=1) for each in points.values()]
    std = tuple(np.quantile(spread, (0.5, 0.9)).tolist())

    others = {name: gains(table, *pair) for name, pair in OTHERS.items()}
    unit = gains(only(table, network=UNIT), L4, L2)
    return Summary(
        cells=len(cells),
        seeds=len(pooled(points)),
        mean=interval(pooled(points)),
        mean_compensated=interval(pooled(gains(table, COMPENSATED))),
        over_best_plain=interval(pooled(over_best_plain(table))),
        largest=largest_gain(table),
        reached=float(np.mean([cell.mean >= CLAIMED for cell in cells])),
        better=sum(cell.low > 0 for cell in cells),
        worse=sum(cell.high < 0 for cell in cells),
        adds={name: interval(pooled(each)) for name, each in others.items() if each},
        adds_unit=interval(pooled(unit)) if unit else None,
        std=std,
        seeds_needed=tuple(paired.seeds_needed(each) for each in std),
    )


def edge_share(table, tried):
    """Share of tuned conversions whose chosen gain is the smallest or largest that was tried, by T:
    {T: share}.
    """
    tuned = only(table, setting="tuned")
    at_edge = np.isin(tuned["gain"], (min(tried), max(tried)))
    return {int(T): float(at_edge[tuned["T"] == T].mean()) for T in np.unique(tuned["T"])}


def verdict(gain):
    """What an interval of the gain says of 2.5 points: "reached", "not reached" or "undecided"."""
    if gain.low >= CLAIMED:
        return "reached"
    return "not reached" if gain.high < CLAIMED else "undecided"


# --- The closed form: gains predicted without simulating, beside simulated ones ---

FORESEEN = ("L2", "L4", "sigma", "L4 permuted")  # all in the incoming form
HALF = 0.5  # points: a difference below it is called gone


def theory_gains(table, column, rule="L4"):
    """Points by which a rule beats plain conversion in `l4_theory`, {cell: array (seeds,)}; the
    column is "simulated" or "predicted".
    """
    return paired.gains(table, {"rule": rule}, {"rule": "none"}, CELL, column)


class Agreement(NamedTuple):
    """Predicted against simulated gains over plain conversion, all rules and cells, in points
    (means over seeds).
    """

    gains: int
    correlation: float
    rms: float  # of predicted minus simulated
    same_sign: float  # share, of gains whose simulated size is beyond two standard errors
    clear: int  # how many those are


def agreement(table):
    """How well gains are predicted."""
    predicted, simulated = (
        np.array([gain for rule in FORESEEN for gain in theory_gains(table, column, rule).values()])
        for column in ("predicted", "simulated")
    )
    error = simulated.std(axis=1, ddof=1) / np.sqrt(simulated.shape[1])
    predicted, simulated = predicted.mean(axis=1), simulated.mean(axis=1)
    clear = np.abs(simulated) > 2 * error
    return Agreement(
        len(simulated),
        float(np.corrcoef(predicted, simulated)[0, 1]),
        float(np.sqrt(np.mean((predicted - simulated) ** 2))),
        float(np.mean((predicted * simulated > 0)[clear])),
        int(clear.sum()),
    )


class Winner(NamedTuple):
    """The rule (or "none") of highest mean accuracy in a cell, and what is given away, in points,
    by taking the predicted one: at least 0.
    """

    predicted: str
    simulated: str
    regret: float


def winners(table):
    """The winner of each cell: {(network, max_rate, T): Winner}."""
    every = {
        column: {rule: theory_gains(table, column, rule) for rule in FORESEEN}
        for column in ("predicted", "simulated")
    }
    found = {}
    for cell in every["simulated"]["L4"]:
        predicted, simulated = (
            {"none": np.zeros(1)} | {rule: cells[cell] for rule, cells in each.items()}
            for each in every.values()
        )
        foreseen, best = paired.largest(predicted), paired.largest(simulated)
        regret = float(simulated[best].mean() - simulated[foreseen].mean())
        tie = regret <= 1e-9
        found[cell] = Winner(foreseen, foreseen if tie else best, 0.0 if tie else regret)
    return found


def vanishing(table, column):
    """The T from which on L4's mean gain or loss is below half a point: {(network, rate): T}, None
    if never.
    """
    small = {}
    for (network, max_rate, T), points in theory_gains(table, column).items():
        small.setdefault((network, max_rate), {})[T] = abs(points.mean()) < HALF

    earliest = {}
    for key in sorted(small, key=lambda key: (key[0], -key[1])):
        gone = [T for T in small[key] if all(small[key][t] for t in small[key] if t >= T)]
        earliest[key] = min(gone, default=None)
    return earliest
