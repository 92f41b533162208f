r"""Bins without edges, and what a Gaussian has in them.

A value between two neighbouring centres $c_b$ belongs to both, by its nearness: its share of bin
$b$ is the tent $\Lambda_b(x) = \max(0, 1 - |x - c_b| / h)$, and beyond the outer centres all of it
is the outer bin's. The shares of a sample (`snn.soft_histogram`) are continuous in every value and
have a slope, which a histogram of boxes has not.
"""

from typing import NamedTuple

import numpy as np
import scipy

from refsnn.validate import integer, number


class SoftBins(NamedTuple):
    """Equally spaced centres: the lowest, the spacing h (both in the unit of the values), and their
    number.
    """

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

    Notes
    -----
    Source: our choice; chapter 10.

    Examples
    --------
    >>> soft_bins(-1.0, 1.0, bins=5)
    SoftBins(lowest=-1.0, spacing=0.5, bins=5)
    """
    low = number("low", low)
    high = number("high", high, above=low)
    bins = integer("bins", bins, least=2)
    return SoftBins(low, (high - low) / (bins - 1), bins)


def gaussian_soft_histogram(mean, std, where):
    r"""Shares of a Gaussian in soft bins: what `snn.soft_histogram` tends to for many values.

    With $F(c) = \mathrm{E}[\max(0, X - c)] = (\mu - c)\,\Phi(z) + s\,\varphi(z)$, $z = (\mu -
    c)/s$, a tent is a second difference:

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

    Notes
    -----
    Source: own derivation, chapter 10.

    Examples
    --------
    >>> gaussian_soft_histogram(0.0, 1.0, soft_bins(-1.0, 1.0, bins=2))
    array([0.5, 0.5])
    """
    mean = number("mean", mean)
    std = number("std", std, above=0.0)

    # What lies above each centre, in the mean: E[max(0, X - c)].
    centres = where.lowest + where.spacing * np.arange(where.bins)
    distance = mean - centres
    z = distance / std
    density = np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi)
    excess = distance * scipy.special.ndtr(z) + std * density

    # Its slope falls from 1 far below the Gaussian to 0 far above.
    slope = -np.diff(excess) / where.spacing
    padded = np.concatenate([[1.0], slope, [0.0]])
    return -np.diff(padded)  # eq. gaussian-soft-histogram
