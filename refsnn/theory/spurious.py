r"""Spikes that should not be: a neuron whose mean input is negative still fires a few times.

Against a negative drift the free potential makes rare excursions upwards. Their probability falls exponentially
with their height; the decay rate is known exactly, whatever the law of the input (Cramer and Lundberg, who asked
it of insurers).
"""
import numpy as np

from refsnn.theory.arguments import weight_and_rates
from refsnn.theory.first_passage import SIEGMUND
from refsnn.validate import number, real


def spurious_spikes(mean, std, v_threshold=1.0, v_init=0.0, decay=None):
    r"""Spikes over all time of a neuron whose mean input is negative, so that its rectified output is 0.

    $$\mathrm{E}[N_\infty] = \sum_{k \ge 1} e^{-\gamma \max(b_k, 0)}, \qquad \gamma = \frac{2|\mu|}{\sigma^2}$$

    a geometric series: a total, not a rate. Noise makes a fixed number of false spikes, most of them early.

    Parameters
    ----------
    mean : float or array
        Mean input per step, below 0, in units of potential.
    std : float or array
        Standard deviation of the input per step, above 0.
    v_threshold, v_init, decay
        As in `spike_count_survival`; `decay` replaces $\gamma$.

    Returns
    -------
    array, float64
        In spikes.

    Raises
    ------
    ValueError, TypeError
        If a mean is not negative or a std not positive.

    Notes
    -----
    Source: the limit T to infinity of the first passage, chapter 04. With $b_k^0$ in place of $b_k$ and $\gamma$ the
    `lundberg_root` it is a strict upper bound for every input (Lundberg's inequality).

    Examples
    --------
    >>> spurious_spikes(mean=-0.1, std=0.5).round(2)
    np.float64(0.65)
    """
    mean, std = real("mean", mean), real("std", std, above=0.0)
    if np.any(mean >= 0):
        raise ValueError(f"mean must be below 0, not up to {mean.max():g}: else the spikes never end.")
    theta, v_init = number("v_threshold", v_threshold, low=0.0, open_low=True), real("v_init", v_init)
    gamma = 2 * np.abs(mean) / std**2 if decay is None else np.asarray(decay, np.float64)
    certain = np.maximum(np.floor((v_init - SIEGMUND * std) / theta), 0)    # terms with b_k <= 0
    b = (certain + 1) * theta - v_init + SIEGMUND * std
    return (certain - np.exp(-gamma * b) / np.expm1(-gamma * theta))[()]    # eq. spurious


def lundberg_root(weight, rates, process="bernoulli"):
    r"""The decay rate of rare excursions, exactly: the root $g > 0$ of $\mathrm{E}[e^{gI}] = 1$ for one step's input I.

    $$\sum_i \log\left(1 + r_i (e^{g w_i} - 1)\right) = 0 \quad\text{or}\quad
      \sum_i r_i (e^{g w_i} - 1) = 0 \text{ for Poisson counts}$$

    For Gaussian input it is $2|\mu|/\sigma^2$; few inputs with large weights are skewed, and their root differs.

    Parameters
    ----------
    weight : array (in,) or (in, out)
        Weights, in units of potential per spike.
    rates : array (in,) or (..., in)
        Expected spikes per input and step; in [0, 1] for Bernoulli.
    process : {"bernoulli", "poisson"}
        At most one spike an input and step, or Poisson counts.

    Returns
    -------
    array (...,) or (..., out), float64
        In inverse units of potential. 0 where the mean input is not negative (every level is reached in the end),
        infinite where no input is excitatory (none is).

    Raises
    ------
    ValueError, TypeError
        If shapes do not match, a rate is out of range, or anything is not finite.

    Notes
    -----
    Source: Cramer and Lundberg's adjustment coefficient, chapter 04. Lundberg's inequality: the free potential ever
    rises by b with probability at most $e^{-g b}$.

    Examples
    --------
    >>> lundberg_root(weight=[1.0, -1.0], rates=[0.25, 0.5]).round(6) == np.log(3).round(6)
    np.True_
    """
    weight, rates = weight_and_rates(weight, rates, process)
    columns = weight.reshape(weight.shape[0], -1)    # (in, out)
    rate = rates[..., :, None]    # (..., in, 1)
    mean = np.sum(rate * columns, axis=-2)    # (..., out)
    excited = np.any((rate > 0) & (columns > 0), axis=-2)
    solve = (mean < 0) & excited

    def log_moment(g):
        turn = g[..., None, :] * columns
        with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
            if process == "bernoulli":
                return np.sum(np.logaddexp(np.log1p(-rate), np.log(rate) + turn), axis=-2)    # eq. lundberg
            return np.sum(rate * np.expm1(turn), axis=-2)

    scale = np.where(solve, np.abs(columns).max(axis=0), 1.0)
    low, high = np.zeros(mean.shape), 1.0 / scale
    for _ in range(200):    # convex, 0 at 0 and falling there: the root is where it becomes positive
        short = solve & (log_moment(high) < 0)
        if not np.any(short):
            break
        high = np.where(short, 2 * high, high)
    for _ in range(200):
        middle = (low + high) / 2
        below = log_moment(middle) < 0
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    root = np.where(solve, (low + high) / 2, np.where(mean < 0, np.inf, 0.0))
    return root.reshape(rates.shape[:-1] + weight.shape[1:])[()]
