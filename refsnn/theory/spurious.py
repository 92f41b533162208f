r"""Spikes that should not be: a neuron whose mean input is negative still fires a few times.

Against a negative drift the free potential makes rare excursions upwards. Their probability falls
exponentially with their height; the decay rate is known exactly, whatever the law of the input
(Cramer and Lundberg, who asked it of insurers).
"""

import numpy as np

from refsnn.kernels.spike_counts import SIEGMUND
from refsnn.theory.arguments import weight_and_rates
from refsnn.theory.law import generating
from refsnn.theory.roots import bracket
from refsnn.validate import number, real


def spurious_spikes(mean, std, v_threshold=1.0, v_init=0.0, decay=None, shift=None):
    r"""Spikes over all time of a neuron whose mean input is negative, so that its rectified output
    is 0.

    $$\mathrm{E}[N_\infty] = \sum_{k \ge 1} e^{-\gamma \max(b_k, 0)}, \qquad \gamma =
    \frac{2|\mu|}{\sigma^2}$$

    a geometric series: a total, not a rate. Noise makes a fixed number of false spikes, most of
    them early.

    Parameters
    ----------
    mean : float or array
        Mean input per step, below 0, in units of potential.
    std : float or array
        Standard deviation of the input per step, above 0.
    v_threshold, v_init, decay, shift
        As in `spike_count_survival`; `decay` replaces $\gamma$.

    Returns
    -------
    array, float64
        In spikes.

    Notes
    -----
    Source: the limit T to infinity of the first passage, chapter 04. With `shift=0` and `decay` the
    `lundberg_root` it is a strict upper bound for every input (Lundberg's inequality).

    Examples
    --------
    >>> spurious_spikes(mean=-0.1, std=0.5).round(2)
    np.float64(0.65)
    """
    mean = real("mean", mean)
    std = real("std", std, above=0.0)
    if np.any(mean >= 0):
        raise ValueError(
            f"mean must be below 0, not up to {mean.max():g}: else the spikes never end."
        )
    theta = number("v_threshold", v_threshold, above=0.0)
    v_init = real("v_init", v_init)
    gamma = 2 * np.abs(mean) / std**2 if decay is None else np.asarray(decay, np.float64)
    shift = SIEGMUND * std if shift is None else real("shift", shift)

    certain = np.maximum(np.floor((v_init - shift) / theta), 0)  # terms with b_k <= 0
    height = (certain + 1) * theta - v_init + shift  # of the first that is not
    return (certain - np.exp(-gamma * height) / np.expm1(-gamma * theta))[()]  # eq. spurious


def lundberg_root(weight, rates, process="bernoulli"):
    r"""The decay rate of rare excursions, exactly: the root $g > 0$ of $\mathrm{E}[e^{gI}] = 1$ for
    one step's input I.

    $$\sum_i \log\left(1 + r_i (e^{g w_i} - 1)\right) = 0 \quad\text{or}\quad
      \sum_i r_i (e^{g w_i} - 1) = 0 \text{ for Poisson counts}$$

    For Gaussian input it is $2|\mu|/\sigma^2$; few inputs with large weights are skewed, and their
    root differs.

    Parameters
    ----------
    weight : array (in,) or (in, out)
        Weights, in units of potential per spike.
    rates : array (in,) or (..., in)
        Expected spikes per input and step; in [0, 1] for Bernoulli.
    process : {"bernoulli", "poisson"}
        At most one spike per input and step, or Poisson counts.

    Returns
    -------
    array (...,) or (..., out), float64
        In inverse units of potential. 0 where the mean input is not negative (every level is
        reached in the end), infinite where a step's input cannot be positive (none is).

    Notes
    -----
    Source: Cramer and Lundberg's adjustment coefficient, chapter 04. Lundberg's inequality: the
    free potential ever rises by b with probability at most $e^{-g b}$.

    Examples
    --------
    >>> lundberg_root(weight=[1.0, -1.0], rates=[0.25, 0.5]).round(6) == np.log(3).round(6)
    np.True_
    """
    columns, rates, shape = _columns(weight, rates, process)
    solve, neutral = _neutral(columns, rates, process)

    def increasing(s):  # K beyond its minimum
        return np.where(solve, generating(neutral + s, columns, rates, process)[0], s - 1)

    low, high = bracket(increasing, np.zeros(neutral.shape), neutral)
    decay = neutral + (low + high) / 2  # eq. lundberg
    mean = np.sum(rates * columns, axis=-2)
    never = np.where(mean < 0, np.inf, 0.0)
    return np.where(solve, decay, never).reshape(shape)[()]


def barrier_shift(weight, rates, process="bernoulli"):
    r"""How far a step overshoots a barrier, against a negative drift: Siegmund's shift for skewed
    input.

    $$\rho = 0.5826\,\sigma_0 + \frac{K'''(s_0)}{6\,\sigma_0^2}, \qquad K'(s_0) = 0, \quad
    \sigma_0^2 = K''(s_0),
      \quad K(s) = \log \mathrm{E}[e^{sI}]$$

    for the input $I$ of one step: variance and third cumulant of the same input, tilted until it
    has no drift. For Gaussian input it is $0.5826\,\sigma$.

    Parameters
    ----------
    weight, rates, process
        As in `lundberg_root`.

    Returns
    -------
    array (...,) or (..., out), float64
        In units of potential; 0 where the mean input is not negative or a step's input cannot be
        positive.

    Notes
    -----
    Source: D. Siegmund, "Corrected diffusion approximations in certain random walk problems",
    Advances in Applied Probability 11 (1979), equations for exponential families; chapter 04.

    Examples
    --------
    >>> barrier_shift(weight=[1.0, -1.0], rates=[0.25, 0.5]).round(3)
    np.float64(0.397)
    """
    columns, rates, shape = _columns(weight, rates, process)
    solve, neutral = _neutral(columns, rates, process)
    _, _, variance, third = generating(neutral, columns, rates, process)
    variance = np.where(solve, variance, 1.0)
    shift = SIEGMUND * np.sqrt(variance) + third / (6 * variance)  # eq. overshoot
    return np.where(solve, shift, 0.0).reshape(shape)[()]


def _columns(weight, rates, process):
    """Weights (in, out), rates (..., in, 1) and the shape of the result."""
    weight, rates = weight_and_rates(weight, rates, process)
    shape = rates.shape[:-1] + weight.shape[1:]
    return weight.reshape(weight.shape[0], -1), rates[..., :, None], shape


def _neutral(columns, rates, process):
    """Where there is a root to find, and the tilt s > 0 without drift, K'(s) = 0; (..., out)."""
    always = (rates == 1) & (process == "bernoulli")
    highest = np.where(always, columns, np.maximum(columns, 0) * (rates > 0))
    solve = np.sum(rates * columns, axis=-2) < 0
    solve &= np.sum(highest, axis=-2) > 0  # a step's input can be positive

    def increasing(s):
        return np.where(solve, generating(s, columns, rates, process)[1], s - 1)

    start = 1 / np.maximum(np.abs(columns).max(axis=0), 1e-300)
    low, high = bracket(increasing, np.zeros(solve.shape), np.where(solve, start, 1.0))
    return solve, (low + high) / 2
