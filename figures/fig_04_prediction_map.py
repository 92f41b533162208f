"""The study `prediction`: where the closed form may be trusted, as predicted minus
simulated accuracy.
"""

import matplotlib.pyplot as plt
import numpy as np

from refsnn import plots
from refsnn.predict.result import SIGMA, SIGMA_CONVOLUTIONAL
from studies.table import committed

TITLE = "Predicted minus simulated accuracy, by network, rate and T"
ALT = (
    "Eight maps, two data sets by four networks: predicted minus simulated accuracy, "
    "mean of three seeds, for each input rate (rows) and number of time steps "
    "(columns). The dense networks' cells are pale, within a point or two of zero, but "
    "for three hidden layers at few steps, up to three points high on Fashion-MNIST; "
    "the convolutional network's are within a point at rate 1 and at lower rates high "
    "on the digits and low on Fashion-MNIST, by up to seven points. Numbers in "
    "italics: the median standard deviation of a step is beyond the limit at which a "
    "prediction warns."
)
DATA_SETS = ("digits", "fashion-mnist")
DENSE, CONVOLUTIONAL = ("1 hidden", "2 hidden", "3 hidden"), ("convolutional",)
LIMIT = 5.0  # points at which the colours end


def compute():
    """Read the committed tables: gaps in points and median sigmas, (data sets,
    networks, rates, T).
    """
    arrays = {}
    for kind, networks in (("dense", DENSE), ("convolutional", CONVOLUTIONAL)):
        gaps, sigmas = [], []
        for name in DATA_SETS:
            table = committed(f"prediction-{name}")
            rates = np.unique(table["max_rate"])[::-1]
            T = np.unique(table["T"][np.isin(table["network"], networks)])
            cells = {"network": networks, "max_rate": rates, "T": T}
            gap = 100 * (table["predicted"] - table["simulated"])
            gaps.append(means(table, gap, cells))
            sigmas.append(means(table, table["sigma"], cells))

        arrays |= {
            f"gap_{kind}": np.array(gaps),
            f"sigma_{kind}": np.array(sigmas),
            f"T_{kind}": T,
        }
    return arrays | {"max_rate": rates}


def means(table, values, cells):
    """Mean of `values` over the rows of each cell, one axis per column of `cells`."""
    shape = [len(levels) for levels in cells.values()]
    averages = np.zeros(shape)
    for place in np.ndindex(*shape):
        rows = np.ones(len(values), bool)
        for (column, levels), k in zip(cells.items(), place, strict=True):
            rows &= table[column] == levels[k]
        averages[place] = values[rows].mean()
    return averages


@plots.styled
def draw(data):
    """One map per data set and network, with the gap written in each cell."""
    figure, axes = plt.subplots(2, 4, figsize=(12, 4.6), sharey=True)
    for i, name in enumerate(DATA_SETS):
        for j, network in enumerate(DENSE + CONVOLUTIONAL):
            kind, k = ("dense", j) if network in DENSE else ("convolutional", 0)
            gap, sigma = data[f"gap_{kind}"][i, k], data[f"sigma_{kind}"][i, k]
            T = data[f"T_{kind}"]
            limit = SIGMA if network in DENSE else SIGMA_CONVOLUTIONAL

            # The gap in every cell, in italics where the prediction is not to be used.
            panel = axes[i, j]
            image = panel.imshow(
                gap, cmap="RdBu_r", vmin=-LIMIT, vmax=LIMIT, aspect="auto"
            )
            for (a, b), value in np.ndenumerate(gap):
                panel.text(
                    b,
                    a,
                    f"{value:+.1f}".replace("-", "\N{MINUS SIGN}"),
                    ha="center",
                    va="center",
                    fontsize=7,
                    color="white" if abs(value) > 0.7 * LIMIT else "black",
                    style="italic" if sigma[a, b] > limit else "normal",
                )

            panel.grid(False)
            panel.set_xticks(range(len(T)), [str(t) for t in T])
            panel.set_yticks(
                range(len(data["max_rate"])), [f"{rate:g}" for rate in data["max_rate"]]
            )
            panel.set_title(f"{name}, {network}")
            panel.set(
                xlabel="time steps T" if i == 1 else "",
                ylabel="max_rate" if j == 0 else "",
            )

    figure.colorbar(
        image, ax=axes, label="predicted minus simulated (points)", extend="both"
    )
    return figure
