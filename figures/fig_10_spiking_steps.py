"""Spiking networks on Fashion-MNIST over the steps: measured at other T than trained
on, and trained on each T.
"""

import matplotlib.pyplot as plt
import numpy as np

from refsnn import metrics, plots
from studies.potential import results
from studies.table import committed

TITLE = "Accuracy over the steps on Fashion-MNIST"
ALT = (
    "Two panels of test accuracy in percent on Fashion-MNIST against the number of "
    "time steps, a dot per seed and lines through the means with bars of 95 percent. "
    "Left: a network that was trained on four steps and is measured after one to "
    "eight. Right: a smaller network, trained and measured on two, four and six steps, "
    "without a penalty and with the penalty on potentials that held-out images choose."
)


def compute():
    """Read the committed tables: steps, and accuracies (steps, seeds) in percent of
    each curve.
    """
    headline = committed("spiking_fashion-fashion-mnist")
    steps, table = np.unique(headline["T"]), results.tables()["Fashion-MNIST"]
    arrays = {
        "measured": steps,
        "five seeds": np.array(
            [100 * headline["accuracy"][headline["T"] == T] for T in steps]
        ),
        "trained": np.unique(table["T"]),
    }
    for arm in ("none", results.chosen_form(table)):
        arrays[arm] = np.array(
            [100 * results.over_layers(table, arm, T=T) for T in arrays["trained"]]
        )
    return arrays


@plots.styled
def draw(data):
    """One panel for each question."""
    figure, panels = plt.subplots(1, 2, figsize=(8.8, 3.4))
    both = [name for name in data if name in ("none", *results.FORMS)]
    for axes, steps, curves in (
        (panels[0], "measured", ["five seeds"]),
        (panels[1], "trained", both),
    ):
        for k, name in enumerate(curves):
            limits = [metrics.interval(each) for each in data[name]]
            x = data[steps] + 0.12 * k
            axes.errorbar(
                x,
                [each.mean for each in limits],
                [each.high - each.mean for each in limits],
                capsize=3,
                color=plots.COLOURS[k],
                label={"none": "no penalty", **results.FORMS}.get(name, name),
            )
            axes.plot(x, data[name], ".", color=plots.COLOURS[k], alpha=0.5)
        axes.set(xlabel="time steps T", ylabel="test accuracy (%)")
        axes.set_xticks(data[steps])
        axes.legend(loc="lower right")
    panels[0].set_title("trained on 4 steps, measured at T")
    panels[1].set_title("trained and measured at T")
    return figure
