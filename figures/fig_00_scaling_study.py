"""The study `scaling`: what a converted network loses against its ANN, by scaling rule
and T.
"""

import matplotlib.pyplot as plt
import numpy as np

from figures.panels import label_lines
from refsnn import plots
from studies.table import committed

TITLE = "What a converted network loses, by scaling rule"
DATA = "digits"
ALT = (
    "Two panels, direct and Poisson input: test accuracy of the spiking network minus "
    "that of its ANN, in points, against time steps from 2 to 64. In both, at two to "
    "four steps, per-neuron scaling is the closest to zero, then the percentile, then "
    "the maximum, and threshold balancing is the farthest; from 16 steps on all rules "
    "are within a point of zero and their 95 percent bands overlap."
)
RULES = ("per neuron", "percentile", "maximum", "balanced")


def compute():
    """Read the committed table: differences (inputs, rules, seeds, T) in points, seed
    by seed.
    """
    table = committed("scaling-digits")
    seeds, T = np.unique(table["seed"]), np.unique(table["T"])
    gap = 100 * (table["accuracy"] - table["ann_accuracy"])

    def over_T(name, rule, seed):
        rows = (table["input"] == name) & (table["scaling"] == rule)
        return gap[rows & (table["seed"] == seed)]

    gaps = [
        [[over_T(name, rule, seed) for seed in seeds] for rule in RULES]
        for name in ("direct", "poisson")
    ]
    return {"gap": np.array(gaps), "T": T}


@plots.styled
def draw(data):
    """One panel per input; mean over seeds with the 95 % interval of the paired
    differences.
    """
    figure, panels = plt.subplots(1, 2, figsize=(9, 3.8), sharey=True)
    for axes, name, gap in zip(panels, ("direct", "Poisson"), data["gap"], strict=True):
        axes.set_ylim(-15, 1.5)
        axes.axhline(0, color=plots.GREY, linewidth=1, linestyle="-")
        lines = plots.accuracy_over_T(
            axes, dict(zip(RULES, gap[:, :, 1:] / 100, strict=True)), T=data["T"][1:]
        )
        label_lines(axes, lines, list(RULES))
        axes.set(
            title=f"{name} input",
            ylabel="accuracy minus the ANN's (points)" if name == "direct" else "",
        )
    return figure
