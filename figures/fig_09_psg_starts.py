"""The study `surrogate`: accuracy against the width at the start, fixed and learned,
family by family.
"""

import matplotlib.pyplot as plt
import numpy as np

from refsnn import metrics, plots
from studies.surrogate import results

TITLE = "A learned width and where it starts"
DATA = "digits"
ALT = (
    "Six panels, one per family of surrogates: test accuracy on digits against the "
    "half-width of the window at the start, on a logarithmic axis from a quarter to "
    "four; bars are 95 percent intervals over seeds. Blue circles, a fixed width: high "
    "at a quarter and a half, but for the rectangle, which is clearly lower at a "
    "quarter; then falling. Orange squares, a learned one, at a quarter, a half and "
    "four: about as high as the fixed one at the first two, but for the rectangle at a "
    "quarter, where it is higher; and above it at four, by nine to fifteen points for "
    "the rectangular, sigmoid and Gaussian family, by one to four for the others."
)
FAMILIES = (
    "rectangular",
    "triangular",
    "sigmoid",
    "arctan",
    "fast sigmoid",
    "Gaussian",
)


def compute():
    """Read the committed table: accuracies in percent, fixed and learned (families,
    starts, seeds).
    """
    table = results.tables()["digits"]
    arrays = {}
    for alpha in ("fixed", "learned"):
        starts = np.unique(table["start"][table["alpha"] == alpha])
        arrays |= {
            f"start_{alpha}": starts,
            f"accuracy_{alpha}": np.array(
                [
                    [
                        results.accuracy(table, family=family, alpha=alpha, start=start)
                        for start in starts
                    ]
                    for family in results.families(table)
                ]
            ),
        }
    return arrays


@plots.styled
def draw(data):
    """One panel per family."""
    figure, panels = plt.subplots(2, 3, figsize=(9.2, 5.2), sharex=True, sharey=True)

    # Means over seeds with their intervals, fixed and learned.
    for f, (axes, name) in enumerate(zip(panels.flat, FAMILIES, strict=True)):
        for label, marker, colour in (
            ("fixed", "o", plots.COLOURS[0]),
            ("learned", "s", plots.COLOURS[1]),
        ):
            accuracies = data[f"accuracy_{label}"][f]
            mean, low, high = np.transpose([metrics.interval(a) for a in accuracies])
            axes.errorbar(
                data[f"start_{label}"],
                mean,
                yerr=[mean - low, high - mean],
                marker=marker,
                color=colour,
                label=label,
                capsize=2,
            )
        axes.set(title=name, xscale="log")
        ticks = data["start_fixed"]
        axes.set_xticks(ticks, [f"{start:g}" for start in ticks])
        axes.minorticks_off()

    # Labels at the outer edges only.
    for axes in panels[:, 0]:
        axes.set_ylabel("test accuracy (%)")
    for axes in panels[-1]:
        axes.set_xlabel("half-width at the start")
    panels[0, 0].legend()
    return figure
