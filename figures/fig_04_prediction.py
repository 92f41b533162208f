"""The study `prediction`: accuracy predicted in closed form, simulated, and by
rectified Gaussians, against T.
"""

import matplotlib.pyplot as plt
import numpy as np

from refsnn import plots
from studies.table import committed

TITLE = "Accuracy of converted networks, predicted without simulating them"
ALT = (
    "Two panels, one hidden layer on the digits and three on Fashion-MNIST: test "
    "accuracy against time steps from 4 to 128 for input rates 1, 0.2 and 0.05, means "
    "over three seeds. Dots are simulated, the dashed black lines predicted by first "
    "passage: with one hidden layer they run through the dots, with three they are up "
    "to three points above them below some 16 steps. Thin dotted lines, rectified "
    "Gaussians, lie higher."
)
PANELS = (("digits", "1 hidden"), ("fashion-mnist", "3 hidden"))
RATES = (1.0, 0.2, 0.05)


def compute():
    """Read the committed tables: (panels, rates, T) accuracies in percent, means over
    seeds.
    """
    arrays = {name: [] for name in ("simulated", "predicted", "rectified")}
    for data, network in PANELS:
        table = committed(f"prediction-{data}")
        T = np.unique(table["T"])
        for name, panels in arrays.items():
            panels.append(
                [
                    [
                        100
                        * table[name][
                            (table["network"] == network)
                            & (table["max_rate"] == rate)
                            & (table["T"] == t)
                        ].mean()
                        for t in T
                    ]
                    for rate in RATES
                ]
            )
    return {name: np.array(panels) for name, panels in arrays.items()} | {"T": T}


@plots.styled
def draw(data):
    """Dots for the simulation, dashed black for theory, dotted for the baseline."""
    figure, row = plt.subplots(1, 2, figsize=(9, 3.8))

    for k, (axes, (name, network)) in enumerate(zip(row, PANELS, strict=True)):
        lines = []
        for j, colour in enumerate(plots.COLOURS[: len(RATES)]):
            lines += axes.plot(data["T"], data["simulated"][k, j], "o", color=colour)
            (theory,) = axes.plot(data["T"], data["predicted"][k, j], **plots.THEORY)
            (baseline,) = axes.plot(
                data["T"], data["rectified"][k, j], ":", color=colour, linewidth=1.2
            )

        axes.set_xscale("log", base=2)
        axes.set_xticks(data["T"], [str(t) for t in data["T"]])
        axes.set(
            title=f"{name}, {network} layer{'s' * (network[0] > '1')}",
            xlabel="time steps T",
            ylabel="test accuracy (%)" if k == 0 else "",
        )

        if k == 0:
            simulated = [f"simulated, rate {rate:g}" for rate in RATES]
            names = [*simulated, "predicted", "rectified Gaussian"]
            axes.legend([*lines, theory, baseline], names)

    return figure
