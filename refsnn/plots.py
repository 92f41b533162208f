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

    Lines are labelled with the names of their methods: `axes.legend()` shows these.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
    accuracy : dict of str to array_like, shape (T,) or (seeds, T)
        Fractions; of several seeds the mean is drawn, and a band of its 95 % interval (Student t).
    ann : float, optional
        The ANN's accuracy: a grey line.
    T : array_like, shape (T,), optional
        Default 1, 2, ...

    Returns
    -------
    list of matplotlib.lines.Line2D
        One per method.
    """
    lines = []
    for method, values in accuracy.items():
        values = 100 * np.atleast_2d(np.asarray(values, dtype=np.float64))
        steps = np.arange(1, values.shape[1] + 1) if T is None else np.asarray(T)
        lines += axes.plot(steps, values.mean(axis=0), label=method)
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
    return lines
