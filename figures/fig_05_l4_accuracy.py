"""The study `l4`: accuracy against T by rule, everything tuned, and what each rule
gains over plain conversion.
"""

import matplotlib.pyplot as plt
import numpy as np

from refsnn import plots
from refsnn.metrics import interval
from studies.l4 import results as l4
from studies.l4.grid import ACTIVATION, L2, L4, PERMUTED, PLAIN, SIGMA
from studies.paired import only
from studies.table import committed

TITLE = "Accuracy against T by rule, and its gain over plain conversion"
ALT = (
    "Two rows of three panels for three networks at input rate 0.1, gain and initial "
    "potential tuned for every rule and T. Top: test accuracy in percent against time "
    "steps from 4 to 32 for plain conversion and five rules, lines that rise together. "
    "Bottom: what each rule gains over plain conversion in points, mean over seeds "
    "with 95 percent intervals, around the zero line."
)
DATA_SET, MAX_RATE = "fashion-mnist", 0.1
NETWORKS = ("MLP plain", "MLP unit", "deep MLP unit")
RULES = {
    "plain": PLAIN,
    "L4": L4,
    "L2": L2,
    "sigma": SIGMA,
    "L4 permuted": PERMUTED,
    "largest activation, compensated": ACTIVATION,
}


def compute():
    """Read the committed table: accuracies (networks, rules, T) in percent; gains and
    limits (.., rules - 1, T, 3).
    """
    tuned = only(committed(f"l4-{DATA_SET}"), setting="tuned", max_rate=MAX_RATE)
    T = np.unique(tuned["T"])
    accuracy = np.empty((len(NETWORKS), len(RULES), len(T)))
    gain = np.empty((len(NETWORKS), len(RULES) - 1, len(T), 3))

    for k, network in enumerate(NETWORKS):
        rows = only(tuned, network=network)
        for j, arm in enumerate(RULES.values()):
            of_it = only(rows, rule=arm.rule, form=arm.form)
            for i in range(len(T)):
                accuracy[k, j, i] = 100 * only(of_it, T=T[i])["accuracy"].mean()
            if j:
                gain[k, j - 1] = [
                    interval(each) for each in l4.gains(rows, arm).values()
                ]
    return {"accuracy": accuracy, "gain": gain, "T": T}


@plots.styled
def draw(data):
    """Accuracies above, gains with intervals below."""
    figure, grid = plt.subplots(2, 3, figsize=(11, 6.4), sharex=True)
    steps = np.arange(len(data["T"]))

    for k, (network, (top, bottom)) in enumerate(zip(NETWORKS, grid.T, strict=True)):
        # A line per rule above; below, its gain beside the others', a little aside.
        for j, (name, colour) in enumerate(zip(RULES, plots.COLOURS, strict=True)):
            top.plot(
                steps, data["accuracy"][k, j], marker="o", color=colour, label=name
            )
            if name != "plain":
                mean, low, high = data["gain"][k, j - 1].T
                bottom.errorbar(
                    steps + 0.1 * (j - 3),
                    mean,
                    (mean - low, high - mean),
                    marker="o",
                    linestyle="none",
                    color=colour,
                    linewidth=1.2,
                )

        # Zero, titles, and the steps by name.
        bottom.axhline(0, color=plots.GREY, linewidth=1, linestyle="-")
        top.set(
            title=f"{DATA_SET}, {network}", ylabel="test accuracy (%)" if k == 0 else ""
        )
        bottom.set(
            xlabel="time steps T", ylabel="gain over plain (points)" if k == 0 else ""
        )
        bottom.set_xticks(steps, [str(T) for T in data["T"]])

    figure.legend(
        *grid[0, 0].get_legend_handles_labels(), ncols=6, loc="outside lower center"
    )
    return figure
