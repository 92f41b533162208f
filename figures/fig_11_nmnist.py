"""The study `nmnist`: accuracy on real recordings, fold by fold."""

import matplotlib.pyplot as plt
import numpy as np

from figures.panels import seeds_and_intervals
from refsnn import plots
from studies.table import committed

TITLE = "Real recordings of an event camera, in five folds"
ARMS = ("fixed, T = 5", "learned, T = 5", "fixed, T = 10")
ALT = (
    "Accuracy in percent of three spiking networks on recordings of N-MNIST: with a "
    "fixed width of the surrogate and five frames, with a learned width and five "
    "frames, with a fixed width and ten frames. Five dots each, one per fold, and "
    "beside them a black bar for the mean with its 95 percent interval."
)


def compute():
    """Read the committed table: accuracy (arms, folds)."""
    table = committed("nmnist-nmnist")
    return {
        "accuracy": np.array([table["accuracy"][table["arm"] == arm] for arm in ARMS])
    }


@plots.styled
def draw(data):
    """Dots and a bar per arm."""
    figure, axes = plt.subplots(figsize=(5.4, 3.4))
    accuracies = dict(zip(ARMS, 100 * data["accuracy"], strict=True))
    seeds_and_intervals(axes, accuracies, aside=0.15, zero=False)
    axes.set(
        xlabel="width of the surrogate, and frames",
        ylabel="accuracy (%)",
        xlim=(-0.5, len(ARMS) - 0.4),
    )
    return figure
