"""The study `residual` on Fashion-MNIST: accuracy against T, and what training with
noise changes.
"""

import matplotlib.pyplot as plt
import numpy as np

from figures.panels import seeds_and_intervals
from refsnn import plots
from refsnn.metrics import interval
from studies.residual import results

TITLE = "Noise in training on Fashion-MNIST"
ALT = (
    "Two rows of two panels, for a wide and a narrow network on Fashion-MNIST. Top: "
    "test accuracy in percent against time steps from 1 to 32; the curves of QCFS and "
    "of training with noise lie on each other and are level from four steps on, those "
    "of rectifiers, in the wide panel only, come up later; bands are 95 percent "
    "intervals. Bottom: with noise minus without in points, a dot per seed and black "
    "bars for means with their 95 percent interval, around the zero line."
)
NETS = ("Fashion-MNIST, wide", "Fashion-MNIST, narrow")
STEPS = (1, 2, 4, 8, 16, 32)


def compute():
    """Read the committed tables: for each network accuracies (arms, T, 3) in percent
    and differences (T, seeds).
    """
    tables, arrays = results.tables(), {"T": np.array(STEPS)}
    for net in NETS:
        data, *arms = results.NETS[net]
        limits = [
            [interval(100 * results.accuracy(tables[data], arm, T)) for T in STEPS]
            for arm in arms
            if arm
        ]
        differences = [results.noise_gain(tables, net, T).difference for T in STEPS]
        arrays |= {net: np.array(limits), f"{net}: difference": np.array(differences)}
    return arrays


@plots.styled
def draw(data):
    """Accuracies above, paired differences below, both with 95 % intervals."""
    figure, grid = plt.subplots(2, 2, figsize=(9, 6.4), sharex=True, sharey="row")
    steps = np.arange(len(data["T"]))
    for net, (top, bottom) in zip(NETS, grid.T, strict=True):
        # Above: mean accuracy of each kind of network with the interval as a band.
        kinds = zip(("QCFS", "with noise", "rectifiers"), data[net], strict=False)
        for k, (name, accuracies) in enumerate(kinds):
            mean, low, high = accuracies.T
            top.plot(
                steps,
                mean,
                marker="osv"[k],
                markersize=4,
                color=plots.COLOURS[k],
                label=name,
            )
            top.fill_between(
                steps, low, high, color=plots.COLOURS[k], alpha=0.2, linewidth=0
            )

        # Below: what the noise gains, seed by seed.
        differences = data[f"{net}: difference"]
        seeds_and_intervals(bottom, dict(zip(data["T"], differences, strict=True)))
        top.set_title(net)
        bottom.set_xlabel("time steps T")

    grid[0, 0].set(ylabel="test accuracy (%)", ylim=(0, 100))
    grid[1, 0].set(ylabel="noise minus none (points)", ylim=(-3, 3))
    grid[0, 0].legend(loc="lower right")
    return figure
