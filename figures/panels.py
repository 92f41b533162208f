"""What several figures draw in their panels."""

import numpy as np

from refsnn.metrics import interval
from refsnn.plots import COLOURS, GUIDE


def seeds_and_intervals(
    axes, values, *, horizontal=False, colours=None, aside=0.0, zero=True
):
    """Draw each group's values as dots, one per seed, and their mean with its 95 %
    interval in black (Student t).

    Parameters
    ----------
    axes : matplotlib.axes.Axes
    values : dict of str to array_like, each of shape (seeds,)
        The k-th group stands at k, with its name as tick, on the x axis, or from top
        to bottom on the y axis if `horizontal`.
    horizontal : bool
    colours : sequence of str, optional
        One per group; default: the first of the style for all.
    aside : float
        How far beside the dots the interval stands.
    zero : bool
        Whether a grey line at 0 is drawn: the values are differences.
    """
    if colours is None:
        colours = [COLOURS[0]] * len(values)

    def plot(place, value, mark, **style):
        x, y = (value, place) if horizontal else (place, value)
        axes.plot(x, y, mark, **style)

    if zero:
        (axes.axvline if horizontal else axes.axhline)(0, **GUIDE)
    for k, (of_seeds, colour) in enumerate(zip(values.values(), colours, strict=False)):
        mean, low, high = interval(of_seeds)
        plot(np.full(len(of_seeds), k), of_seeds, ".", color=colour, alpha=0.5)
        plot([k + aside] * 2, [low, high], "-", color="black", linewidth=1.3)
        plot(k + aside, mean, "|" if horizontal else "_", color="black", markersize=9)

    axis = axes.yaxis if horizontal else axes.xaxis
    axis.set_ticks(range(len(values)), list(values))
    if horizontal:
        axes.set_ylim(len(values) - 0.5, -0.5)
