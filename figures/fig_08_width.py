"""Training with fixed and with learned widths from narrow to wide starts: accuracy,
alpha and who is inside.
"""

import warnings

import matplotlib.pyplot as plt
import numpy as np

from refsnn import datasets, nn, plots, snn

TITLE = (
    "What the width of a surrogate does to training, "
    "and what training does to the width"
)
ALT = (
    "Three panels about a spiking network of two hidden layers that learns digits in "
    "four steps with a rectangular surrogate. Left: test accuracy against the "
    "half-width at the start, on a logarithmic axis, for a fixed and for a learned "
    "width. Middle: the learned half-widths of both layers over the epochs, one line a "
    "layer and start. Right: the share of potentials inside the window over the epochs "
    "for fixed widths, near zero for the narrowest."
)
DATA = "digits"
LAYERS = (2, 4)
QUICK = dict(epochs=1, widths=(0.1, 0.5))


def network(rng, surrogate):
    """Two hidden layers of leaky neurons without batch norm, so that nothing but the
    surrogate sees to gradients.
    """
    return nn.Sequential(
        [
            nn.Flatten(),
            nn.Dense(64, 64, rng=rng),
            snn.LIF(0.5, surrogate=surrogate),
            nn.Dense(64, 32, rng=rng),
            snn.LIF(0.5, surrogate=surrogate),
            nn.Dense(32, 10, rng=rng),
        ]
    )


def compute(
    seed=0,
    T=4,
    epochs=4,
    widths=(0.02, 0.15, 0.5, 2.0, 8.0),
    floor=0.01,
    learning_rate=0.1,
):
    """Train from every width, fixed and learned: accuracy (2, starts), alpha and
    the share inside (2, starts, layers, epochs).
    """
    data, accuracy, alpha, inside = datasets.load_digits(), [], [], []
    for learned in (False, True):
        for width in widths:
            # The same weights and order of images for every width.
            rng = np.random.default_rng(seed)
            net = network(rng, snn.Rectangular(width, learn_alpha=learned, floor=floor))
            monitor = snn.Monitor(data.x_train[:256], T)
            with warnings.catch_warnings():
                # Of windows that empty: what the figure is about.
                warnings.simplefilter("ignore")
                nn.fit(
                    net,
                    data.x_train,
                    data.y_train,
                    epochs=epochs,
                    rng=rng,
                    T=T,
                    progress=False,
                    optimiser=nn.SGD(learning_rate),
                    after_epoch=monitor,
                )

            accuracy.append(net.accuracy(data.x_test, data.y_test, T=T))
            alpha.append([monitor.layers[i]["alpha"] for i in LAYERS])
            inside.append([monitor.layers[i]["inside"] for i in LAYERS])

    shape = (2, len(widths))
    return {
        "width": np.array(widths),
        "accuracy": np.reshape(accuracy, shape),
        "alpha": np.reshape(alpha, (*shape, len(LAYERS), epochs)),
        "inside": np.reshape(inside, (*shape, len(LAYERS), epochs)),
    }


@plots.styled
def draw(data):
    """Accuracy against the start; learned widths; the share inside of fixed ones."""
    figure, (left, middle, right) = plt.subplots(1, 3, figsize=(9.6, 3.4))
    epochs = np.arange(1, data["alpha"].shape[-1] + 1)
    for k, (name, marker) in enumerate((("fixed", "o"), ("learned", "s"))):
        left.plot(
            data["width"],
            100 * data["accuracy"][k],
            marker=marker,
            color=plots.COLOURS[k],
            label=name,
        )

    left.set(xscale="log", xlabel="half-width at the start", ylabel="test accuracy (%)")
    left.legend()

    # A colour per start, a dash per layer: what became of the width, who is inside.
    for k, width in enumerate(data["width"]):
        for layer, style in enumerate(("-", "--")):
            colour = plots.COLOURS[k % len(plots.COLOURS)]
            label = f"{width:g}" if layer == 0 else None
            middle.plot(
                epochs, data["alpha"][1, k, layer], linestyle=style, color=colour
            )
            right.plot(
                epochs,
                100 * data["inside"][0, k, layer],
                linestyle=style,
                color=colour,
                label=label,
            )

    middle.set(
        yscale="log",
        xlabel="epoch",
        ylabel="learned half-width",
        title="first layer solid, second dashed",
    )
    right.set(xlabel="epoch", ylabel="inside the window (%)")
    right.legend(title="start", fontsize=7)
    return figure
