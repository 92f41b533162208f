"""Accuracy of the converted network against T, beside the ANN's line: direct and
Poisson input.
"""

import matplotlib.pyplot as plt
import numpy as np

from figures.panels import label_lines
from refsnn import convert, datasets, nn, plots, snn
from studies.networks import digits_cnn

TITLE = "Accuracy against the number of time steps"
DATA = "digits"
ALT = (
    "Test accuracy in percent against time steps from 1 to 64 on a logarithmic axis. "
    "Both lines rise to the horizontal line of the ANN within some ten steps and stay "
    "there; direct input arrives in fewer steps than Poisson input."
)
QUICK = dict(epochs=2, T=8)


def compute(seed=0, epochs=15, T=64):
    """Train on the training images, convert at the 99.9th percentile, simulate the test
    images with either input.
    """
    rng = np.random.default_rng(seed)
    data = datasets.load_digits()
    ann = digits_cnn(rng)
    nn.fit(ann, data.x_train, data.y_train, epochs=epochs, rng=rng, progress=False)
    net = convert.to_spiking(
        ann, calibration_data=data.x_train[:500], scaling=convert.Percentile(99.9)
    )
    accuracy = {
        name: snn.simulate(net, data.x_test, T, encoder=encoder, rng=rng).accuracy(
            data.y_test
        )
        for name, encoder in (
            ("direct", snn.Direct()),
            ("poisson", snn.Poisson(max_rate=1.0)),
        )
    }
    return accuracy | {"ann": ann.accuracy(data.x_test, data.y_test)}


@plots.styled
def draw(data):
    """Two lines and the ANN's."""
    figure, axes = plt.subplots()
    axes.set_ylim(60, 101)
    lines = plots.accuracy_over_T(
        axes,
        {"direct input": data["direct"], "Poisson input": data["poisson"]},
        ann=float(data["ann"]),
    )
    label_lines(axes, lines, ["direct input", "Poisson input"])
    axes.set_title("a CNN on 8 x 8 digits, converted")
    return figure
