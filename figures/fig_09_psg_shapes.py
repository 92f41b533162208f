"""Surrogates as they learn: the slope of each layer before and after every epoch, from
a narrow and a wide start.
"""

import warnings
from dataclasses import asdict
from functools import partial

import matplotlib.pyplot as plt
import numpy as np

from refsnn import datasets, nn, plots, snn
from studies.surrogate.grid import DENSE, Neuron
from studies.surrogate.jobs import network, surrogate_of

TITLE = "Shapes as they learn"
DATA = "digits"
ALT = (
    "Six panels, two starts by three layers of spiking neurons: the slope of an arctan "
    "surrogate against the distance from the threshold, before training as a dashed "
    "grey line and after each of six epochs in colours from light to dark. From the "
    "narrow start, above, the peak hardly changes in the first two layers and grows to "
    "more than twice its height in the third. From the wide start, below, flat curves "
    "rise to a peak, the more so the deeper the layer; in the third it ends above "
    "those of the first two layers from the narrow start."
)
QUICK = dict(epochs=2)


def compute(seed=0, T=4, epochs=6, starts=(0.25, 2.0), learning_rate=0.1, points=201):
    """Train from every start: slopes (starts, layers, epochs + 1, points), the first
    before training.
    """
    data, x, slopes = datasets.load_digits(), np.linspace(-2, 2, points), []
    for start in starts:
        rng = np.random.default_rng(seed)
        kind = surrogate_of("arctan", start, learned=True)
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

        # The slope of each layer's width, at the start and after every epoch.
        widths = [[kind.alpha, *seen["alpha"]] for seen in monitor.layers.values()]
        slopes.append([[snn.Arctan(a).h(x) for a in layer] for layer in widths])
    return {"x": x, "slope": np.array(slopes), "start": np.array(starts)}


@plots.styled
def draw(data):
    """A row per start, a panel per layer."""
    rows, layers, epochs, _ = data["slope"].shape
    figure, panels = plt.subplots(
        rows, layers, figsize=(9.2, 5.2), sharex=True, sharey="row", squeeze=False
    )
    shades = plt.get_cmap("Blues")(np.linspace(0.35, 1, epochs - 1))
    for row, start, of_start in zip(panels, data["start"], data["slope"], strict=True):
        for k, (axes, slopes) in enumerate(zip(row, of_start, strict=True)):
            for slope, shade in zip(slopes[1:], shades, strict=True):
                axes.plot(data["x"], slope, color=shade, linestyle="-")
            axes.plot(data["x"], slopes[0], color=plots.GREY, linestyle="--")
            axes.set_title(f"layer {k + 1}, from {start:g}", fontsize=9)
        row[0].set_ylabel("slope h")
    for axes in panels[-1]:
        axes.set_xlabel("distance from the threshold")
    return figure
