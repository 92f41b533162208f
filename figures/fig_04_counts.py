"""What noise adds to a spike count: simulated, by first passage, by rectified Gaussian,
and the rectifier.
"""

import matplotlib.pyplot as plt
import numpy as np
from scipy.special import ndtr

from refsnn import plots, theory

TITLE = "Noise makes spikes"
ALT = (
    "Two panels, noise of 0.2 and of 0.6 thresholds per step: expected spikes in 32 "
    "steps against the mean input per step from below zero to 0.5 thresholds. "
    "Simulated dots lie on the dashed black line of first passage. The grey line of "
    "the rectifier is zero for negative input and below the dots for small positive "
    "input; the line of the rectified Gaussian lies between the two, further below the "
    "dots where noise is larger."
)
QUICK = dict(trials=200, points=21, measured=6)


def rectified_gaussian(mean, std, T, v_init):
    """Expected count if a neuron could take spikes back: E[max(0, V - 1/2)] for the
    final free potential V.
    """
    m, s = T * mean + v_init - 0.5, np.sqrt(T) * std
    return m * ndtr(m / s) + s * np.exp(-0.5 * (m / s) ** 2) / np.sqrt(2 * np.pi)


def simulated(rng, mean, std, T, v_init, trials):
    """Mean count of a neuron with Gaussian input, at most one spike a step, and its
    standard error: (means,) each.
    """
    v, counts = np.full((trials, len(mean)), v_init), np.zeros((trials, len(mean)))
    for _ in range(T):
        v += rng.normal(mean, std, v.shape)
        spikes = v >= 1
        v -= spikes
        counts += spikes
    return counts.mean(axis=0), counts.std(axis=0, ddof=1) / np.sqrt(trials)


def compute(
    seed=0, stds=(0.2, 0.6), T=32, v_init=0.5, trials=10_000, points=121, measured=16
):
    """Closed forms on a fine grid of means; the simulation on a few of them."""
    rng = np.random.default_rng(seed)
    mean = np.linspace(-0.2, 0.5, points)
    chosen = np.linspace(0, points - 1, measured).astype(int)
    arrays = {name: [] for name in ("formula", "rectified", "simulated", "error")}
    for std in stds:
        arrays["formula"].append(
            theory.expected_spike_count(mean, std, T, v_init=v_init)
        )
        arrays["rectified"].append(rectified_gaussian(mean, std, T, v_init))
        counts, error = simulated(rng, mean[chosen], std, T, v_init, trials)
        arrays["simulated"].append(counts)
        arrays["error"].append(error)
    return {name: np.array(values) for name, values in arrays.items()} | {
        "mean": mean,
        "chosen": chosen,
        "std": np.array(stds),
        "T": T,
    }


@plots.styled
def draw(data):
    """A panel for each size of the noise."""
    figure, row = plt.subplots(1, 2, figsize=(9, 4), sharey=True)
    mean = data["mean"]

    for k, axes in enumerate(row):
        # What ignores noise, and what ignores time.
        axes.plot(
            mean,
            data["T"] * np.maximum(mean, 0),
            color=plots.GREY,
            linestyle="-",
            linewidth=1,
            label="rectifier",
        )
        axes.plot(
            mean,
            data["rectified"][k],
            color=plots.COLOURS[1],
            linestyle="-.",
            label="rectified Gaussian",
        )

        # Theory, and dots to hold it to.
        axes.plot(mean, data["formula"][k], label="first passage", **plots.THEORY)
        axes.plot(
            mean[data["chosen"]],
            data["simulated"][k],
            "o",
            markersize=4,
            color=plots.COLOURS[0],
            label="simulated",
        )

        axes.set(
            xlabel="mean input per step (thresholds)",
            title=f"σ = {data['std'][k]:g} thresholds per step",
            ylabel=f"expected spikes in {data['T']} steps" if k == 0 else "",
        )

    row[0].legend()
    return figure
