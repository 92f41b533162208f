"""The study `surrogate`: how large the gradient of each layer is, by family and width,
before and after training.
"""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.ticker import NullLocator

from refsnn import plots
from studies.surrogate import results

TITLE = "Gradients by layer, family and width"
DATA = "digits"
FAMILIES = (
    "rectangular",
    "triangular",
    "sigmoid",
    "arctan",
    "fast sigmoid",
    "Gaussian",
)
ALT = (
    "Six panels, before and after training by three layers: the norm of the surrogate "
    "gradient in the weights of a layer against the half-width of the window, both "
    "axes logarithmic, one line for each of six families. Before training the lines "
    "fall with the width, by about a hundredfold from the narrowest to the widest in "
    "the first layer, twentyfold in the second and fivefold in the third; the "
    "rectangle's is the highest, the fast sigmoid's the lowest, and up to a factor of "
    "four or five lies between them. After training the lines are flatter, and in the "
    "third layer nearly level from a half on."
)


def compute():
    """Read the committed table: geometric means over seeds of gradient norms (before or
    after, layers, families, starts), of fixed widths.
    """
    table = results.tables()["digits"]
    starts, layers = np.unique(table["start"]), np.unique(table["layer"])

    def norm(column, layer, family, start):
        chosen = (table["alpha"] == "fixed") & (table["layer"] == layer)
        chosen &= (table["family"] == family) & (table["start"] == start)
        return np.exp(np.log(table[column][chosen]).mean())

    return {
        "start": starts,
        "gradient": np.array(
            [
                [
                    [
                        [norm(column, layer, family, start) for start in starts]
                        for family in FAMILIES
                    ]
                    for layer in layers
                ]
                for column in ("gradient_before", "gradient")
            ]
        ),
    }


@plots.styled
def draw(data):
    """A row before, a row after; one panel per layer, one line per family."""
    layers = data["gradient"].shape[1]
    figure, panels = plt.subplots(
        2, layers, figsize=(9.2, 5.2), sharex=True, sharey="row"
    )
    for i, when in enumerate(("before", "after")):
        for k in range(layers):
            axes = panels[i, k]
            for j, family in enumerate(FAMILIES):
                axes.plot(
                    data["start"],
                    data["gradient"][i, k, j],
                    marker="os^Dv*"[j],
                    markersize=4,
                    color=plots.COLOURS[j],
                    label=family,
                )
            axes.set(xscale="log", yscale="log", title=f"layer {k + 1}, {when}")
        panels[i, 0].set_ylabel("norm of the gradient")

    for axes in panels[-1]:
        axes.set_xlabel("half-width")
        axes.set_xticks(data["start"], [f"{start:g}" for start in data["start"]])
        axes.xaxis.set_minor_locator(NullLocator())
    panels[0, 0].legend(fontsize=7)
    return figure
