"""The study `potential`: what a penalty on potentials changes, with and without batch
norm, seed by seed.
"""

import matplotlib.pyplot as plt
import numpy as np

from figures.panels import seeds_and_intervals
from refsnn import plots
from studies.potential import grid, results

TITLE = "What holding potentials to a distribution changes"
DATA = "digits"
ROWS = {
    "with batch norm": [
        name for name in grid.ARMS if name != "none" and "no batch norm" not in name
    ],
    "without batch norm": [
        f"{name}, no batch norm" for name in grid.PENALTIES if name != "none"
    ],
}
NAMES = results.FORMS | results.NEIGHBOURS
ALT = (
    "Four panels of differences in test accuracy in points against training without a "
    "penalty, one row for each penalty, a dot per seed and a black bar for the mean "
    "with its 95 percent interval. Top digits, bottom Fashion-MNIST. Left with batch "
    "norm: two weights each of the Jeffreys and the Jensen-Shannon form, the losses "
    "of type RMP and IM, batch norm scaled to the threshold and a learned threshold. "
    "Right without batch norm: the first six of these."
)


def compute():
    """Read the committed tables: paired differences (arms, seeds) in points, for each
    panel.
    """
    return {
        f"{data}, {norm}": np.array([results.gains(table, arm) for arm in arms])
        for data, table in results.tables().items()
        for norm, arms in ROWS.items()
    }


@plots.styled
def draw(data):
    """A row of panels for each data set: one with, one without batch norm."""
    figure, grid = plt.subplots(
        len(data) // 2, 2, figsize=(10.2, 3.3 * (len(data) // 2)), squeeze=False
    )
    for k, (axes, (title, gains)) in enumerate(
        zip(grid.flat, data.items(), strict=True)
    ):
        arms = list(ROWS.values())[k % 2]
        names = [NAMES.get(arm.partition(",")[0], arm) for arm in arms]
        rows = dict(zip(names, gains, strict=True))
        seeds_and_intervals(axes, rows, horizontal=True)
        axes.set(title=title, ylim=(len(data["digits, with batch norm"]) - 0.5, -0.5))
    for axes in grid[-1]:
        axes.set_xlabel("difference in accuracy (points)")
    for axes in grid[:, 0]:
        axes.set_ylabel("trained with")
    return figure
