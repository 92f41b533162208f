"""`make bench`: times of simulations against steps, width, images and spike rate, and
what they take at least.
"""

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

from refsnn import plots
from studies import table

TITLE = "What a simulation takes"
ALT = (
    "Four panels, milliseconds on logarithmic scales, for a dense network: against "
    "time steps, hidden width, number of images and spikes a neuron and step. In the "
    "first three the simulation's curve starts above the line of the matrix products "
    "and meets it as steps, width and images grow, or falls a little below it, for it "
    "skips inputs; the line of the memory's bandwidth lies far below. In the fourth "
    "the curve of adding rows climbs with the rate and crosses that of matrix "
    "products, which is nearly level; the automatic choice follows the lower of the "
    "two."
)
TABLE = Path(__file__).parent.parent / "benchmarks" / "speed.csv"
CURVES = {
    "T": "time steps T",
    "width": "hidden width",
    "images": "images",
    "spike rate": "spikes a neuron and step",
}
LINES = ("refsnn", "slab", "event", "matrix product", "bandwidth")
NAMES = {
    "refsnn": "simulation",
    "slab": "only matrix products",
    "event": "only adding rows",
    "matrix product": "bound: matrix products",
    "bandwidth": "bound: bandwidth",
}


def compute():
    """Read the committed table: for each curve and line the points (2, n), x and
    milliseconds.
    """
    times = table.read(TABLE)
    arrays = {}
    for curve in CURVES:
        for line in LINES:
            rows = (times["curve"] == curve) & (times["line"] == line)
            points = np.array([times["x"][rows], times["ms"][rows]])
            if rows.any():
                arrays[f"{curve}: {line}"] = points[:, np.argsort(points[0])]
    return arrays


@plots.styled
def draw(data):
    """A panel per curve, both scales logarithmic."""
    figure, grid = plt.subplots(2, 2, figsize=(9, 6.6))
    for axes, (curve, label) in zip(grid.flat, CURVES.items(), strict=True):
        for k, line in enumerate(LINES):
            if f"{curve}: {line}" in data:
                bound = line in ("matrix product", "bandwidth")
                axes.loglog(
                    *data[f"{curve}: {line}"],
                    label=NAMES[line],
                    color=plots.COLOURS[k],
                    linestyle="--" if bound else "-",
                    marker=None if bound else "osv"[k],
                    markersize=4,
                )
        axes.set(xlabel=label, ylabel="milliseconds")
    grid[0, 0].legend(loc="upper left")
    grid[1, 1].legend(loc="best")
    return figure
