"""What is measured on scores and labels, and how sure a mean over seeds is."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from refsnn import validate


def accuracy(scores: np.ndarray, y: np.ndarray) -> float | np.ndarray:
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


def confusion_matrix(predicted: np.ndarray, y: np.ndarray, classes: int) -> np.ndarray:
    """How often images of class `row` were taken for class `column`: (classes, classes) of int64.

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


class Interval(NamedTuple):
    """A mean and its confidence limits, in the unit of the values."""

    mean: float
    low: float
    high: float


def interval(values: npt.ArrayLike, level: float = 0.95) -> Interval:
    r"""Mean over seeds with its Student t confidence interval.

    .. math:: \bar x \pm t_{(1 + level)/2,\,n-1} \, s / \sqrt n

    It holds for independent, about normal values. For two methods that share their seeds, give the
    differences seed by seed: the interval is then a paired one, free of what the seeds have in
    common.

    Parameters
    ----------
    values : array_like, shape (n,)
        One value per seed, n >= 2.
    level : float
        Coverage, between 0 and 1.

    Returns
    -------
    Interval
        mean, low, high.

    Raises
    ------
    ValueError
        Fewer than two values, a value that is not finite, or a level outside (0, 1).

    Notes
    -----
    Source: Student (1908), Biometrika 6, 1-25.

    Examples
    --------
    >>> interval([1.0, 2.0, 3.0]).mean
    2.0
    """
    from scipy.special import stdtrit  # the quantile; scipy.stats takes a second to import

    x = np.asarray(values, dtype=np.float64)
    if x.ndim != 1 or x.size < 2 or not np.isfinite(x).all():
        raise ValueError(
            f"values must be at least two finite numbers, one per seed, not {x.tolist()}."
        )
    level = validate.number("level", level, above=0, below=1)
    quantile = stdtrit(x.size - 1, (1 + level) / 2)
    half = quantile * x.std(ddof=1) / np.sqrt(x.size)
    return Interval(float(x.mean()), float(x.mean() - half), float(x.mean() + half))
