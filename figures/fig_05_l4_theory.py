"""The study `l4_theory`: what the closed form says each rule gains, beside what
simulation says.
"""

import itertools

import matplotlib.pyplot as plt
import numpy as np

from refsnn import plots
from refsnn.metrics import interval
from studies.l4 import results as l4
from studies.table import committed

TITLE = "Gains of the rules over plain conversion, predicted and simulated"
ALT = (
    "Two rows of three panels for three networks with one hidden layer, nothing tuned. "
    "Top: simulated against predicted gain over plain conversion in points, one mark a "
    "rule, rate and number of time steps, around the dashed black line of equality. "
    "Bottom: gain of the L4 rule against time steps from 4 to 64 at input rates 1 and "
    "0.1, dots simulated with 95 percent intervals over seeds, dashed black lines "
    "predicted."
)
NETWORKS = ("MLP plain", "MLP sparse", "MLP unit")


def compute():
    """Read the committed table: gains in points (networks, rules, rates, T, seeds),
    predicted and simulated.
    """
    table, arrays = committed("l4_theory-digits"), {}
    rates, T = np.unique(table["max_rate"])[::-1], np.unique(table["T"])
    places = list(itertools.product(NETWORKS, rates.tolist(), T.tolist()))
    for column in ("predicted", "simulated"):
        gains = [l4.theory_gains(table, column, rule) for rule in l4.FORESEEN]
        points = np.array([[cells[place] for place in places] for cells in gains])
        shape = len(gains), len(NETWORKS), len(rates), len(T), -1
        arrays[column] = points.reshape(shape).swapaxes(0, 1)
    return arrays | {"max_rate": rates, "T": T}


@plots.styled
def draw(data):
    """All rules above, L4 against T below."""
    figure, grid = plt.subplots(2, 3, figsize=(11, 6.4))
    predicted = data["predicted"].mean(axis=-1)
    ours = l4.FORESEEN.index("L4")

    for k, (network, (top, bottom)) in enumerate(zip(NETWORKS, grid.T, strict=True)):
        # Above: simulated against predicted gain, a dot per rate and T.
        for j, rule in enumerate(l4.FORESEEN):
            top.plot(
                predicted[k, j].ravel(),
                data["simulated"][k, j].mean(axis=-1).ravel(),
                "os^D"[j],
                color=plots.COLOURS[j],
                label=rule,
            )
        ends = np.array([predicted[k].min(), predicted[k].max()])
        top.plot(ends, ends, **plots.THEORY)

        # Below: the gain of L4 over the steps, with its interval and its prediction.
        for j, rate in enumerate(data["max_rate"]):
            steps = np.arange(len(data["T"])) + 0.08 * (j - 1)
            mean, low, high = np.array(
                [interval(points) for points in data["simulated"][k, ours, j]]
            ).T
            bottom.errorbar(
                steps,
                mean,
                (mean - low, high - mean),
                marker="o",
                linestyle="none",
                linewidth=1.2,
                color=plots.COLOURS[j],
                label=f"rate {rate:g}",
            )
            bottom.plot(steps, predicted[k, ours, j], **plots.THEORY)

        bottom.set_xticks(range(len(data["T"])), [str(t) for t in data["T"]])
        top.set(
            title=f"digits, {network}",
            xlabel="predicted gain (points)",
            ylabel="simulated gain (points)" if k == 0 else "",
        )
        bottom.set(
            xlabel="time steps T", ylabel="gain of L4 (points)" if k == 0 else ""
        )

    above, below = (axes.get_legend_handles_labels() for axes in grid[:, 0])
    figure.legend(
        above[0] + below[0], above[1] + below[1], ncols=6, loc="outside upper center"
    )
    return figure
