"""What several figures draw in their panels."""

import numpy as np
from scipy.optimize import isotonic_regression

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


def label_lines(axes, lines, labels):
    """Name lines: at their right ends where there are four or fewer, else in a legend.

    Labels that would overlap are moved apart; so call this last, when the limits of the
    axes stand.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
    lines : list of matplotlib.lines.Line2D
    labels : list of str
    """
    if len(lines) > 4:
        axes.legend(lines, labels)
        return

    # Heights in points, known once the figure is laid out.
    axes.set_xlim(right=max(line.get_xdata()[-1] for line in lines))
    axes.figure.canvas.draw()
    ends = np.array([(line.get_xdata()[-1], line.get_ydata()[-1]) for line in lines])
    heights = axes.transData.transform(ends)[:, 1] * 72 / axes.figure.dpi

    order = np.argsort(heights)
    for k, place in zip(order, _apart(heights[order], gap=11), strict=True):
        axes.annotate(
            labels[k],
            ends[k],
            xytext=(6, place - heights[k]),
            textcoords="offset points",
            va="center",
            color=lines[k].get_color(),
            annotation_clip=False,
        )


def _apart(heights, gap):
    """Ascending heights moved as little as possible (least squares) to be at least
    `gap` apart.
    """
    gaps = gap * np.arange(len(heights))
    return isotonic_regression(heights - gaps).x + gaps
