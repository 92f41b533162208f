"""Free potentials of three neurons before and after the adjustment, at one image shown
many times.
"""

from dataclasses import replace

import matplotlib.pyplot as plt
import numpy as np

from refsnn import convert, datasets, plots, snn, theory
from studies.l4 import grid, jobs

TITLE = "Potentials before and after the adjustment by the L4 norm"
DATA = "digits"
ALT = (
    "Three panels, neurons with the largest, a middle and the smallest L4 norm of a "
    "sparsely trained first layer: histograms of the free potential before (filled) "
    "and after (outlined) the adjustment over many presentations of one image, normal "
    "curves of the closed form in dashed black along both. The adjustment shifts and "
    "stretches each histogram by one factor, below one on the left and above one on "
    "the right; the titles show that mean over standard deviation stays."
)
QUICK = dict(epochs=1, trials=60)


def compute(seed=0, epochs=10, trials=3000, T=16):
    """Potentials (2 networks, trials, 3 neurons) in thresholds, closed-form means and
    stds, factors they moved by.
    """
    data = datasets.load_digits()
    settings = replace(grid.SETTINGS, epochs={DATA: epochs})
    split = jobs.held_out(data, settings)
    ann = jobs.trained("MLP sparse", data, split, settings, seed)
    nets = [
        convert.to_spiking(ann, calibration_data=split.calibration, adjust=rule)
        for rule in (None, convert.WeightNorm(4, form="incoming"))
    ]

    # The closed form of one image's potentials in both networks, (networks, neurons).
    image = data.x_test[:1]
    weights, rates = [net[1].weight for net in nets], image.ravel()
    means = [theory.membrane_mean(weight, rates, T, v_init=0.5) for weight in weights]
    stds = [theory.membrane_std(weight, rates, T) for weight in weights]

    # Among neurons that this image drives to two spikes and more: three norms.
    active = np.flatnonzero(means[0] > 2)
    order = active[np.argsort(theory.weight_norm(weights[0], 4)[active])][::-1]
    chosen = order[[0, len(order) // 2, -1]]

    potential = [
        snn.simulate(
            net,
            np.repeat(image, trials, axis=0),
            T,
            encoder=snn.Poisson(),
            rng=np.random.default_rng([seed, 1]),
            watch={2: chosen},
        ).free_potential(2)[-1]
        for net in nets
    ]
    return {
        "potential": np.array(potential),
        "mean": np.array(means)[:, chosen],
        "std": np.array(stds)[:, chosen],
        "factor": stds[1][chosen] / stds[0][chosen],
        "v_init": 0.5,
    }


@plots.styled
def draw(data):
    """A panel per neuron: before filled, after outlined, theory in dashed black."""
    figure, row = plt.subplots(1, 3, figsize=(10, 3.6))
    looks = (
        {"color": plots.COLOURS[5], "edgecolor": "white", "linewidth": 0.3},
        {"histtype": "step", "color": plots.COLOURS[1], "linewidth": 1.6},
    )
    names = ("largest", "middle", "smallest")
    for k, (axes, name) in enumerate(zip(row, names, strict=True)):
        # The histogram before and after the rule, each with its normal density.
        for j, look in enumerate(looks):
            mean, std = data["mean"][j, k], data["std"][j, k]
            axes.hist(
                data["potential"][j, :, k],
                bins=30,
                density=True,
                label=("before", "after")[j],
                **look,
            )
            v = np.linspace(mean - 4 * std, mean + 4 * std, 300)
            axes.plot(
                v,
                np.exp(-0.5 * ((v - mean) / std) ** 2) / (std * np.sqrt(2 * np.pi)),
                **plots.THEORY,
            )

        before, after = (data["mean"][:, k] - data["v_init"]) / data["std"][:, k]
        axes.set_title(
            f"{name} norm: times {data['factor'][k]:.2f},\nmean / σ {before:.2f} and "
            f"{after:.2f}"
        )
        axes.set(
            xlabel="free potential V (thresholds)",
            ylabel="probability density" if k == 0 else "",
        )
    row[0].legend()
    return figure
