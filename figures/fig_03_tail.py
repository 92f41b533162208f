"""The law of one free potential: exact, its Gaussian, and the saddlepoint's tail."""

import matplotlib.pyplot as plt
import numpy as np
from scipy.special import ndtr

from refsnn import plots, theory

TITLE = "Where the Gaussian is not enough"
ALT = (
    "Two panels for a neuron with a few large excitatory weights at low rates. Left: "
    "cumulative distribution of the free potential in steps, and the dashed black "
    "Gaussian of the same mean and variance, a little off near the middle. Right: "
    "probability to reach a level, on a logarithmic axis, against the level in "
    "standard deviations; the Gaussian falls away from the exact dots and is too small "
    "by orders of magnitude at five, the saddlepoint stays on them."
)


def exact_law(weight, rates, T, spacing):
    """Values and probabilities of the free potential, for weights on multiples of a
    spacing.

    The characteristic function at the frequencies 2 pi j / (n spacing) is the discrete
    Fourier transform of the law.
    """
    low, high = (
        int(np.rint(T * weight[side].sum() / spacing))
        for side in (weight < 0, weight > 0)
    )
    n = high - low + 1
    u = 2 * np.pi * np.arange(n) / (n * spacing)
    phi = theory.characteristic_function(weight, rates, T, u) * np.exp(
        -1j * u * low * spacing
    )
    return (low + np.arange(n)) * spacing, np.maximum(np.fft.fft(phi).real / n, 0)


def compute(inputs=24, T=8, spacing=1 / 16):
    """A skewed neuron: four weights of one threshold at low rates among small ones of
    either sign.
    """
    weight = np.where(np.arange(inputs) < 4, 16, np.arange(inputs) % 7 - 3) * spacing
    rates = np.where(np.arange(inputs) < 4, 0.03, 0.2)
    V, p = exact_law(weight, rates, T, spacing)
    mean, std = (
        theory.membrane_mean(weight, rates, T),
        theory.membrane_std(weight, rates, T),
    )
    level = V[(V > mean) & (V < mean + 6 * std)]
    tail = np.cumsum(p[::-1])[::-1][(V > mean) & (V < mean + 6 * std)]
    # The law sits on multiples of the spacing: half a spacing lower is the continuity
    # correction.
    return {
        "V": V,
        "p": p,
        "mean": mean,
        "std": std,
        "level": level,
        "tail": tail,
        "saddlepoint": theory.saddlepoint_tail(level - spacing / 2, weight, rates, T),
        "bound": theory.berry_esseen_bound(weight, rates, T),
        "skewness": theory.cumulants(weight, rates, T, 3)[2] / std**3,
    }


@plots.styled
def draw(data):
    """The distribution function; the tail."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 4))
    mean, std = data["mean"], data["std"]
    z = (data["V"] - mean) / std
    near = np.abs(z) < 4

    # Left: the exact distribution function against the normal one.
    left.step(
        z[near], np.cumsum(data["p"])[near], where="post", linestyle="-", label="exact"
    )
    left.plot(z[near], ndtr(z[near]), label="Gaussian", **plots.THEORY)
    left.legend()
    left.set(
        xlabel="(V \N{MINUS SIGN} mean) / σ",
        ylabel="probability of V or less",
        title=f"skewness {data['skewness']:.2f}",
    )

    # Right: the tail, where the two part and the saddlepoint holds.
    level = (data["level"] - mean) / std
    right.semilogy(
        level,
        data["tail"],
        linestyle="none",
        marker=".",
        color=plots.GREY,
        label="exact",
    )
    right.semilogy(
        level, data["saddlepoint"], color=plots.COLOURS[1], label="saddlepoint"
    )
    right.semilogy(level, ndtr(-level), label="Gaussian", **plots.THEORY)
    right.set(
        xlabel="(level \N{MINUS SIGN} mean) / σ",
        ylabel="probability of the level or more",
        title="the tail",
    )
    right.legend()

    return figure
