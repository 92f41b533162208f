"""One image through the spiking network: hidden spikes, and the scores that come of
them.
"""

import matplotlib.pyplot as plt
import numpy as np

from refsnn import convert, datasets, nn, plots, snn
from studies.networks import digits_cnn

TITLE = "One image through the spiking network"
DATA = "digits"
ALT = (
    "Left: the test image, an eight by eight picture of a digit. Middle: a raster of "
    "the spikes of the 64 hidden neurons over 64 steps: some fire at nearly every "
    "step, most never. Right: the running mean score of each of the ten classes over "
    "time; the true class stands out from the first steps on, and all settle near the "
    "scores of the ANN, drawn in dashed black."
)
QUICK = dict(epochs=1, T=8)


def compute(seed=0, epochs=15, T=64, image=0):
    """Train, convert, and watch the hidden dense layer on one test image under Poisson
    input.
    """
    rng = np.random.default_rng(seed)
    data = datasets.load_digits()
    ann = digits_cnn(rng)
    nn.fit(ann, data.x_train, data.y_train, epochs=epochs, rng=rng, progress=False)
    net = convert.to_spiking(ann, calibration_data=data.x_train[:500])
    x = data.x_test[image : image + 1]
    record = snn.simulate(
        net, x, T, encoder=snn.Poisson(), rng=rng, watch={5: np.arange(64)}
    )
    return {
        "image": x[0, :, :, 0],
        "label": data.y_test[image],
        "spikes": record.spikes[5][:, 0],
        "scores": record.scores[:, 0],
        "ann_scores": ann.predict(x)[0],
    }


@plots.styled
def draw(data):
    """Image, raster, scores."""
    figure, (left, middle, right) = plt.subplots(
        1, 3, figsize=(9, 3.2), width_ratios=(1, 2, 2)
    )
    left.imshow(data["image"], cmap="gray_r")
    left.set(
        title="test image", xlabel="column", ylabel="row", xticks=(0, 7), yticks=(0, 7)
    )
    left.grid(False)

    plots.raster(middle, data["spikes"])
    middle.set(title="hidden dense layer", ylabel="hidden neuron")

    # Every class's score over its value in the ANN; the true class stands out.
    scores, label = data["scores"], int(data["label"])
    t = np.arange(1, len(scores) + 1)
    for k in range(scores.shape[1]):
        right.axhline(data["ann_scores"][k], **(plots.THEORY | {"linewidth": 0.7}))
        right.plot(
            t,
            scores[:, k],
            color=plots.COLOURS[1] if k == label else plots.GREY,
            linestyle="-",
            linewidth=1.8 if k == label else 0.8,
        )
    right.set(
        title="output, mean so far (dashed: ANN)", xlabel="time steps T", ylabel="score"
    )

    right.annotate(
        f"class {label}",
        (t[-1], scores[-1, label]),
        xytext=(6, 0),
        textcoords="offset points",
        color=plots.COLOURS[1],
        va="center",
        annotation_clip=False,
    )

    return figure
