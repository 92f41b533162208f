r"""Symmetric distances between distributions of the membrane potential, with their gradients.

The Jeffreys divergence $J = \mathrm{KL}(p\|q) + \mathrm{KL}(q\|p)$ is closed for Gaussians, but
infinite for histograms where one has an empty bin and the other has not. The Jensen-Shannon
divergence $\mathrm{JS} = \frac12 \mathrm{KL}(p\|m) + \frac12 \mathrm{KL}(q\|m)$ with $m = (p+q)/2$
is for histograms: it is never above $\log 2$, and its square root is a metric. Both in nats. `p` is
what one has and may move, `q` the target; gradients are in what describes `p`.
"""

from typing import NamedTuple

import numpy as np

from refsnn.validate import real


class Divergence(NamedTuple):
    """A divergence in nats and its derivatives in the mean and the standard deviation of the moving
    Gaussian.
    """

    value: np.ndarray
    d_mean: np.ndarray
    d_std: np.ndarray


def gaussian_jeffreys(mean, std, target_mean=0.0, target_std=1.0):
    r"""Jeffreys divergence between two Gaussians, and its gradient.

    $$J = \frac{s^2 + d^2}{2 s_*^2} + \frac{s_*^2 + d^2}{2 s^2} - 1, \qquad d = \mu - \mu_*$$

    Parameters
    ----------
    mean, std : float or array (...)
        Mean and standard deviation of the moving Gaussian, `std` above 0.
    target_mean, target_std : float or array (...)
        Those of the target, `target_std` above 0.

    Returns
    -------
    Divergence
        $J$ in nats, $\partial J/\partial\mu = d\,(1/s_*^2 + 1/s^2)$,
        $\partial J/\partial s = s/s_*^2 - (s_*^2 + d^2)/s^3$.

    Notes
    -----
    Source: sum of the two Kullback-Leibler divergences, chapter 10.

    Examples
    --------
    >>> gaussian_jeffreys(mean=1.0, std=1.0).value
    np.float64(1.0)
    """
    mean = real("mean", mean)
    std = real("std", std, above=0.0)
    target_mean = real("target_mean", target_mean)
    target_std = real("target_std", target_std, above=0.0)

    distance = mean - target_mean
    spread = std**2 + distance**2  # of the moving Gaussian about the target's mean
    target_spread = target_std**2 + distance**2
    value = spread / (2 * target_std**2) + target_spread / (2 * std**2) - 1  # eq. gaussian-jeffreys
    d_mean = distance * (1 / target_std**2 + 1 / std**2)
    d_std = std / target_std**2 - target_spread / std**3
    return Divergence(value[()], d_mean[()], d_std[()])


def _histograms(p, q):
    p, q = real("p", p, low=0.0), real("q", q, low=0.0)
    if p.ndim < 1 or q.ndim < 1 or p.shape[-1] != q.shape[-1]:
        raise ValueError(
            f"p and q must share their last axis, the bins, not have shapes {p.shape} and "
            f"{q.shape}."
        )
    for name, share in (("p", p), ("q", q)):
        if np.any(np.abs(share.sum(axis=-1) - 1) > 1e-6):
            raise ValueError(f"{name} must sum to 1 over its last axis, the bins.")
    return p, q


def histogram_jensen_shannon(p, q):
    r"""Jensen-Shannon divergence between two histograms over the same bins, and its gradient in p.

    $$\mathrm{JS} = \frac12 \sum_b p_b \log\frac{2 p_b}{p_b + q_b} + q_b \log\frac{2 q_b}{p_b +
    q_b}, \qquad
      \frac{\partial\,\mathrm{JS}}{\partial p_b} = \frac12 \log\frac{2 p_b}{p_b + q_b}$$

    Parameters
    ----------
    p, q : array (..., bins)
        Shares, at least 0, that sum to 1 over the bins.

    Returns
    -------
    (array (...), array (..., bins)), float64
        JS in nats, from 0 to $\log 2$, and its gradient in p ($-\infty$ where p is empty and q is
        not).

    Notes
    -----
    Source: J. Lin (1991), chapter 10.

    Examples
    --------
    >>> histogram_jensen_shannon([1.0, 0.0], [0.0, 1.0])[0] == np.log(2)
    np.True_
    """
    p, q = np.broadcast_arrays(*_histograms(p, q))

    def log_share(a):
        """The logarithm of a over the mixture; 0 where nothing is."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(p + q > 0, np.log(2 * a) - np.log(p + q), 0.0)

    of_p = p * np.where(p > 0, log_share(p), 0.0)
    of_q = q * np.where(q > 0, log_share(q), 0.0)
    value = (of_p + of_q).sum(axis=-1) / 2  # eq. histogram-jensen-shannon
    return value[()], log_share(p) / 2
