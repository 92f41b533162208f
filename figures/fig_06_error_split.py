"""The four parts of the conversion error of each layer, against T, for a network of
rectifiers and one of QCFS.
"""

import matplotlib.pyplot as plt
import numpy as np

from refsnn import convert, datasets, nn, plots, snn
from studies.residual.grid import RESIDUAL
from studies.residual.jobs import network

TITLE = "The conversion error and its four parts"
DATA = "digits"
ALT = (
    "Six panels: a network of rectifiers above, one of QCFS with four levels below, "
    "their three neuron layers from left to right. Each shows the root mean square of "
    "four parts of a neuron's error against time steps, on doubly logarithmic axes. "
    "Quantisation falls as one over T from two steps on in all. The propagated and the "
    "uneven part are zero in the first layer; with rectifiers both fall with T in the "
    "others. With QCFS the propagated part has a minimum at four steps, zero in the "
    "second layer, and is level from eight steps on; clipping is level too, and the "
    "largest part at many steps."
)
PARTS = ("propagated", "clipping", "quantisation", "unevenness")
STEPS = (1, 2, 4, 8, 16, 32)
NAMES = {"relu": "rectifiers, 99.9th percentile", "qcfs": "QCFS, L = 4"}
QUICK = dict(epochs=1, images=20)


def compute(seed=0, epochs=15, images=100):
    """Train both networks from the same weights; parts (layers, T, 4) over all neurons
    and some test images.
    """
    data, arrays = datasets.load_digits(), {"T": np.array(STEPS)}
    for name, activation in (("relu", nn.ReLU), ("qcfs", lambda: nn.QCFS(4, 1.0))):
        rng = np.random.default_rng(seed)
        ann = network(RESIDUAL.settings.nets["net"], (8, 8, 1), activation, rng)
        nn.fit(
            ann,
            data.x_train,
            data.y_train,
            epochs=epochs,
            batch_size=32,
            rng=rng,
            optimiser=nn.SGD(0.1, weight_decay=5e-4),
            progress=False,
        )

        # Record every neuron of the copy, once for all numbers of steps.
        net = convert.to_spiking(ann, calibration_data=data.x_train[:500])
        x = data.x_test[:images]
        watch = {
            i: np.arange(np.prod(shape))
            for i, shape in enumerate(net.shapes(x.shape[1:]))
            if isinstance(net[i], snn.IF)
        }
        record = snn.simulate(net, x, STEPS[-1], watch=watch)

        sizes = []
        for T in STEPS:
            errors = convert.layer_errors(ann, net, x, record, watch, T)
            sizes.append([[rms(part) for part in errors[i]] for i in watch])
        arrays[name] = np.swapaxes(sizes, 0, 1)
    return arrays


def rms(error):
    """Root mean square over images and neurons."""
    return np.sqrt(np.mean(error**2))


@plots.styled
def draw(data):
    """One row per network, one column per layer, without parts that are always zero."""
    figure, grid = plt.subplots(2, 3, figsize=(9, 5.8), sharex=True, sharey=True)
    for row, (name, title) in enumerate(NAMES.items()):
        for layer, parts in enumerate(data[name]):
            axes = grid[row, layer]
            for k, part in enumerate(PARTS):
                shown = np.where(parts[:, k] > 1e-6, parts[:, k], np.nan)
                axes.plot(data["T"], shown, marker="osv^"[k], markersize=4, label=part)
            axes.set(
                xscale="log",
                yscale="log",
                ylim=(5e-4, 2),
                title=f"{title}: layer {layer + 1}",
            )
            axes.title.set_fontsize(9)
            axes.set_xticks(data["T"], [str(T) for T in data["T"]])
            axes.minorticks_off()
            if row == 1:
                axes.set_xlabel("time steps T")
        grid[row, 0].set_ylabel("rms error / scale")
    grid[0, 0].legend(*grid[0, 2].get_legend_handles_labels(), loc="upper right")
    return figure
