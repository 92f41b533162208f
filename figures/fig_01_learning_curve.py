"""Learning curve of the small CNN, and what it confuses."""

import matplotlib.pyplot as plt
import numpy as np

from figures.panels import label_lines
from refsnn import datasets, metrics, nn, plots
from studies.networks import digits_cnn

TITLE = "Learning curve and confusion matrix"
DATA = "digits"
ALT = (
    "Left: cross-entropy on a logarithmic axis against epochs, falling steadily on the "
    "training images and levelling off on the validation images. Right: confusion "
    "matrix of the ten digits on the test images; nearly all counts are on the "
    "diagonal."
)
QUICK = dict(epochs=2)


def compute(seed=0, epochs=15, validation_images=287):
    """Train on four fifths of the training images, validate on the rest after each
    epoch, then count on the test.
    """
    rng = np.random.default_rng(seed)
    data = datasets.load_digits()
    order = rng.permutation(len(data.x_train))
    held_out, kept = order[:validation_images], order[validation_images:]
    ann = digits_cnn(rng)
    history = nn.fit(
        ann,
        data.x_train[kept],
        data.y_train[kept],
        epochs=epochs,
        rng=rng,
        progress=False,
        validation=(data.x_train[held_out], data.y_train[held_out]),
    )
    predicted = ann.predict(data.x_test).argmax(axis=1)
    return {
        "loss": history.loss,
        "validation_loss": history.validation_loss,
        "validation_accuracy": history.validation_accuracy,
        "confusion": metrics.confusion_matrix(
            predicted, data.y_test, len(data.classes)
        ),
    }


@plots.styled
def draw(data):
    """Loss by epoch; confusion matrix."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 4), width_ratios=(1.2, 1))
    epochs = np.arange(1, len(data["loss"]) + 1)
    lines = left.semilogy(epochs, data["loss"]) + left.semilogy(
        epochs, data["validation_loss"]
    )
    left.set(
        xlabel="epoch",
        ylabel="cross-entropy (nats)",
        xticks=epochs[::2],
        title=f"validation accuracy {100 * data['validation_accuracy'][-1]:.1f} %",
    )
    label_lines(left, lines, ["training", "validation"])
    counts = data["confusion"]
    confusion(right, counts)
    right.set_title(f"{np.trace(counts)} of {counts.sum()} test images right")
    return figure


def confusion(axes, matrix):
    """True class down, predicted class across, counts in their cells."""
    shade = np.sqrt(matrix)  # so that single errors can be seen
    axes.imshow(shade, cmap="Blues")

    centred = {"ha": "center", "va": "center", "fontsize": 7}
    for row, column in zip(*np.nonzero(matrix), strict=True):
        colour = "white" if shade[row, column] > shade.max() / 2 else "black"
        axes.text(column, row, matrix[row, column], color=colour, **centred)

    axes.grid(False)
    classes = range(len(matrix))
    axes.set(
        xlabel="predicted class", ylabel="true class", xticks=classes, yticks=classes
    )
