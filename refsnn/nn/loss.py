"""The loss of a classifier."""

import numpy as np

from refsnn import validate
from refsnn.nn.layer import Array


def cross_entropy(scores: Array, y: Array) -> tuple[float, Array]:
    """Mean over images of -log softmax(scores)[y], and its gradient in the scores.

        d loss / d scores = (softmax(scores) - onehot(y)) / N

    Parameters
    ----------
    scores : array (N, classes) of float
        Any scale; the largest of a row is subtracted first, so nothing overflows.
    y : array (N,) of int
        Labels.

    Returns
    -------
    loss : float
        In nats.
    dscores : array (N, classes)
        In the scores' dtype.

    Examples
    --------
    >>> loss, dscores = cross_entropy(np.zeros((1, 2)), np.array([0]))
    >>> round(loss, 4), dscores.tolist()
    (0.6931, [[-0.5, 0.5]])
    """
    scores = validate.array("scores", scores)
    if scores.ndim != 2 or scores.size == 0:
        raise ValueError(f"scores must have shape (N, classes), not {scores.shape}.")
    y = validate.labels(y, len(scores), scores.shape[1])

    rows = np.arange(len(y))
    shifted = scores - scores.max(axis=1, keepdims=True)
    exponentials = np.exp(shifted)
    totals = exponentials.sum(axis=1, keepdims=True)
    loss = np.mean(np.log(totals[:, 0], dtype=np.float64) - shifted[rows, y])

    dscores = exponentials / totals  # eq. softmax-gradient
    dscores[rows, y] -= 1
    return float(loss), dscores / scores.dtype.type(len(y))
