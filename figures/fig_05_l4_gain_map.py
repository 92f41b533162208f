"""The study `l4`: what the L4 rule gains over plain conversion, nothing tuned, over
rate and T with intervals.
"""

import matplotlib.pyplot as plt
import numpy as np

from refsnn import plots
from refsnn.metrics import interval
from studies.l4 import results as l4
from studies.l4.grid import NETWORKS
from studies.paired import only
from studies.table import committed

TITLE = "Gain of the L4 rule over plain conversion, by network, rate and T"
ALT = (
    "Eight maps, one per network: gain of the L4 rule over plain conversion in points "
    "without any tuning, for each input rate (rows) and number of time steps "
    "(columns), with half the width of its 95 percent interval over seeds below it; "
    "red where accuracy is gained, blue where it is lost. Bold: the interval leaves "
    "zero out. Rates that were not simulated are empty."
)
DATA_SET = "fashion-mnist"
LIMIT = 5.0  # points at which the colours end


def compute():
    """Read the committed table: one entry per cell, with its network's number, rate, T,
    and the gain's interval.
    """
    cells = l4.gains(only(committed(f"l4-{DATA_SET}"), setting="default"))
    limits = np.array([interval(points) for points in cells.values()])
    where = {
        "network": [NETWORKS.index(cell[0]) for cell in cells],
        "max_rate": [cell[1] for cell in cells],
        "T": [cell[2] for cell in cells],
    }
    return {name: np.array(column) for name, column in where.items()} | {
        "mean": limits[:, 0],
        "low": limits[:, 1],
        "high": limits[:, 2],
    }


@plots.styled
def draw(data):
    """One map per network; the gain and half its interval's width in each cell."""
    figure, axes = plt.subplots(2, 4, figsize=(12.5, 5.6), sharex=True, sharey=True)
    rates, T = np.unique(data["max_rate"])[::-1].tolist(), np.unique(data["T"]).tolist()

    # Every cell's mean and half its interval, bold where it excludes zero.
    for k, panel in enumerate(axes.flat):
        grid = np.full((len(rates), len(T)), np.nan)
        for i in np.flatnonzero(data["network"] == k):
            mean, low, high = (data[name][i] for name in ("mean", "low", "high"))
            place = rates.index(data["max_rate"][i]), T.index(data["T"][i])
            grid[place] = mean
            panel.text(
                *place[::-1],
                f"{mean:+.1f}\n±{(high - low) / 2:.1f}".replace("-", "\N{MINUS SIGN}"),
                ha="center",
                va="center",
                fontsize=7,
                color="white" if abs(mean) > 0.7 * LIMIT else "black",
                weight="bold" if low > 0 or high < 0 else "normal",
            )

        image = panel.imshow(
            grid, cmap="RdBu_r", vmin=-LIMIT, vmax=LIMIT, aspect="auto"
        )
        panel.grid(False)
        panel.set_xticks(range(len(T)), [str(t) for t in T])
        panel.set_yticks(range(len(rates)), [f"{rate:g}" for rate in rates])
        panel.set(
            title=f"{DATA_SET}, {NETWORKS[k]}",
            xlabel="time steps T" if k >= 4 else "",
            ylabel="max_rate" if k % 4 == 0 else "",
        )

    figure.colorbar(
        image, ax=axes, label="gain over plain conversion (points)", extend="both"
    )
    return figure
