"""The study `surrogate`: what a learned width gains over a fixed one, seed by seed."""

import matplotlib.pyplot as plt
import numpy as np

from figures.panels import seeds_and_intervals
from refsnn import plots
from studies.surrogate import results

TITLE = "Learned against fixed widths"
DATA = "digits"
FAMILIES = (
    "rectangular",
    "triangular",
    "sigmoid",
    "arctan",
    "fast sigmoid",
    "Gaussian",
)
SHOWN = {
    "the default width": "default,\nover default",
    "the best fixed width": "default,\nover best fixed",
    "the narrow start, kept": "narrow,\nover narrow",
    "the wide start, kept": "wide,\nover wide",
}
ALT = (
    "Four panels of accuracy differences in points, one row per family and the mean of "
    "all six last, a dot per seed and a black bar for the mean with its 95 percent "
    "interval: a width learned from the default over the default; over the best fixed "
    "width; learned from the narrow start over that start, kept; and from the wide "
    "start over that start, kept."
)


def compute():
    """Read the committed table: paired differences (comparisons, families, seeds) in
    points.
    """
    table = results.tables()["digits"]
    return {
        "difference": np.array(
            [list(results.gains(table, pair).values()) for pair in SHOWN]
        )
    }


@plots.styled
def draw(data):
    """One panel per comparison; the mean over families last."""
    figure, panels = plt.subplots(1, 4, figsize=(9.6, 3.8), sharey=True)
    colours = [*[plots.COLOURS[0]] * len(FAMILIES), plots.COLOURS[1]]
    for axes, name, differences in zip(
        panels, SHOWN.values(), data["difference"], strict=True
    ):
        rows = dict(zip(FAMILIES, differences, strict=True))
        rows["all six"] = differences.mean(axis=0)
        seeds_and_intervals(axes, rows, horizontal=True, colours=colours)
        axes.set(title=name, xlabel="points")
    panels[0].set_ylabel("family")
    return figure
