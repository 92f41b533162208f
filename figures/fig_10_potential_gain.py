"""The study `potential`: what a penalty on potentials changes, with and without batch norm, seed by seed."""

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

from refsnn import plots, study
from refsnn.studies import potential

TITLE = "What holding potentials to a distribution changes"
DATA = "digits"
OTHERS = {"with batch norm": [name for name in potential.ARMS if name != "none" and "no batch norm" not in name],
          "without batch norm": [f"{name}, no batch norm" for name in potential.PENALTIES if name != "none"]}
ALT = ("Two panels of differences in test accuracy in points against training without a penalty, one row for each "
       "penalty, dots a seed and a black bar for the mean with its 95 percent interval. Left with batch norm: two "
       "weights each of the Jeffreys and the Jensen-Shannon form, the losses of type RMP and IM, batch norm scaled to "
       "the threshold and a learned threshold. Right without batch norm: the first six of these.")


def compute():
    """Read the committed table: paired differences (arms, seeds) in points, for either panel."""
    table = study.read(Path(__file__).parent / "results" / "potential-digits.csv")
    first = table["layer"] == 1

    def accuracy(arm):
        return 100 * table["accuracy"][first & (table["arm"] == arm)]

    def gains(arms, none):
        return np.array([accuracy(arm) - accuracy(none) for arm in arms])

    with_it, without = OTHERS.values()
    return {"with": gains(with_it, "none"), "without": gains(without, "none, no batch norm")}


@plots.styled
def draw(data):
    """One panel with, one without batch norm."""
    figure, panels = plt.subplots(1, 2, figsize=(8.8, 3.6))
    for axes, (title, arms), differences in zip(panels, OTHERS.items(), data.values(), strict=True):
        axes.axvline(0, color=plots.GREY, linewidth=1, linestyle="-")
        for k, each in enumerate(differences):
            limits = study.interval(each)
            axes.plot(each, np.full(len(each), k), ".", color=plots.COLOURS[0], alpha=0.5)
            axes.plot([limits.low, limits.high], [k, k], color="black", linestyle="-", linewidth=1.3)
            axes.plot(limits.mean, k, "|", color="black", markersize=9)
        axes.set_yticks(range(len(arms)), [arm.partition(",")[0] for arm in arms])
        axes.set(title=title, xlabel="difference in accuracy (points)", ylim=(len(data["with"]) - 0.5, -0.5))
    panels[0].set_ylabel("trained with")
    return figure
