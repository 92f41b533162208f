"""The plots that recur: each draws on one matplotlib Axes in the house style, theory in dashed
black.

Arrays are as everywhere: time first, `(T, neurons)`. Potentials are in the unit of the threshold.
"""

import functools
from pathlib import Path

import matplotlib
import matplotlib.pyplot as plt
import numpy as np

STYLE = Path(__file__).with_name("refsnn.mplstyle")
# Colours by value: the names "C0", "C1" would be looked up when the figure is saved, outside the
# style.
COLOURS = matplotlib.rc_params_from_file(STYLE, use_default_template=False)[
    "axes.prop_cycle"
].by_key()["color"]
THEORY = {"color": "black", "linestyle": "--", "linewidth": 1.3}
GREY = "#767676"


def styled(draw):
    """Decorator: `draw` makes its Figure in the house style, closed, so that a notebook shows it
    once.
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


def traces(axes, v, *, v_threshold, spikes=None, labels=None):
    """Draw potentials over time, as they are after the reset, with the threshold as a grey line.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
    v : array_like, shape (T,) or (T, neurons)
        Potential at the end of each step.
    v_threshold : float
    spikes : array_like, same shape as `v`, optional
        Marks each spike above the threshold.
    labels : list of str, optional
        One a neuron, written at the end of its line.
    """
    v = np.asarray(v).reshape(len(v), -1)
    t = np.arange(1, len(v) + 1)
    axes.axhline(v_threshold, color=GREY, linewidth=1, linestyle="-")
    lines = axes.plot(t, v)
    if spikes is not None:
        spikes = np.asarray(spikes).reshape(v.shape)
        for k, line in enumerate(lines):
            fired = t[spikes[:, k] > 0]
            axes.plot(
                fired,
                np.full(len(fired), v_threshold * (1.1 + 0.08 * k)),
                "|",
                color=line.get_color(),
                markersize=7,
                markeredgewidth=1.5,
            )
    if labels is not None:
        label_lines(axes, lines, labels)
    axes.set(xlabel="time step", ylabel="potential v after the reset")


def membrane_histogram(axes, values, *, mean, std):
    """Draw the distribution of a potential over trials, the closed form's normal curve in dashed
    black.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
    values : array_like, shape (trials,)
        Free potential; say so on the figure.
    mean, std : float
        `theory.membrane_mean` and `theory.membrane_std`.
    """
    values = np.asarray(values, dtype=np.float64).ravel()
    axes.hist(values, bins=30, density=True, color=COLOURS[5], edgecolor="white", linewidth=0.3)
    v = np.linspace(mean - 4.5 * std, mean + 4.5 * std, 400)
    axes.plot(v, np.exp(-0.5 * ((v - mean) / std) ** 2) / (std * np.sqrt(2 * np.pi)), **THEORY)
    axes.set(xlabel="free potential V", ylabel="probability density")


def activation_against_rate(axes, activation, rate):
    """Draw each neuron's firing rate against its activation in the ANN, and the identity in dashed
    black.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
    activation : array_like
        Activation in units of its layer's scale (1 = one spike a step).
    rate : array_like, same shape
        Spikes per step.
    """
    activation, rate = np.ravel(activation), np.ravel(rate)
    axes.plot(
        activation, rate, linestyle="none", marker=".", markersize=2, alpha=0.3, color=COLOURS[0]
    )
    top = max(1.0, activation.max())
    axes.plot([0, 1, top], [0, 1, 1], **THEORY)
    axes.set(xlabel="activation of the ANN / scale", ylabel="firing rate (spikes per step)")


def accuracy_over_T(axes, accuracy, *, ann=None, T=None):
    """Draw accuracy against the number of time steps, one line a method, beside the ANN's line.

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
    from refsnn.metrics import interval

    lines = []
    for values in accuracy.values():
        values = 100 * np.atleast_2d(np.asarray(values, dtype=np.float64))
        steps = np.arange(1, values.shape[1] + 1) if T is None else np.asarray(T)
        lines += axes.plot(steps, values.mean(axis=0))
        if len(values) > 1:
            limits = np.array([interval(column) for column in values.T])
            axes.fill_between(
                steps,
                limits[:, 1],
                limits[:, 2],
                color=lines[-1].get_color(),
                alpha=0.15,
                linewidth=0,
            )
    if ann is not None:
        axes.axhline(100 * ann, color=GREY, linewidth=1, linestyle="-")
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


def seeds_and_intervals(axes, values, *, horizontal=False, colours=None, aside=0.0):
    """Draw each group's values as dots, one a seed, and their mean with its 95 % interval (Student
    t) in black.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
    values : sequence of array_like, each of shape (seeds,)
        The k-th group stands at k on the x axis, or on the y axis if `horizontal`.
    horizontal : bool
    colours : sequence of str, optional
        One a group; default: the first of the style for all.
    aside : float
        How far beside the dots the interval stands.
    """
    from refsnn.metrics import interval

    def plot(place, value, *arguments, **settings):
        axes.plot(*((value, place) if horizontal else (place, value)), *arguments, **settings)

    for k, each in enumerate(values):
        limits = interval(each)
        plot(
            np.full(len(each), k),
            each,
            ".",
            color=COLOURS[0] if colours is None else colours[k],
            alpha=0.5,
        )
        plot(
            [k + aside, k + aside],
            [limits.low, limits.high],
            color="black",
            linestyle="-",
            linewidth=1.3,
        )
        plot(k + aside, limits.mean, "|" if horizontal else "_", color="black", markersize=9)


def confusion(axes, matrix):
    """Draw a confusion matrix (true class down, predicted class across) with its counts.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
    matrix : array_like of int, shape (classes, classes)
    """
    matrix = np.asarray(matrix)
    axes.imshow(np.sqrt(matrix), cmap="Blues")  # the root, so that single errors can be seen
    dark = np.sqrt(matrix) > np.sqrt(matrix.max()) / 2
    for row, column in zip(*np.nonzero(matrix), strict=True):
        axes.text(
            column,
            row,
            matrix[row, column],
            ha="center",
            va="center",
            fontsize=7,
            color="white" if dark[row, column] else "black",
        )
    axes.grid(False)
    axes.set(
        xlabel="predicted class",
        ylabel="true class",
        xticks=range(len(matrix)),
        yticks=range(len(matrix)),
    )


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
    axes.set_xlim(right=max(line.get_xdata()[-1] for line in lines))
    axes.figure.canvas.draw()  # lays the figure out, so that heights in points are known
    to_points = axes.transData.transform
    scale = 72 / axes.figure.dpi
    ends = [(line.get_xdata()[-1], line.get_ydata()[-1]) for line in lines]
    heights = [to_points(end)[1] * scale for end in ends]
    order = np.argsort(heights)
    places = _apart(np.array(heights)[order], gap=11)
    for k, place in zip(order, places, strict=True):
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
    shifted = heights - gap * np.arange(len(heights))
    groups = []
    for (
        value
    ) in shifted:  # pool adjacent violators: isotonic regression of the heights less their gaps
        groups.append([value, 1])
        while len(groups) > 1 and groups[-2][0] > groups[-1][0]:
            mean, size = groups.pop()
            before, count = groups[-1]
            groups[-1] = [(before * count + mean * size) / (count + size), count + size]
    flat = np.concatenate([np.full(size, mean) for mean, size in groups])
    return flat + gap * np.arange(len(heights))
