"""Histograms that change with every value, so that there is a gradient in the values."""

from collections.abc import Callable

import numpy as np

from refsnn.kernels import histogram as kernels
from refsnn.theory.soft_bins import SoftBins
from refsnn.validate import real


def soft_histogram(
    x: np.ndarray, where: SoftBins
) -> tuple[np.ndarray, Callable[[np.ndarray], np.ndarray]]:
    r"""Shares of a sample in soft bins, and the way back from a gradient in them.

    $$p_b = \frac1n \sum_i \Lambda_b(x_i), \qquad
      \frac{\partial D}{\partial x_i} = \frac{1}{n h} \left(\frac{\partial D}{\partial p_{b+1}}
      - \frac{\partial D}{\partial p_b}\right) \text{ for } c_b < x_i < c_{b+1}$$

    Parameters
    ----------
    x : array (n, groups)
        Finite values, each column a sample of its own.
    where : SoftBins
        Of `theory.soft_bins`, in the unit of x.

    Returns
    -------
    (array (groups, bins), callable), float64
        The shares p, which sum to 1, and `backward(dp)`, which turns a gradient (groups, bins) in p
        into one in x. It is 0 for values beyond the outer centres.

    Notes
    -----
    Source: linear interpolation; a soft histogram in the place of one of boxes is our
    reconstruction. Chapter 10.

    Examples
    --------
    >>> from refsnn import theory
    >>> shares, _ = soft_histogram([[0.0], [0.25]], theory.soft_bins(0.0, 1.0, bins=2))
    >>> shares
    array([[0.875, 0.125]])
    """
    x = real("x", x)
    if x.ndim != 2 or not x.size:
        raise ValueError(f"x must have shape (n, groups) and hold values, not shape {x.shape}.")
    counts = np.zeros((x.shape[1], where.bins))
    kernels.soft_counts(x, where.lowest, where.spacing, counts)  # eq. soft-histogram

    def backward(dp):
        dx = np.empty_like(x)
        dp = np.ascontiguousarray(dp) / len(x)
        kernels.soft_counts_backward(x, where.lowest, where.spacing, dp, dx)
        return dx

    return counts / len(x), backward
