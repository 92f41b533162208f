"""The study `residual`: accuracy of converted QCFS networks against T, by levels, and
of rectifiers.
"""

import matplotlib.pyplot as plt
import numpy as np

from figures.panels import label_lines
from refsnn import plots
from studies.table import committed

TITLE = "Levels and steps"
DATA = "digits"
ARMS = {
    "rectifiers": "relu",
    "L = 2": "qcfs, L = 2",
    "L = 4": "qcfs, L = 4",
    "L = 8": "qcfs, L = 8",
}
ALT = (
    "Test accuracy against time steps from 1 to 32, mean of five seeds with bands of "
    "the 95 percent interval. Networks trained with QCFS of two, four and eight levels "
    "start above 95 percent at one step and are level from four steps on; the network "
    "of rectifiers starts near chance, with a wide band at two steps, and is level "
    "with them from four steps on."
)


def compute():
    """Read the committed table: accuracy (arms, seeds, T) of plain conversion."""
    table = committed("residual-digits")
    plain = table["conversion"] == "plain"
    seeds = np.unique(table["seed"])
    return {
        "T": np.unique(table["T"][plain]),
        "accuracy": np.array(
            [
                [
                    table["accuracy"][
                        plain & (table["arm"] == arm) & (table["seed"] == seed)
                    ]
                    for seed in seeds
                ]
                for arm in ARMS.values()
            ]
        ),
    }


@plots.styled
def draw(data):
    """One line per arm."""
    figure, axes = plt.subplots(figsize=(6, 4))
    axes.set_ylim(0, 102)
    lines = plots.accuracy_over_T(
        axes, dict(zip(ARMS, data["accuracy"], strict=True)), T=data["T"]
    )
    label_lines(axes, lines, list(ARMS))
    return figure
