"""Potentials of a spiking network by layer and step, before and after training, without
and with a penalty.
"""

import matplotlib.pyplot as plt
import numpy as np

from refsnn import datasets, nn, plots
from studies.potential.grid import POTENTIAL
from studies.potential.jobs import network
from studies.training import held_out

TITLE = "Potentials by layer and step"
ARMS = ("none, no batch norm", "jeffreys 1, no batch norm")
ALT = (
    "Histograms of the potential before firing in a spiking network without batch "
    "norm, one column for each of three layers of neurons, four coloured lines for the "
    "four time steps, and dashed black the target, a normal distribution. Top row, "
    "before training: the narrower the deeper the layer. Middle row, trained without a "
    "penalty: wider, each layer another width and mean. Bottom row, trained with the "
    "Jeffreys form: the layers have the target's mean and width, though not its shape. "
    "The grey line is the threshold."
)
DATA = "digits"
QUICK = dict(epochs=1, images=10)


def potentials(net, x, T):
    """What each spiking layer's potentials are before firing, (T, images x neurons)."""
    _, caches = net.forward(np.tile(x, (T, 1, 1, 1)), nn.Run(T=T))
    return [cache.u for layer, cache in zip(net, caches, strict=True) if layer.spiking]


def compute(seed=0, T=4, epochs=8, images=100, reach=4.0, bins=64):
    """Train two arms of the study `potential`; densities (rows, layers, T, bins) on
    held-out images.
    """
    data, settings = datasets.load_digits(), POTENTIAL.settings
    (x, y), (x_val, _) = held_out(data, 10)
    seen = []
    for name in ARMS:
        rng = np.random.default_rng([seed, 0])
        net = network(settings, settings.arms[name], x.shape[1:], rng)
        if name == ARMS[0]:  # before training all arms are alike
            seen.append(potentials(net, x_val[:images], T))
        nn.fit(
            net,
            x,
            y,
            epochs=epochs,
            batch_size=settings.batch_size,
            T=T,
            progress=False,
            rng=np.random.default_rng([seed, 1]),
            optimiser=nn.SGD(
                settings.learning_rate, weight_decay=settings.weight_decay
            ),
        )
        seen.append(potentials(net, x_val[:images], T))

    # Histograms step by step, and moments over all steps.
    edges = np.linspace(-reach, reach, bins + 1)
    density = [
        [[np.histogram(u_t, edges)[0] / u_t.size for u_t in u] for u in row]
        for row in seen
    ]
    moments = [[(u.mean(), u.std()) for u in row] for row in seen]
    return {
        "edges": edges,
        "density": np.array(density) / np.diff(edges),
        "moments": np.array(moments, float),
        "threshold": np.array(settings.neuron.v_threshold),
        "target": np.array(settings.target),
    }


@plots.styled
def draw(data):
    """Rows: before, without, with; columns: layers."""
    density, (mean, std) = data["density"], data["target"]
    figure, panels = plt.subplots(
        *density.shape[:2], figsize=(8.4, 6.6), sharex=True, sharey="row"
    )
    centres = (data["edges"][1:] + data["edges"][:-1]) / 2
    bell = np.exp(-(((centres - mean) / std) ** 2) / 2) / (std * np.sqrt(2 * np.pi))
    names = ("before training", "no penalty", "Jeffreys")
    for name, row, line in zip(names, panels, density, strict=True):
        # One curve per step beside the density that is wanted.
        for axes, steps in zip(row, line, strict=True):
            axes.axvline(
                data["threshold"], color=plots.GREY, linestyle="-", linewidth=1
            )
            for t, each in enumerate(steps):
                axes.plot(
                    centres,
                    each,
                    color=plots.COLOURS[t],
                    linestyle=("-", "-.", ":", "--")[t % 4],
                    linewidth=1.1,
                    label=f"step {t + 1}",
                )
            axes.plot(centres, bell, **plots.THEORY)
            axes.set_ylim(0, min(1.5, 1.05 * line.max()))
        row[0].set_ylabel(f"{name}: density")

    for k, (top, bottom) in enumerate(zip(panels[0], panels[-1], strict=True), start=1):
        top.set_title(f"layer {k}")
        bottom.set_xlabel("potential")
    panels[0, -1].legend(fontsize=7)
    return figure
