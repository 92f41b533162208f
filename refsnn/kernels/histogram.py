"""Soft histograms: a value is shared by the two bins whose centres it lies between, by its nearness
to each.

Values are (n, groups), centres equally spaced: lowest, lowest + spacing, ...; beyond the first and
the last centre all goes to that one.
"""

import numpy as np

from refsnn.kernels import compiled


def soft_counts_reference(x, lowest, spacing, bins):
    """Counts (groups, bins) in float64."""
    out = np.zeros((x.shape[1], bins))
    for row in x:
        for g, value in enumerate(row):
            z = (value - lowest) / spacing
            z = min(max(z, 0.0), bins - 1.0)
            b = min(int(z), bins - 2)
            out[g, b] += 1 - (z - b)
            out[g, b + 1] += z - b
    return out


@compiled
def soft_counts(x, lowest, spacing, out):
    """The same, added to `out` (groups, bins)."""
    bins = out.shape[1]
    n, groups = x.shape
    for i in range(n):
        row = x[i]
        for g in range(groups):
            counts = out[g]
            z = (row[g] - lowest) / spacing
            z = min(max(z, 0.0), bins - 1.0)
            b = min(int(z), bins - 2)
            counts[b] += 1 - (z - b)
            counts[b + 1] += z - b


def soft_counts_backward_reference(x, lowest, spacing, dcounts):
    """Gradients in x from those in the counts (groups, bins): the slope between the two centres, 0
    beyond the ends.
    """
    bins = dcounts.shape[1]
    dx = np.zeros(x.shape)
    for i, row in enumerate(x):
        for g, value in enumerate(row):
            z = (value - lowest) / spacing
            if 0 < z < bins - 1:
                b = int(z)
                rise = dcounts[g, b + 1] - dcounts[g, b]
                dx[i, g] = rise / spacing
    return dx


@compiled
def soft_counts_backward(x, lowest, spacing, dcounts, out):
    """The same into `out`, of the shape of x."""
    n, groups = x.shape
    bins = dcounts.shape[1]
    for i in range(n):
        for g in range(groups):
            z = (x[i, g] - lowest) / spacing
            out[i, g] = 0.0
            if 0 < z < bins - 1:
                b = int(z)
                rise = dcounts[g, b + 1] - dcounts[g, b]
                out[i, g] = rise / spacing
