r"""Symmetric distances between distributions of the membrane potential, with their gradients.

Two are used: the Jeffreys divergence $J = \mathrm{KL}(p\|q) + \mathrm{KL}(q\|p)$, closed for
Gaussians, infinite where one distribution has mass and the other none; and the Jensen-Shannon
divergence $\mathrm{JS} = \frac12 \mathrm{KL}(p\|m) + \frac12 \mathrm{KL}(q\|m)$ with $m = (p+q)/2$,
never above $\log 2$, whose square root is a metric. Both in nats. `p` is what one has and may move,
`q` the target; gradients are in what describes `p`.
"""

from typing import NamedTuple

import numpy as np

from refsnn.validate import real

# Trapezoid rule for Gaussian integrals: its error is that of the integrand's poles, which lie a
# multiple of 1 / (ratio of the standard deviations) off the real axis
NORMAL_NODES = np.linspace(-9.0, 9.0, 401)
_DENSITY = np.exp(-(NORMAL_NODES**2) / 2)
NORMAL_WEIGHTS = _DENSITY / _DENSITY.sum()


class Divergence(NamedTuple):
    """A divergence in nats and its derivatives in the mean and the standard deviation of the moving
    Gaussian.
    """

    value: np.ndarray
    d_mean: np.ndarray
    d_std: np.ndarray


def _gaussians(mean, std, target_mean, target_std):
    return (
        real("mean", mean),
        real("std", std, above=0.0),
        real("target_mean", target_mean),
        real("target_std", target_std, above=0.0),
    )


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
    mean, s, target_mean, r = _gaussians(mean, std, target_mean, target_std)
    d = mean - target_mean
    value = (s**2 + d**2) / (2 * r**2) + (r**2 + d**2) / (2 * s**2) - 1  # eq. gaussian-jeffreys
    d_mean = d * (1 / r**2 + 1 / s**2)
    d_std = s / r**2 - (r**2 + d**2) / s**3
    return Divergence(value[()], d_mean[()], d_std[()])


def gaussian_jensen_shannon(mean, std, target_mean=0.0, target_std=1.0):
    r"""Jensen-Shannon divergence between two Gaussians, and its gradient, by quadrature.

    $$\mathrm{JS} = \tfrac12 \mathrm{E}_p\!\left[\log\frac{p}{m}\right]
      + \tfrac12 \mathrm{E}_q\!\left[\log\frac{q}{m}\right], \qquad
      \frac{\partial\,\mathrm{JS}}{\partial\vartheta} = \tfrac12 \mathrm{E}_p\!\left[\frac{\partial
      \log p}{\partial\vartheta} \log\frac{p}{m}\right]$$

    Parameters
    ----------
    mean, std, target_mean, target_std
        As in `gaussian_jeffreys`.

    Returns
    -------
    Divergence
        In nats; JS is at most $\log 2$.

    Notes
    -----
    Source: definition; J. Lin, "Divergence measures based on the Shannon entropy", IEEE
    Transactions on Information Theory 37 (1991). No closed form exists for two Gaussians; the
    trapezoid rule gives 1e-9 for standard deviations within a factor of 10 of each other.

    Examples
    --------
    >>> far = gaussian_jensen_shannon(mean=60.0, std=1.0).value
    >>> gaussian_jensen_shannon(mean=0.0, std=1.0).value, far.round(4)
    (np.float64(0.0), np.float64(0.6931))
    """
    mean, s, target_mean, r = _gaussians(mean, std, target_mean, target_std)
    mean, s, target_mean, r = (a[..., None] for a in np.broadcast_arrays(mean, s, target_mean, r))

    def log_ratio(x):
        """log p - log q at x."""
        return ((x - target_mean) / r) ** 2 / 2 - ((x - mean) / s) ** 2 / 2 + np.log(r / s)

    # log p / m on the nodes of p, log q / m on those of q.
    nodes, weights = NORMAL_NODES, NORMAL_WEIGHTS
    of_p = np.log(2) - np.logaddexp(0, -log_ratio(mean + s * nodes))
    of_q = np.log(2) - np.logaddexp(0, log_ratio(target_mean + r * nodes))
    value = (of_p @ weights + of_q @ weights) / 2  # eq. jensen-shannon
    d_mean = (of_p * nodes / s) @ weights / 2
    d_std = (of_p * (nodes**2 - 1) / s) @ weights / 2
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


def histogram_jeffreys(p, q):
    r"""Jeffreys divergence between two histograms over the same bins, and its gradient in p.

    $$J = \sum_b (p_b - q_b) \log\frac{p_b}{q_b}, \qquad
      \frac{\partial J}{\partial p_b} = \log\frac{p_b}{q_b} + 1 - \frac{q_b}{p_b}$$

    Parameters
    ----------
    p, q : array (..., bins)
        Shares, at least 0, that sum to 1 over the bins.

    Returns
    -------
    (array (...), array (..., bins)), float64
        $J$ in nats and its gradient in p, every bin on its own (subtract its mean to stay on sums
        of 1). Infinite where a bin is empty in one and not in the other: use
        `histogram_jensen_shannon` there.

    Notes
    -----
    Source: H. Jeffreys (1946), chapter 10.

    Examples
    --------
    >>> histogram_jeffreys([0.5, 0.5], [0.5, 0.5])[0]
    np.float64(0.0)
    """
    p, q = np.broadcast_arrays(*_histograms(p, q))
    both = (p > 0) | (q > 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        log_ratio = np.where(both, np.log(p) - np.log(q), 0.0)
        value = np.sum(np.where(both, (p - q) * log_ratio, 0.0), axis=-1)  # eq. histogram-jeffreys
        gradient = log_ratio + 1 - np.where(both, q / p, 1.0)
    return value[()], gradient


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
