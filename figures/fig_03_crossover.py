"""The largest noise that Bernoulli input can make: from the L4 norm at small rates to
the L2 norm at large ones.
"""

import matplotlib.pyplot as plt
import numpy as np

from refsnn import plots, theory

TITLE = "The crossover from the L4 to the L2 norm"
ALT = (
    "Largest standard deviation of the free potential under Bernoulli input, relative "
    "to its limit for large rates, against the length of the rate vector, relative to "
    "the length at which the two norms trade places; logarithmic axes. Three lines, "
    "for equal, Gaussian and heavy-tailed weights, leave the rising dashed line of the "
    "L4 norm, bend below both dashed lines near one, and join the level dashed line of "
    "the L2 norm; the more equal the weights, the sharper the bend. Dots measured by "
    "simulation lie on the lines."
)
WEIGHTS = ("equal", "Gaussian", "heavy-tailed")
QUICK = dict(trials=100, points=13)


def compute(seed=0, inputs=100, T=16, trials=2000, points=81, measured=7):
    """Closed form on a fine grid of |r|_2, and the measured standard deviation under
    the noisiest rates on a few.
    """
    rng = np.random.default_rng(seed)
    gauss = rng.normal(size=inputs)
    # (inputs, 3)
    weight = np.stack([np.ones(inputs), gauss, gauss * np.abs(gauss) ** 2], axis=1)
    unit = theory.crossover_rho(weight)
    limit = np.sqrt(T) * theory.weight_norm(weight, 2) / 2
    relative_rho = np.logspace(-1, np.log10(6), points)
    chosen = np.linspace(0, points - 1, measured).astype(int)
    sigma = np.empty((points, weight.shape[1]))
    dots = np.empty((measured, weight.shape[1]))
    for j, w in enumerate(weight.T):
        for k, rho in enumerate(relative_rho * unit[j]):
            sigma[k, j] = theory.bernoulli_std_maximum(w, rho, T)
        for row, k in enumerate(chosen):
            rates = theory.bernoulli_worst_case_rates(w, relative_rho[k] * unit[j])
            dots[row, j] = np.std(rng.binomial(T, rates, (trials, inputs)) @ w, ddof=1)
    return {
        "relative_rho": relative_rho,
        "sigma": sigma / limit,
        "chosen": chosen,
        "measured": dots / limit,
        "trials": trials,
    }


@plots.styled
def draw(data):
    """Lines of the closed form over the two asymptotes; dots measured."""
    figure, axes = plt.subplots(figsize=(7, 4.6))
    rho = data["relative_rho"]

    # The two limits: by the L4 norm for small rates, by the L2 norm for large.
    axes.plot(rho, np.sqrt(rho), **plots.THEORY)
    axes.axhline(1, **plots.THEORY)
    axes.set(
        xscale="log",
        yscale="log",
        ylim=(0.3, 1.7),
        xlim=(rho[0], rho[-1]),
        xlabel="|r|₂ / crossover (|w|₂² / 4|w|₄²)",
        ylabel="largest σ / (½ √T |w|₂)",
        title="noisiest Bernoulli input: lines closed form, dots simulated",
    )

    for axis, ticks in (
        (axes.xaxis, (0.1, 0.2, 0.5, 1, 2, 5)),
        (axes.yaxis, (0.3, 0.5, 0.7, 1, 1.5)),
    ):
        axis.set_ticks(ticks)
        axis.set_ticks((), minor=True)
        axis.set_major_formatter("{x:g}")

    # A line of the closed form and dots of the simulation per weight vector.
    for j, name in enumerate(WEIGHTS):
        (line,) = axes.plot(rho, data["sigma"][:, j], label=name)
        axes.plot(
            rho[data["chosen"]],
            data["measured"][:, j],
            linestyle="none",
            marker="o",
            markersize=4,
            color=line.get_color(),
        )

    axes.annotate("√(Tρ) |w|₄", (2.0, 1.5), ha="right", va="bottom")
    axes.annotate("½ √T |w|₂", (0.12, 1.03), va="bottom")
    axes.legend(title="weights", loc="lower right")
    return figure
