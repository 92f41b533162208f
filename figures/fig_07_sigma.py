"""The residual error of each layer while a network is trained with it as noise."""

import matplotlib.pyplot as plt
import numpy as np

from figures.panels import label_lines
from refsnn import convert, datasets, nn, plots
from studies.residual.grid import RESIDUAL
from studies.residual.jobs import network

TITLE = "Residual error over the epochs"
DATA = "digits"
ALT = (
    "Two panels: the standard deviation of the residual error, in units of each "
    "layer's threshold, after every epoch of training with noise measured at four "
    "steps and at two steps, one line per layer. At four steps the first layer is at "
    "zero throughout, the second and third lie clearly above. At two steps all three "
    "layers are above zero and larger than at four."
)
QUICK = dict(epochs=2)


def compute(seed=0, epochs=15):
    """Train with noise measured at T = L = 4 and at T = 2: sigma / threshold (T,
    epochs, layers).
    """
    data = datasets.load_digits()
    held = len(data.x_train) // 10
    sigmas = []

    for T in (4, 2):
        rng = np.random.default_rng(seed)
        ann = network(
            RESIDUAL.settings.nets["net"], (8, 8, 1), lambda: nn.NoisyQCFS(4, 1.0), rng
        )

        # Measured after every epoch on the images held out, in thresholds.
        noise = convert.ResidualNoise(data.x_train[-held:], T)
        over_epochs = []

        def in_thresholds(net, epoch, noise=noise, over_epochs=over_epochs):
            noise(net, epoch)
            activations = [layer for layer in net if isinstance(layer, nn.QCFS)]
            thresholds = [layer.v_threshold.item() for layer in activations]
            over_epochs.append(noise.sigma[-1] / thresholds)

        nn.fit(
            ann,
            data.x_train[:-held],
            data.y_train[:-held],
            epochs=epochs,
            batch_size=32,
            rng=rng,
            optimiser=nn.SGD(0.1, weight_decay=5e-4),
            after_epoch=in_thresholds,
            progress=False,
        )
        sigmas.append(over_epochs)
    return {"sigma": np.array(sigmas), "T": np.array([4, 2])}


@plots.styled
def draw(data):
    """One panel per T, one line per layer."""
    figure, panels = plt.subplots(1, 2, figsize=(9, 3.8), sharey=True)
    for axes, sigma, T in zip(panels, data["sigma"], data["T"], strict=True):
        epochs = np.arange(1, len(sigma) + 1)
        lines = axes.plot(epochs, sigma)
        axes.set(
            title=f"measured at T = {T}, four levels",
            xlabel="epoch",
            ylim=(-0.01, 1.15 * data["sigma"].max()),
        )
        label_lines(axes, lines, [f"layer {k}" for k in (1, 2, 3)])
    panels[0].set_ylabel("sigma / threshold")
    return figure
