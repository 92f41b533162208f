"""A study's table: written so that the same rows are the same bytes, read as arrays, summed up over
seeds.
"""

import contextlib
import csv
import io
from typing import NamedTuple

import numpy as np

from refsnn import validate


def encode(columns, rows):
    """Bytes of a CSV table (UTF-8, one header line, lines end in a single newline).

    A float is written as its `repr`, the shortest text that reads back as the same float.

    Parameters
    ----------
    columns : sequence of str
    rows : sequence of sequence of int, float, str or bool

    Examples
    --------
    >>> encode(["seed", "accuracy"], [[0, 0.1]])
    b'seed,accuracy\\n0,0.1\\n'
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(
        [repr(value) if isinstance(value, float) else value for value in row] for row in rows
    )
    return text.getvalue().encode()


def read(path):
    """Read a study's table.

    Returns
    -------
    dict of str to ndarray
        One array a column, in the order of the rows: int64, float64 or str, whichever holds all its
        values.
    """
    with open(path, newline="", encoding="utf-8") as file:
        header, *rows = csv.reader(file)
    return {name: _column([row[k] for row in rows]) for k, name in enumerate(header)}


class Interval(NamedTuple):
    """A mean and its confidence limits, in the unit of the values."""

    mean: float
    low: float
    high: float


def interval(values, level=0.95):
    r"""Mean over seeds with its Student t confidence interval.

    .. math:: \bar x \pm t_{(1 + level)/2,\,n-1} \, s / \sqrt n

    It holds for independent, about normal values. For two methods that share their seeds, give the
    differences seed by seed: the interval is then a paired one, free of what the seeds have in
    common.

    Parameters
    ----------
    values : array_like, shape (n,)
        One value a seed, n >= 2.
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
    from scipy.special import (
        stdtrit,
    )  # the quantile of Student's t; scipy.stats takes a second to import

    values = np.asarray(values, dtype=np.float64)
    if values.ndim != 1 or values.size < 2 or not np.isfinite(values).all():
        raise ValueError(
            f"values must be at least two finite numbers, one a seed, not {values.tolist()}."
        )
    level = validate.number("level", level, above=0, below=1)
    half = stdtrit(values.size - 1, (1 + level) / 2) * values.std(ddof=1) / np.sqrt(values.size)
    return Interval(float(values.mean()), float(values.mean() - half), float(values.mean() + half))


def _column(texts):
    for kind in (np.int64, np.float64):
        with contextlib.suppress(ValueError):
            return np.array([kind(text) for text in texts])
    return np.array(texts)
