"""A learned width, layer by layer and epoch by epoch, from narrow to wide starts."""

import warnings
from dataclasses import asdict
from functools import partial

import matplotlib.pyplot as plt
import numpy as np

from refsnn import datasets, nn, plots, snn
from studies.surrogate.grid import DENSE, Neuron
from studies.surrogate.jobs import network, surrogate_of

TITLE = "What training makes of a width"
DATA = "digits"
ALT = (
    "Three panels, one per layer of spiking neurons: the half-width of a rectangular "
    "surrogate over the epochs of training on digits, on a logarithmic axis, from five "
    "starts between a quarter and four, one line each. From all starts but the widest "
    "the lines of a layer come together within a few epochs, between a half and one in "
    "the first two layers, below a half in the last. From the widest start the first "
    "layer moves least and is still far above the others at the end."
)
QUICK = dict(epochs=1, starts=(0.5, 2.0))


def train(start, family, seed, T, epochs, learning_rate):
    """What a monitor saw of the study's network with a learned width, by layer (spiking
    layers only).
    """
    data, rng = datasets.load_digits(), np.random.default_rng(seed)
    kind = surrogate_of(family, start, learned=True)
    neurons = partial(snn.LIF, **asdict(Neuron()), surrogate=kind)
    net = network(DENSE, (8, 8, 1), neurons, rng)
    monitor = snn.Monitor(data.x_train[:256], T)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of windows that empty
        nn.fit(
            net,
            data.x_train,
            data.y_train,
            epochs=epochs,
            batch_size=32,
            rng=rng,
            T=T,
            optimiser=nn.SGD(learning_rate),
            after_epoch=monitor,
            progress=False,
        )
    return list(monitor.layers.values())


def compute(
    seed=0, T=4, epochs=6, starts=(0.25, 0.5, 1.0, 2.0, 4.0), learning_rate=0.1
):
    """Train from every start: half-widths (starts, layers, epochs + 1), the first the
    start.
    """
    windows = []
    for start in starts:
        layers = train(start, "rectangular", seed, T, epochs, learning_rate)
        windows.append([[start, *seen["alpha"]] for seen in layers])
    return {"start": np.array(starts), "window": np.array(windows)}


@plots.styled
def draw(data):
    """One panel per layer, one line per start."""
    layers = data["window"].shape[1]
    figure, panels = plt.subplots(1, layers, figsize=(9.2, 3.4), sharey=True)
    for k, axes in enumerate(panels):
        for start, window, colour, marker in zip(
            data["start"], data["window"][:, k], plots.COLOURS, "os^Dv", strict=False
        ):
            axes.plot(
                np.arange(len(window)),
                window,
                marker=marker,
                markersize=4,
                color=colour,
                label=f"{start:g}",
            )
        axes.set(title=f"layer {k + 1}", xlabel="epoch", yscale="log")
    panels[0].set_ylabel("half-width")
    panels[-1].legend(title="start", fontsize=7)
    return figure
