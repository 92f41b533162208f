"""Where the closed form of the spike count holds: its error against the exact
recursion, over drift and noise.
"""

import matplotlib.pyplot as plt
import numpy as np

from refsnn import plots, theory

TITLE = "Where the formula holds"
ALT = (
    "Four maps of the error of a formula for the expected spike count in percent of "
    "the exact one, over mean input from minus 0.3 to 1.2 thresholds and noise from "
    "0.1 to 2 thresholds per step. Left, first passage at 8 and 32 steps: pale below "
    "the dashed black line at 0.75 thresholds of noise, 1 for negative means; above it "
    "strong red for means up to half a threshold and blue beyond. Right, with the "
    "large-noise formula above the line: pale there too."
)
LIMIT = 10.0  # percent at which the colours end
QUICK = dict(means=4, noises=3)


def exact(mean, std, T, v_init):
    """The recursion with Gaussian steps; its lattice divides the threshold by a power
    of two.
    """
    spacing = 2.0 ** np.floor(np.log2(min(std / 4, 1 / 32)))
    return theory.recursive_spike_count(
        theory.gaussian_step(mean, std, spacing), T, v_init=v_init
    )


def compute(times=(8, 32), v_init=0.5, means=16, noises=12):
    """Expected counts (times, noises, means): exact, first passage alone, and as
    `expected_spike_count` gives them.
    """
    mean, std = np.linspace(-0.3, 1.2, means), np.geomspace(0.1, 2, noises)
    grid = np.meshgrid(std, mean, indexing="ij")
    truth = np.array(
        [
            [exact(m, s, max(times), v_init)[np.array(times) - 1] for m in mean]
            for s in std
        ]
    )
    passage = [
        theory.spike_count_moments(grid[1], grid[0], T, v_init=v_init).mean
        for T in times
    ]
    switched = [
        theory.expected_spike_count(grid[1], grid[0], T, v_init=v_init) for T in times
    ]
    return {
        "mean": mean,
        "std": std,
        "times": np.array(times),
        "exact": np.moveaxis(truth, 2, 0),
        "first_passage": np.array(passage),
        "expected_spike_count": np.array(switched),
    }


def error(formula, exact):
    """Percent of the exact count; where that is below a fifth of a spike, percent of a
    fifth of a spike.
    """
    return 100 * (formula - exact) / np.maximum(exact, 0.2)


@plots.styled
def draw(data):
    """Rows: T; columns: the formula."""
    figure, grid = plt.subplots(2, 2, figsize=(9, 7), sharex=True, sharey=True)
    names = {
        "first_passage": "first passage",
        "expected_spike_count": "with the large-noise formula",
    }

    for row, T, truth, k in zip(
        grid, data["times"], data["exact"], range(len(grid)), strict=True
    ):
        for axes, name in zip(row, names, strict=True):
            gap = error(data[name][k], truth)
            image = axes.pcolormesh(
                data["mean"],
                data["std"],
                gap,
                cmap="RdBu_r",
                vmin=-LIMIT,
                vmax=LIMIT,
                shading="nearest",
            )

            # Dashed: the noise from which on the large-noise formula is used.
            axes.plot(
                [data["mean"][0], 0, 0, data["mean"][-1]],
                [1, 1, 0.75, 0.75],
                **plots.THEORY,
            )

            axes.set(yscale="log", title=f"{names[name]}, T = {T}")
            axes.set_yticks((0.1, 0.2, 0.5, 1, 2), ("0.1", "0.2", "0.5", "1", "2"))
            axes.set_yticks((), minor=True)
            axes.grid(False)

    for axes in grid[-1]:
        axes.set_xlabel("mean input per step (thresholds)")
    for axes in grid[:, 0]:
        axes.set_ylabel("noise per step (thresholds)")
    figure.colorbar(
        image, ax=grid, label="error of the expected count (%)", extend="both"
    )
    return figure
