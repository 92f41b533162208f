"""Batch norm's passes over a batch: sums in float64, normalised values, and their gradient.

Each pass goes through (R, C) values row by row and has one number per column. A row is a line of
pixels of an image, so that its columns are the channels of one pixel after another, or the features
of one input of a dense layer; the caller repeats the numbers of the channels along a line, and adds
up the sums of a channel's columns.
"""

import numpy as np

from refsnn.kernels import compiled


def column_sums_reference(a, b, mean, inv_std):
    """The sums of `a` and of a (b - mean) inv_std over each column, row after row in float64: (2,
    C).
    """
    sums = np.zeros((2, a.shape[1]))
    hat = (b - mean) * inv_std
    for row_a, row_hat in zip(a.astype(np.float64), hat, strict=True):
        sums[0] += row_a
        sums[1] += row_a * row_hat
    return sums


@compiled
def column_sums(a, b, mean, inv_std, sums):
    """The same into zeros `sums` (2, C) of float64; `a` and `b` are (R, C), the others (C,)."""
    rows, columns = a.shape
    for r in range(rows):
        for c in range(columns):
            value = np.float64(a[r, c])
            sums[0, c] += value
            hat = (b[r, c] - mean[c]) * inv_std[c]
            sums[1, c] += value * hat


def normalise_reference(x, scale, shift):
    """x scale + shift, each column with its own scale and shift."""
    return x * scale + shift


@compiled
def normalise(x, scale, shift, y):
    """The same: `x` and `y` are (R, C), the others (C,)."""
    rows, columns = x.shape
    for r in range(rows):
        x_r = x[r]
        y_r = y[r]
        for c in range(columns):
            y_r[c] = x_r[c] * scale[c] + shift[c]  # eq. batchnorm-forward


def normalise_backward_reference(dy, x, mean, inv_std, scale, mean_dy, mean_dy_hat):
    """scale (dy - mean_dy - hat mean_dy_hat) with hat = (x - mean) inv_std; all but dy and x have
    one number per column.
    """
    hat = (x - mean) * inv_std
    return scale * (dy - mean_dy - hat * mean_dy_hat)


@compiled
def normalise_backward(dy, x, mean, inv_std, scale, mean_dy, mean_dy_hat, dx):
    """The same: `dy`, `x` and `dx` are (R, C), the others (C,)."""
    rows, columns = x.shape
    for r in range(rows):
        x_r = x[r]
        dy_r = dy[r]
        dx_r = dx[r]
        for c in range(columns):
            hat = (x_r[c] - mean[c]) * inv_std[c]
            rest = dy_r[c] - mean_dy[c] - hat * mean_dy_hat[c]
            dx_r[c] = scale[c] * rest  # eq. batchnorm-input
