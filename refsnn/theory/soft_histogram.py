r"""Histograms that change smoothly with the values, and what a Gaussian has in such bins.

A value between two neighbouring centres $c_b$ belongs to both, by its nearness: its share of bin $b$ is the tent
$\Lambda_b(x) = \max(0, 1 - |x - c_b| / h)$, and beyond the outer centres all of it is the outer bin's. The shares of a
sample are continuous in every value and have a slope, which a histogram of boxes has not.
"""
from typing import NamedTuple

import numpy as np
from scipy.special import ndtr

from refsnn.kernels import histogram as kernels
from refsnn.validate import number, real, whole


class SoftBins(NamedTuple):
    """Equally spaced centres: the lowest, the spacing h (both in the unit of the values), and how many."""

    lowest: float
    spacing: float
    bins: int


def soft_bins(low, high, bins):
    r"""Centres from `low` to `high`.

    Parameters
    ----------
    low, high : float
        First and last centre, in the unit of the values; `high` above `low`.
    bins : int
        How many centres, at least 2.

    Returns
    -------
    SoftBins

    Raises
    ------
    ValueError, TypeError
        If `high` is not above `low`, or there are fewer than 2 bins.

    Notes
    -----
    Source: our choice; chapter 10.

    Examples
    --------
    >>> soft_bins(-1.0, 1.0, bins=5)
    SoftBins(lowest=-1.0, spacing=0.5, bins=5)
    """
    low = number("low", low)
    high, bins = number("high", high, low=low, open_low=True), whole("bins", bins, least=2)
    return SoftBins(low, (high - low) / (bins - 1), bins)


def soft_histogram(x, where):
    r"""Shares of a sample in soft bins, and the way back from a gradient in them.

    $$p_b = \frac1n \sum_i \Lambda_b(x_i), \qquad
      \frac{\partial D}{\partial x_i} = \frac{1}{n h} \left(\frac{\partial D}{\partial p_{b+1}}
      - \frac{\partial D}{\partial p_b}\right) \text{ for } c_b < x_i < c_{b+1}$$

    Parameters
    ----------
    x : array (n, groups)
        Finite values, each column a sample of its own.
    where : SoftBins
        Of `soft_bins`, in the unit of x.

    Returns
    -------
    (array (groups, bins), callable), float64
        The shares p, which sum to 1, and `backward(dp)`, which turns a gradient (groups, bins) in p into one in x.
        It is 0 for values beyond the outer centres.

    Raises
    ------
    ValueError, TypeError
        If x is not of shape (n, groups), is empty or not finite.

    Notes
    -----
    Source: linear interpolation; a soft histogram in the place of one of boxes is our reconstruction. Chapter 10.

    Examples
    --------
    >>> shares, _ = soft_histogram([[0.0], [0.25]], soft_bins(0.0, 1.0, bins=2))
    >>> shares
    array([[0.875, 0.125]])
    """
    x = real("x", x)
    if x.ndim != 2 or not x.size:
        raise ValueError(f"x must have shape (n, groups) and hold values, not shape {x.shape}.")
    counts = np.zeros((x.shape[1], where.bins))
    kernels.soft_counts(x, where.lowest, where.spacing, counts)    # eq. soft-histogram

    def backward(dp):
        dx = np.empty_like(x)
        kernels.soft_counts_backward(x, where.lowest, where.spacing, np.ascontiguousarray(dp) / len(x), dx)
        return dx

    return counts / len(x), backward


def gaussian_soft_histogram(mean, std, where):
    r"""Shares of a Gaussian in soft bins: what `soft_histogram` tends to for many values.

    With $F(c) = \mathrm{E}[\max(0, X - c)] = (\mu - c)\,\Phi(z) + s\,\varphi(z)$, $z = (\mu - c)/s$, a tent is a second
    difference:

    $$q_b = \bigl(F(c_{b-1}) - 2 F(c_b) + F(c_{b+1})\bigr) / h$$

    and the outer bins hold the rest of each side.

    Parameters
    ----------
    mean, std : float
        Of the Gaussian, in the unit of the centres; `std` above 0.
    where : SoftBins
        Of `soft_bins`.

    Returns
    -------
    array (bins,), float64

    Raises
    ------
    ValueError, TypeError
        If `std` is not above 0.

    Notes
    -----
    Source: own derivation, chapter 10.

    Examples
    --------
    >>> gaussian_soft_histogram(0.0, 1.0, soft_bins(-1.0, 1.0, bins=2))
    array([0.5, 0.5])
    """
    mean, std = number("mean", mean), number("std", std, low=0.0, open_low=True)
    distance = mean - (where.lowest + where.spacing * np.arange(where.bins))
    density = np.exp(-((distance / std) ** 2) / 2) / np.sqrt(2 * np.pi)
    excess = distance * ndtr(distance / std) + std * density
    falls = -np.diff(excess) / where.spacing    # from 1 far below the Gaussian to 0 far above
    return -np.diff(np.concatenate([[1.0], falls, [0.0]]))    # eq. gaussian-soft-histogram
