"""Sums over a batch in float64, a channel at a time, for batch norm and its gradient."""
import numpy as np
from numba import njit


def channel_sums_reference(a, b):
    """Sums over rows of `a` and of a * b, row after row in float64: (2, C)."""
    sums = np.zeros((2, a.shape[1]))
    for row_a, row_b in zip(a.astype(np.float64), b, strict=True):
        sums += row_a, row_a * row_b
    return sums


@njit(nogil=True, cache=True)
def channel_sums(a, b, sums):
    """The same into zeros `sums` (2, C) of float64; `a` and `b` are (R, C)."""
    rows, channels = a.shape
    for r in range(rows):
        for c in range(channels):
            value = np.float64(a[r, c])
            sums[0, c] += value
            sums[1, c] += value * b[r, c]
