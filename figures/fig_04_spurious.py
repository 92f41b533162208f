"""Spikes of neurons whose ANN output is 0: how many, and when."""

import matplotlib.pyplot as plt
import numpy as np

from refsnn import plots, theory

TITLE = "Spikes that should not be"
ALT = (
    "Expected spikes so far against time steps from 1 to 1024 on a logarithmic axis, "
    "for three neurons of negative mean input: dots simulated, dashed black lines the "
    "first-passage formula, which run through the dots; a grey level at the right of "
    "each is its limit. The counts rise early and then stay: the weaker the negative "
    "input, the later and the higher."
)
QUICK = dict(T=32, trials=200)


def compute(
    seed=0, drifts=(-0.05, -0.1, -0.2), std=0.5, T=1024, v_init=0.5, trials=4000
):
    """Simulate Gaussian input, at most one spike a step; the formula at the same steps;
    the limit.
    """
    rng = np.random.default_rng(seed)
    drift = np.array(drifts)
    times = np.unique(np.geomspace(1, T, 21).astype(int))

    # Integrate, fire and reset by subtraction; write down the counts at some steps.
    v = np.full((trials, len(drift)), v_init)
    counts = np.zeros_like(v)
    simulated, error = [], []
    for t in range(1, T + 1):
        v += rng.normal(drift, std, v.shape)
        spikes = v >= 1
        v -= spikes
        counts += spikes
        if t in times:
            simulated.append(counts.mean(axis=0))
            error.append(counts.std(axis=0, ddof=1) / np.sqrt(trials))

    formula = [theory.expected_spike_count(drift, std, t, v_init=v_init) for t in times]
    return {
        "times": times,
        "drift": drift,
        "std": std,
        "simulated": np.array(simulated),
        "error": np.array(error),
        "formula": np.array(formula),
        "limit": theory.spurious_spikes(drift, std, v_init=v_init),
    }


@plots.styled
def draw(data):
    """Dots, the formula's lines, and each limit as a level at the right."""
    figure, axes = plt.subplots(figsize=(7, 4.4))
    times = data["times"]
    axes.set_xlim(times[0] / 1.1, times[-1] * 1.1)
    axes.set_ylim(0, 1.15 * data["limit"].max())

    # Simulated dots on the formula's line, and the level that both approach.
    for k, colour in enumerate(plots.COLOURS[: len(data["drift"])]):
        axes.plot(times, data["simulated"][:, k], "o", markersize=4, color=colour)
        axes.plot(times, data["formula"][:, k], **plots.THEORY)
        axes.plot(
            times[-4:], np.full(4, data["limit"][k]), color=plots.GREY, linestyle="-"
        )
        axes.annotate(
            f"mean {data['drift'][k]:g}".replace("-", "\N{MINUS SIGN}"),
            (times[-1], data["limit"][k]),
            xytext=(-4, 9),
            textcoords="offset points",
            ha="right",
            color=colour,
        )

    axes.set_xscale("log", base=2)
    axes.xaxis.set_major_formatter("{x:g}")
    axes.set(
        xlabel="time steps",
        ylabel="expected spikes so far",
        title=f"negative mean input, noise of {data['std']:g} thresholds per step",
    )
    return figure
