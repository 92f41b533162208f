"""The study `residual`: what training with noise changes, seed by seed, and what chance
does.
"""

import matplotlib.pyplot as plt
import numpy as np

from figures.panels import seeds_and_intervals
from refsnn import plots
from studies.table import committed

TITLE = "What training with noise changes"
DATA = "digits"
PAIRS = {
    "L = 2": ("nq, L = 2", "qcfs, L = 2"),
    "L = 4": ("nq, L = 4", "qcfs, L = 4"),
    "L = 8": ("nq, L = 8", "qcfs, L = 8"),
    "one bit": ("qcfs again", "qcfs, L = 4"),
}
ALT = (
    "Four panels of accuracy differences in points against time steps 1 to 32, dots a "
    "seed and a black bar for the mean with its 95 percent interval: training with "
    "noise minus without, for two, four and eight levels; and, last, the same training "
    "repeated with one bit of one weight changed. In each the bar for one step is the "
    "longest, from one and a half to eight and a half points, and contains zero; from "
    "two steps on all means lie within half a point of zero."
)


def compute():
    """Read the committed table: paired differences (pairs, T, seeds) in points."""
    table = committed("residual-digits")
    plain = table["conversion"] == "plain"
    T = np.unique(table["T"][plain])

    def accuracy(arm, T):
        return (
            100 * table["accuracy"][plain & (table["arm"] == arm) & (table["T"] == T)]
        )

    return {
        "T": T,
        "difference": np.array(
            [
                [accuracy(one, t) - accuracy(two, t) for t in T]
                for one, two in PAIRS.values()
            ]
        ),
    }


@plots.styled
def draw(data):
    """One panel per pair."""
    figure, panels = plt.subplots(1, 4, figsize=(9, 3.6), sharey=True)
    for axes, name, differences in zip(panels, PAIRS, data["difference"], strict=True):
        columns = dict(zip(data["T"], differences, strict=True))
        seeds_and_intervals(axes, columns)
        axes.set(title=name, xlabel="time steps T")
    panels[0].set_ylabel("difference in accuracy (points)")
    return figure
