"""Firing rates of converted neurons against the activations they stand for."""

import matplotlib.pyplot as plt
import numpy as np

from refsnn import convert, datasets, nn, plots, snn
from studies.networks import digits_cnn

TITLE = "Firing rate against activation"
DATA = "digits"
ALT = (
    "Four panels: first and second neuron layer, after 8 and after 64 steps. Each dot "
    "is a neuron's firing rate against its activation in the ANN. In the first layer "
    "the dots form a staircase around the dashed black identity, of eight steps and "
    "then so fine that it looks like the line; in the second layer they scatter around "
    "it, less after 64 steps than after 8."
)
LAYERS = {1: "convolutional layer", 5: "dense layer"}
QUICK = dict(epochs=1, T=8, short=2, images=20)


def compute(seed=0, epochs=15, T=64, short=8, images=100, neurons=64):
    """Simulate test images with direct input; the same list of layers with ReLU gives
    the activations.
    """
    rng = np.random.default_rng(seed)
    data = datasets.load_digits()
    ann = digits_cnn(rng)
    nn.fit(ann, data.x_train, data.y_train, epochs=epochs, rng=rng, progress=False)
    net = convert.to_spiking(ann, calibration_data=data.x_train[:500])
    x = data.x_test[:images]
    watch = {1: rng.choice(8 * 8 * 16, neurons, replace=False), 5: np.arange(neurons)}
    record = snn.simulate(net, x, T, watch=watch)
    arrays, h = {"short": short, "T": T}, x
    for i, layer in enumerate(net):
        # In units of the layer's scale.
        h = np.maximum(h, 0) if i in watch else layer.forward(h)[0]
        if i in watch:
            arrays |= {
                f"activation_{i}": h.reshape(len(x), -1)[:, watch[i]],
                f"rate_short_{i}": record.spikes[i][:short].mean(axis=0),
                f"rate_{i}": record.spikes[i].mean(axis=0),
            }
    return arrays


@plots.styled
def draw(data):
    """Layers side by side, few steps above many; dashed, the identity up to 1."""
    figure, grid = plt.subplots(2, 2, figsize=(8, 6.4), sharex=True, sharey=True)
    for column, (i, name) in enumerate(LAYERS.items()):
        activation = data[f"activation_{i}"].ravel()
        top = max(1.0, activation.max())
        for axes, key, T in zip(
            grid[:, column],
            (f"rate_short_{i}", f"rate_{i}"),
            (data["short"], data["T"]),
            strict=True,
        ):
            rate = data[key].ravel()
            axes.plot(activation, rate, ".", markersize=2, alpha=0.3)
            axes.plot([0, 1, top], [0, 1, 1], **plots.THEORY)
            axes.set_title(f"{name}, T = {T}")
            axes.set_xlabel("activation of the ANN / scale")
            axes.set_ylabel("firing rate (spikes per step)")
            axes.label_outer()
    return figure
