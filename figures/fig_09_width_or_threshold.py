"""The study `width_or_threshold`: what learning the width, the threshold or both gains
over learning neither.
"""

import matplotlib.pyplot as plt
import numpy as np

from figures.panels import seeds_and_intervals
from refsnn import plots
from studies.surrogate import results
from studies.table import committed

TITLE = "Width or threshold"
DATA = "digits"
ARMS = ("alpha", "threshold", "both")
ALT = (
    "Six panels, networks without and with batch norm by three starts of the width: "
    "gain in accuracy, in points, over learning neither, for three arms, width, "
    "threshold and both; a dot per seed and a black bar for the mean with its 95 "
    "percent interval. The title of each panel names the start and the accuracy of "
    "the arm that learns neither."
)


def compute():
    """Read the committed table: paired differences (networks, starts, arms, seeds) in
    points, and accuracies without learning (networks, starts).
    """
    table = committed("width_or_threshold-digits")
    starts = np.unique(table["start"])
    gains = [results.gains_of_learning(table, arm, "neither") for arm in ARMS]
    neither = {
        (net, start): results.accuracy(table, net=net, start=start, learned="neither")
        for net, start in gains[0]
    }
    return {
        "start": starts,
        "difference": np.array(
            [
                [[of_arm[net, start] for of_arm in gains] for start in starts]
                for net in results.NETS
            ]
        ),
        "neither": np.array(
            [[neither[net, start].mean() for start in starts] for net in results.NETS]
        ),
    }


@plots.styled
def draw(data):
    """One panel per network and start, one column per arm."""
    shape = len(results.NETS), len(data["start"])
    figure, panels = plt.subplots(*shape, figsize=(9.2, 5.2), sharex=True, sharey="row")
    for row, name, of_net, neither in zip(
        panels, results.NETS.values(), data["difference"], data["neither"], strict=True
    ):
        for axes, start, differences, accuracy in zip(
            row, data["start"], of_net, neither, strict=True
        ):
            columns = dict(zip(ARMS, differences, strict=True))
            seeds_and_intervals(axes, columns, colours=plots.COLOURS)
            axes.set_title(f"start {start:g}, neither {accuracy:.1f} %", fontsize=9)
            axes.margins(x=0.2)
        row[0].set_ylabel(f"{name}:\ngain (points)", fontsize=8)
    for axes in panels[-1]:
        axes.set_xlabel("what is learned")
    return figure
