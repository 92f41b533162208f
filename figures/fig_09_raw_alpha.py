"""A width that is trained as it is, and one behind a softplus with a floor, both ten
times as fast as the weights.
"""

import warnings
from dataclasses import asdict

import matplotlib.pyplot as plt
import numpy as np

from refsnn import datasets, nn, plots, snn
from studies.surrogate import jobs
from studies.surrogate.grid import DENSE, Neuron
from studies.surrogate.jobs import surrogate_of

TITLE = "What a raw width does"
ALT = (
    "Three panels about a spiking network of three hidden layers that learns digits, "
    "three seeds. Left, the width itself is trained: within the first epoch every "
    "half-width runs off, some down to the bound of a thousandth, the others up to "
    "between ten and almost a million times the start, and there they stay. Middle, "
    "floor plus softplus: all stay between a twentieth and one. Right, test accuracy: "
    "raw, two seeds little above the tenth that guessing gives and one just below a "
    "half; softplus, all three well above nine tenths."
)
DATA = "digits"
FASTER = 10  # learning rate of the width over that of the weights
LEAST = np.float32(1e-3)
QUICK = dict(epochs=2, seeds=1)


class Fast(snn.LIF):
    """Neurons whose width is floor + softplus(p), with p trained faster than the
    weights.
    """

    def backward(self, cache, dy):
        du, gradients = super().backward(cache, dy)
        gradients["width_parameter"] *= FASTER
        return du, gradients


class Raw(Fast):
    """Neurons whose width is the trained number itself, kept at 0.001 or above."""

    def surrogate_now(self):
        return type(self.surrogate)(float(self.width_parameter))

    def backward(self, cache, dy):
        du, gradients = super().backward(cache, dy)
        # Takes the slope of softplus out again.
        gradients["width_parameter"] *= 1 + np.exp(-self.width_parameter)
        return du, gradients

    def project(self):
        np.maximum(self.width_parameter, LEAST, out=self.width_parameter)


def network(kind, start, rng):
    """The network of the study `surrogate` with rectangles of half-width `start` and
    neurons of a kind.
    """

    def neurons():
        surrogate = surrogate_of("rectangular", start, learned=True)
        layer = kind(**asdict(Neuron()), surrogate=surrogate)
        if kind is Raw:
            layer.width_parameter[...] = start
        return layer

    return jobs.network(DENSE, (8, 8, 1), neurons, rng)


def compute(seeds=3, T=4, epochs=4, start=0.5, learning_rate=0.1):
    """Train both kinds: test accuracy in percent (kinds, seeds), widths (kinds, seeds,
    layers, epochs).
    """
    data = datasets.load_digits()
    accuracy, width = [], []

    for kind in (Raw, Fast):
        for seed in range(seeds):
            rng = np.random.default_rng(seed)
            net = network(kind, start, rng)
            monitor = snn.Monitor(data.x_train[:256], T)

            # Both kinds start from the same weights and see the same order.
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

            accuracy.append(100 * net.accuracy(data.x_test, data.y_test, T=T))
            width.append([named["alpha"] for named in monitor.layers.values()])

    return {
        "accuracy": np.reshape(accuracy, (2, seeds)),
        "width": np.reshape(width, (2, seeds, -1, epochs)),
        "start": np.array(start),
    }


@plots.styled
def draw(data):
    """Widths over the epochs, raw and behind softplus; accuracies."""
    figure, panels = plt.subplots(1, 3, figsize=(9.4, 3.4), width_ratios=(2, 2, 1))
    panels[1].sharey(panels[0])

    # Widths: a line per seed and layer, a dash and a colour per layer.
    epochs = np.arange(data["width"].shape[-1] + 1)
    for axes, name, seeds in zip(
        panels, ("alpha itself", "floor + softplus(p)"), data["width"], strict=False
    ):
        for layers in seeds:
            for k, widths in enumerate(layers):
                axes.plot(
                    epochs,
                    [data["start"], *widths],
                    linestyle=("-", "--", ":")[k],
                    color=plots.COLOURS[k],
                )
        axes.set(title=name, xlabel="epoch", yscale="log")
    panels[0].set_ylabel("half-width")

    # Accuracies: a dot per seed.
    for k in range(2):
        panels[2].plot(
            np.full(data["accuracy"].shape[1], k),
            data["accuracy"][k],
            "o",
            color=plots.COLOURS[k],
        )
    panels[2].set_xticks((0, 1), ("raw", "softplus"))
    panels[2].set(xlabel="what is trained", ylabel="test accuracy (%)")
    panels[2].margins(x=0.4)
    return figure
