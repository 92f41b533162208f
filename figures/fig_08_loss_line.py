"""The loss of a spiking network along a line through its weights: a staircase, and the
smoothed network's curve.
"""

import matplotlib.pyplot as plt
import numpy as np

from refsnn import datasets, nn, plots, snn

TITLE = "Along a line in weight space the loss of a spiking network is a staircase"
ALT = (
    "Two panels: the cross-entropy of a small spiking network on 32 digits against the "
    "distance moved along a random direction of its weights. Left, over a wide range, "
    "the loss with hard spikes is a rugged line that falls as the smooth curve below "
    "it does, the loss of the network whose spikes are replaced by the surrogate's "
    "step. Right, the middle of it enlarged: the loss with hard spikes consists of "
    "flat pieces with jumps between them, so its derivative is zero wherever it exists."
)
DATA = "digits"
QUICK = dict(images=8, points=21)


def network(rng):
    """A dense network of 24 leaky neurons with an arctan surrogate."""
    return nn.Sequential(
        [
            nn.Flatten(),
            nn.Dense(64, 24, rng=rng),
            snn.LIF(0.5, surrogate=snn.Arctan()),
            nn.Dense(24, 10, rng=rng),
        ]
    )


def compute(seed=0, T=4, images=32, points=201, wide=0.5, narrow=0.01):
    """The loss with hard and with smooth spikes at `points` distances up to `wide` and
    up to `narrow`.
    """
    rng, data = np.random.default_rng(seed), datasets.load_digits()
    net, x, y = network(rng), data.x_train[:images], data.y_train[:images]
    weight = net[1].weight.astype(np.float64)
    direction = rng.standard_normal(weight.shape)
    direction *= np.linalg.norm(weight) / np.linalg.norm(direction)
    rows, arrays = np.tile(x, (T, 1, 1, 1)).astype(np.float64), {}
    for name, reach in (("wide", wide), ("narrow", narrow)):
        arrays[f"distance_{name}"] = np.linspace(-reach, reach, points)
        for kind, smooth in (("hard", False), ("smooth", True)):
            losses = []
            for distance in arrays[f"distance_{name}"]:
                net[1].weight = weight + distance * direction
                outputs, _ = net.forward(rows, nn.Run(T=T, smooth=smooth))
                losses.append(
                    nn.cross_entropy(outputs.reshape(T, images, -1).mean(axis=0), y)[0]
                )
            arrays[f"{kind}_{name}"] = np.array(losses)
    return arrays


@plots.styled
def draw(data):
    """Wide on the left, enlarged on the right, hard spikes and the smooth step in
    both.
    """
    figure, axes = plt.subplots(1, 2, figsize=(8.0, 3.4))
    for panel, name in zip(axes, ("wide", "narrow"), strict=True):
        distance = data[f"distance_{name}"]
        lines = panel.step(
            distance, data[f"hard_{name}"], where="mid", color=plots.COLOURS[0]
        )
        lines += panel.plot(distance, data[f"smooth_{name}"], color=plots.COLOURS[1])
        panel.set(
            xlabel="distance / norm of the weights",
            ylabel="loss (nats)" if name == "wide" else "",
            title="hard spikes and smooth steps" if name == "wide" else "enlarged",
        )
    axes[0].legend(lines, ["spikes", "smooth steps"])
    return figure
