"""Paper 1 and the closed form: gains of each rule predicted without simulating, beside simulated
ones (`l4_theory`).
"""

from typing import NamedTuple

import numpy as np

from studies.paired import differences, largest, only, values

KEYS = ("network", "max_rate", "T")
RULES = ("L2", "L4", "sigma", "L4 permuted")  # all in the incoming form
HALF = 0.5  # points: a difference below it is called gone


def gains(table, column, rule="L4", **cells):
    """Points by which a rule beats plain conversion, {cell: array (seeds,)}; column "simulated" or
    "predicted".
    """
    plain = values(table, KEYS, column, rule="none")
    return only(
        differences(values(table, KEYS, column, rule=rule, form="incoming"), plain), KEYS, **cells
    )


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
    cells = [
        (np.mean(predicted), simulated)
        for rule in RULES
        for predicted, simulated in zip(
            gains(table, "predicted", rule).values(),
            gains(table, "simulated", rule).values(),
            strict=True,
        )
    ]
    predicted, simulated = np.array([p for p, _ in cells]), np.array([s.mean() for _, s in cells])
    error = np.array([s.std(ddof=1) / np.sqrt(len(s)) for _, s in cells])
    clear = np.abs(simulated) > 2 * error
    return Agreement(
        len(cells),
        float(np.corrcoef(predicted, simulated)[0, 1]),
        float(np.sqrt(np.mean((predicted - simulated) ** 2))),
        float(np.mean((predicted * simulated > 0)[clear])),
        int(clear.sum()),
    )


def winners(table):
    """For each cell the rule (or "none") of highest mean accuracy, predicted and simulated, and the
    regret.

    The regret is what the predicted winner gives away when simulated: at least 0, in points.

    Returns
    -------
    dict
        {(network, rate, T): (predicted winner, simulated winner, regret)}
    """
    every = {
        column: {rule: gains(table, column, rule) for rule in RULES}
        for column in ("predicted", "simulated")
    }
    chosen = {}
    for cell in every["simulated"]["L4"]:
        predicted, simulated = (
            {"none": np.zeros(1)} | {rule: found[cell] for rule, found in every[column].items()}
            for column in ("predicted", "simulated")
        )
        winner, best = largest(predicted), largest(simulated)
        regret = float(simulated[best].mean() - simulated[winner].mean())
        chosen[cell] = (
            (winner, best, regret) if regret > 1e-9 else (winner, winner, 0.0)
        )  # a tie: no other winner
    return chosen


def vanishing(table, column):
    """The T from which on L4's mean gain or loss is below half a point: {(network, rate): T}, None
    if never.
    """
    found = {}
    for (network, max_rate, T), points in sorted(
        gains(table, column).items(), key=lambda item: -item[0][2]
    ):
        small, key = abs(points.mean()) < HALF, (network, max_rate)
        found.setdefault(key, (None, True))
        earliest, unbroken = found[key]
        found[key] = (T if small and unbroken else earliest, small and unbroken)
    return {
        key: earliest
        for key, (earliest, _) in sorted(found.items(), key=lambda item: (item[0][0], -item[0][1]))
    }
