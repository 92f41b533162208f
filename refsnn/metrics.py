"""What is measured on scores, labels and spikes."""

import numpy as np

from refsnn import validate


def accuracy(scores, y):
    """Fraction of images whose largest score is the right class; the first class wins a tie.

    Parameters
    ----------
    scores : array (..., N, classes)
        Leading axes, such as time, are kept.
    y : array (N,) of int
        Labels.

    Returns
    -------
    array (...) of float64
        Between 0 and 1.

    Examples
    --------
    >>> accuracy(np.array([[0.1, 0.9], [0.8, 0.2]]), np.array([1, 1]))
    0.5
    """
    scores = validate.array("scores", scores)
    if scores.ndim < 2 or scores.size == 0:
        raise ValueError(f"scores must have shape (..., N, classes), not {scores.shape}.")
    y = validate.labels(y, *scores.shape[-2:])
    fraction = np.mean(np.argmax(scores, axis=-1) == y, axis=-1)
    return float(fraction) if np.ndim(fraction) == 0 else fraction


def confusion_matrix(predicted, y, classes):
    """How often class `row` was called class `column`: (classes, classes) of int64.

    Examples
    --------
    >>> confusion_matrix(np.array([0, 1, 1]), np.array([0, 0, 1]), classes=2)
    array([[1, 1],
           [0, 1]])
    """
    classes = validate.integer("classes", classes)
    y = validate.labels(y, validate.array("y", y).size, classes)
    predicted = validate.labels(predicted, len(y), classes, name="predicted")
    counts = np.zeros((classes, classes), np.int64)
    np.add.at(counts, (y, predicted), 1)
    return counts
