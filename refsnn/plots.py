"""Plots for many figures: each draws on one matplotlib Axes in the house style.

Arrays are as everywhere: time first, `(T, neurons)`. Potentials are in the unit of the threshold.
"""

import functools
from pathlib import Path

import matplotlib
import matplotlib.pyplot as plt
import numpy as np

from refsnn.metrics import interval

STYLE = Path(__file__).with_name("refsnn.mplstyle")
CYCLE = matplotlib.rc_params_from_file(STYLE, use_default_template=False)["axes.prop_cycle"]
# By value: names such as "C0" would be looked up when a figure is saved, outside the style.
COLOURS = CYCLE.by_key()["color"]
THEORY = {"color": "black", "linestyle": "--", "linewidth": 1.3}
GREY = "#767676"
GUIDE = {"color": GREY, "linestyle": "-", "linewidth": 1}  # lines that guide the eye


def styled(draw):
    """Decorator: `draw` makes its Figure in the house style; it is closed, so that a notebook shows
    it once.
    """

    @functools.wraps(draw)
    def draw_in_style(*arguments, **settings):
        with plt.style.context(STYLE):
            figure = draw(*arguments, **settings)
        plt.close(figure)
        return figure

    return draw_in_style


def raster(axes, spikes):
    """Draw a dot for each spike.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
    spikes : array_like, shape (T, neurons)
        0 or 1.
    """
    steps, neurons = np.nonzero(np.asarray(spikes))
    axes.plot(steps + 1, neurons, linestyle="none", marker="|", color=COLOURS[0])
    axes.set(xlabel="time step", ylabel="neuron", xlim=(0, len(spikes) + 1))


def traces(axes, v, *, v_threshold, spikes=None):
    """Draw potentials over time, as they are after the reset, with the threshold as a grey line.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
    v : array_like, shape (T,) or (T, neurons)
        Potential at the end of each step.
    v_threshold : float
    spikes : array_like, same shape as `v`, optional
        Marks each spike above the threshold.
    """
    v = np.asarray(v).reshape(len(v), -1)
    t = np.arange(1, len(v) + 1)
    axes.axhline(v_threshold, **GUIDE)
    lines = axes.plot(t, v)

    if spikes is not None:
        spikes = np.asarray(spikes).reshape(v.shape)
        for k, line in enumerate(lines):
            fired = t[spikes[:, k] > 0]
            height = np.full(len(fired), v_threshold * (1.1 + 0.08 * k))
            colour = line.get_color()
            axes.plot(fired, height, "|", color=colour, markersize=7, markeredgewidth=1.5)

    axes.set(xlabel="time step", ylabel="potential v after the reset")


def accuracy_over_T(axes, accuracy, *, ann=None, T=None):
    """Draw accuracy against the number of time steps, one line per method, and the ANN's as a line.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
    accuracy : dict of str to array_like, shape (T,) or (seeds, T)
        Fractions; of several seeds the mean is drawn, and a band of its 95 % interval (Student t).
    ann : float, optional
        The ANN's accuracy: a grey line.
    T : array_like, shape (T,), optional
        Default 1, 2, ...
    """
    lines = []
    for values in accuracy.values():
        values = 100 * np.atleast_2d(np.asarray(values, dtype=np.float64))
        steps = np.arange(1, values.shape[1] + 1) if T is None else np.asarray(T)
        lines += axes.plot(steps, values.mean(axis=0))
        if len(values) > 1:
            _, low, high = np.transpose([interval(column) for column in values.T])
            colour = lines[-1].get_color()
            axes.fill_between(steps, low, high, color=colour, alpha=0.15, linewidth=0)

    if ann is not None:
        axes.axhline(100 * ann, **GUIDE)
        axes.annotate(
            "ANN",
            (0, 100 * ann),
            xycoords=("axes fraction", "data"),
            xytext=(4, 3),
            textcoords="offset points",
            color=GREY,
        )

    axes.set_xscale("log", base=2)
    axes.xaxis.set_major_formatter("{x:g}")
    axes.set(xlabel="time steps T", ylabel="test accuracy (%)")
    label_lines(axes, lines, list(accuracy))


def label_lines(axes, lines, labels):
    """Name lines: at their right ends where there are four or fewer, else in a legend.

    Labels that would overlap are moved apart; so call this last, when the limits of the axes stand.

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
    """Ascending heights moved as little as possible (least squares) to be at least `gap` apart."""
    from scipy.optimize import isotonic_regression  # takes half a second to import

    gaps = gap * np.arange(len(heights))
    return isotonic_regression(heights - gaps).x + gaps
