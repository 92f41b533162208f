"""Measured noise of trained neurons against what the L2 and the L4 norm say of it, over
the angle between w*w and r.
"""

from dataclasses import replace

import matplotlib.pyplot as plt
import numpy as np

from refsnn import convert, datasets, nn, plots, snn, theory
from studies.l4 import grid, jobs

TITLE = "Noise of trained neurons, L2 norm, L4 norm and the angle"
DATA = "digits"
ALT = (
    "Six panels, one dot per neuron: measured standard deviation of the free potential "
    "divided by what a norm says, against the angle between squared weights and rates. "
    "Left by the L2 norm, right by the L4 norm. Rows: first layer of a network trained "
    "plainly, first layer of one with weight vectors of unit norm, second layer of a "
    "deep network. In the first two rows the dots lie around or somewhat above one on "
    "the left, and on the right lie on the falling dashed black curve, the square root "
    "of the cosine. In the bottom row the dots lie below that curve."
)
LAYERS = (
    ("plain", "MLP plain", 1),
    ("unit", "MLP unit", 1),
    ("second", "deep MLP plain", 2),
)
NAMES = {
    "plain": "plain, layer 1",
    "unit": "unit norm, layer 1",
    "second": "deep, layer 2",
}
QUICK = dict(epochs=1, images=3, trials=8, T=4)


def neurons(network, layer, data, seed, epochs, images, trials, T):
    """Weights of a converted layer, mean rates of its inputs, and its potentials' std
    over trials, mean over images.
    """
    settings = replace(grid.SETTINGS, epochs={DATA: epochs})
    split = jobs.held_out(data, settings)
    ann = jobs.trained(network, data, split, settings, seed)
    net = convert.to_spiking(ann, calibration_data=split.calibration)
    x, last = np.repeat(data.x_test[:images], trials, axis=0), 2 * layer
    watch = {last: np.arange(net[last - 1].weight.shape[1])}
    watch |= {last - 2: np.arange(net[last - 1].weight.shape[0])} if layer > 1 else {}
    record = snn.simulate(
        nn.Sequential(net[: last + 1]),
        x,
        T,
        encoder=snn.Poisson(process="poisson"),
        rng=np.random.default_rng([seed, 1]),
        watch=watch,
    )
    V = record.free_potential(last)[-1].reshape(images, trials, -1)
    rates = (
        record.spikes[last - 2].mean(axis=(0, 1))
        if layer > 1
        else x.reshape(len(x), -1).mean(axis=0)
    )
    sigma = np.sqrt(V.var(axis=1, ddof=1).mean(axis=0))
    return net[last - 1].weight.astype(np.float64), rates.astype(np.float64), sigma


def compute(seed=0, epochs=10, images=10, trials=160, T=16):
    """For each layer: the two norms, |r|_2, the mean rate, the angle phi (degrees) and
    the measured std.
    """
    data, arrays = datasets.load_digits(), {"T": T}
    for name, network, layer in LAYERS:
        weight, rates, sigma = neurons(
            network, layer, data, seed, epochs, images, trials, T
        )
        L2, L4, length = (
            theory.weight_norm(weight, 2),
            theory.weight_norm(weight, 4),
            np.linalg.norm(rates),
        )
        cosine = rates @ weight**2 / (L4**2 * length)
        numbers = {
            "sigma": sigma,
            "L2": L2,
            "L4": L4,
            "length": length,
            "mean_rate": rates.mean(),
            "phi": np.degrees(np.arccos(cosine)),
        }
        arrays |= {f"{key}_{name}": np.asarray(value) for key, value in numbers.items()}
    return arrays


def ratios(data, name):
    """Measured std over |w|_2 sqrt(T mean r), |w|_4 sqrt(T |r|_2), and the exact |w|_4
    sqrt(T |r|_2 cos phi).
    """
    sigma, T, exact = (
        data[f"sigma_{name}"],
        data["T"],
        np.sqrt(np.cos(np.radians(data[f"phi_{name}"]))),
    )
    by_L2 = sigma / (data[f"L2_{name}"] * np.sqrt(T * data[f"mean_rate_{name}"]))
    by_L4 = sigma / (data[f"L4_{name}"] * np.sqrt(T * data[f"length_{name}"]))
    return {"L2": by_L2, "L4": by_L4, "exact": by_L4 / exact}  # eq. noise-angle


def spread(ratio):
    """Standard deviation of the logarithm: 0 where the noise is proportional to what it
    was divided by.
    """
    return float(np.log(ratio).std())


@plots.styled
def draw(data):
    """A row per layer, a column per norm; the exact form in dashed black."""
    figure, grid = plt.subplots(3, 2, figsize=(8, 8.4), sharey=True)
    for row, (name, _, _) in zip(grid, LAYERS, strict=True):
        ratio, phi = ratios(data, name), data[f"phi_{name}"]
        for axes, norm in zip(row, ("L2", "L4"), strict=True):
            axes.plot(
                phi,
                ratio[norm],
                linestyle="none",
                marker=".",
                color=plots.COLOURS[norm == "L4"],
            )
            axes.set_title(
                f"{NAMES[name]}, {norm}: spread {100 * spread(ratio[norm]):.0f} %"
            )
            axes.set_ylim(0, 1.5)
        row[0].axhline(1, **plots.THEORY)
        angles = np.linspace(phi.min() - 2, phi.max() + 2, 50)
        row[1].plot(angles, np.sqrt(np.cos(np.radians(angles))), **plots.THEORY)
        row[0].set_ylabel("measured σ / formula")
    grid[-1, 0].set_xlabel("angle φ (degrees); formula ‖w‖₂ √(T r̄)")
    grid[-1, 1].set_xlabel("angle φ (degrees); formula ‖w‖₄ √(T ‖r‖₂)")
    return figure
