"""Last potentials of converted networks trained without and with the residual error as
noise.
"""

import matplotlib.pyplot as plt
import numpy as np

from refsnn import convert, datasets, nn, plots, snn
from studies.residual.grid import RESIDUAL
from studies.residual.jobs import network

TITLE = "Residual potentials"
DATA = "digits"
ALT = (
    "Two panels, second and third neuron layer: histograms of the potential after four "
    "steps, in thresholds, of neurons that fired at least once and not in every step; "
    "for a network trained without noise as outlines, with noise as filled bars. In "
    "both, most potentials lie between 0 and the threshold, grey lines, and the tails "
    "outside are short. The two histograms nearly coincide."
)
EDGES = np.linspace(-1.5, 2.5, 81)
QUICK = dict(epochs=1)


def trained(data, noise, seed, epochs):
    """The study's network, trained without the last tenth of the images; `noise` is
    measured on that tenth after every epoch, or None.
    """
    rng = np.random.default_rng(seed)
    activation = nn.QCFS if noise is None else nn.NoisyQCFS
    ann = network(
        RESIDUAL.settings.nets["net"], (8, 8, 1), lambda: activation(4, 1.0), rng
    )
    held = len(data.x_train) // 10
    nn.fit(
        ann,
        data.x_train[:-held],
        data.y_train[:-held],
        epochs=epochs,
        batch_size=32,
        rng=rng,
        optimiser=nn.SGD(0.1, weight_decay=5e-4),
        after_epoch=noise,
        progress=False,
    )
    return ann


def compute(seed=0, epochs=15, T=4):
    """Train both from the same weights; on all test images counts (layer, bin), and
    (layer, 2) of the shares below 0 and from 1 on, and of how far these lie outside on
    average.
    """
    data, arrays = datasets.load_digits(), {"edges": EDGES}
    held = len(data.x_train) // 10
    measured = convert.ResidualNoise(data.x_train[-held:], T)
    for name, noise in (("plain", None), ("noise", measured)):
        ann = trained(data, noise, seed, epochs)
        net = convert.to_spiking(ann, calibration_data=data.x_train[:500])
        watch = {
            i: np.arange(np.prod(shape))
            for i, shape in enumerate(net.shapes((8, 8, 1)))
            if isinstance(net[i], snn.IF)
        }
        record = snn.simulate(net, data.x_test, T, watch=watch)

        # Potentials at the end, of neurons that fired, but not in every step.
        counts, outside, distance = [], [], []
        for i in watch:
            fired = record.spikes[i].sum(axis=0)
            v = record.v[i][-1][(fired > 0) & (fired < T)]
            beyond = -v[v < 0], v[v >= 1] - 1
            counts.append(np.histogram(v, EDGES)[0] / max(v.size, 1))
            outside.append([each.size / max(v.size, 1) for each in beyond])
            distance.append([each.mean() if each.size else 0 for each in beyond])

        arrays |= {
            name: np.array(counts),
            f"outside_{name}": np.array(outside),
            f"distance_{name}": np.array(distance),
        }
    return arrays


@plots.styled
def draw(data):
    """The two deeper layers."""
    figure, panels = plt.subplots(1, 2, figsize=(9, 3.8), sharey=True)
    for layer, axes in enumerate(panels, start=1):
        axes.stairs(
            data["noise"][layer],
            data["edges"],
            fill=True,
            color=plots.COLOURS[5],
            label="with noise",
        )
        axes.stairs(
            data["plain"][layer], data["edges"], color=plots.COLOURS[0], label="without"
        )
        for end in (0, 1):
            axes.axvline(end, color=plots.GREY, linewidth=1, linestyle="-")
        axes.set(
            title=f"layer {layer + 1}", xlabel="potential after four steps (thresholds)"
        )
    panels[0].set_ylabel("share of neurons")
    panels[0].legend(loc="upper left")
    return figure
