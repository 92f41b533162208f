r"""Spike counts without approximation of the path: the law of the potential, step by step, on a
lattice.

The closed forms of `first_passage` are approximations. Here is what they approximate: the input of
one step as a probability on multiples of a spacing $h$, and the potential's law carried through T
steps by convolution. Slow beside a closed form (T convolutions), and its only error is the
lattice's, of order $h^2$; with weights on the lattice there is none but rounding.
"""

from typing import NamedTuple

import numpy as np
import scipy

from refsnn.theory.arguments import real, steps, weight_and_rates
from refsnn.theory.moments import input_variance
from refsnn.validate import number

# Mass cut off each end of a law and step: 512 steps lose less than 1e-12.
NEGLIGIBLE = 1e-15
ROUNDING = 1e-16  # what a transform makes of a probability of 0


class Step(NamedTuple):
    """Input of one step on the lattice: `probability[j]` that it is `(lowest + j) * spacing`."""

    probability: np.ndarray
    lowest: int
    spacing: float
    exact: (
        bool  # the input really takes these values; otherwise they stand for the cell around them
    )


def gaussian_step(mean, std, spacing):
    r"""A Gaussian input on the lattice.

    Sampled densities: for `spacing` at most half of `std` they sum to 1, with the right mean and
    variance, to the last bits, since the error of the trapezoid rule for a Gaussian is $2 e^{-2
    \pi^2 (\sigma/h)^2}$.

    Parameters
    ----------
    mean, std : float
        Mean and standard deviation of the input per step, in units of potential; `std` above 0.
    spacing : float
        Lattice spacing h, in units of potential, at most `std / 2`.

    Returns
    -------
    Step

    Raises
    ------
    ValueError
        If the spacing is too coarse for the standard deviation.

    Notes
    -----
    Source: own derivation.
    """
    mean = number("mean", mean)
    std = number("std", std, above=0.0)
    spacing = number("spacing", spacing, above=0.0, high=std / 2)
    lowest, highest = (int(np.round((mean + side * 9.0 * std) / spacing)) for side in (-1, 1))
    z = (np.arange(lowest, highest + 1) * spacing - mean) / std
    density = np.exp(-0.5 * z * z)
    return Step(density / density.sum(), lowest, spacing, exact=False)


def input_step(weight, rates, spacing, process="bernoulli"):
    r"""The true law of the weighted input of one step, on the lattice.

    The characteristic function of the sum is a product over inputs; one fast Fourier transform
    turns it into probabilities. A weight between two lattice points is put on both so that its mean
    is kept, which adds at most $r_i h^2 / 4$ to the variance.

    Parameters
    ----------
    weight : array (in,)
        Weights, in units of potential per spike.
    rates : array (in,)
        Expected spikes per input and step; in [0, 1] for Bernoulli.
    spacing : float
        Lattice spacing h, in units of potential.
    process : {"bernoulli", "poisson"}
        At most one spike an input and step, or Poisson counts.

    Returns
    -------
    Step
        Exact if all weights are multiples of the spacing.

    Raises
    ------
    ValueError, TypeError
        If the shapes do not match or a rate is out of range.

    Notes
    -----
    Source: own derivation. The law is kept where Bernstein's inequality leaves less than 1e-15
    outside.
    """
    weight, rates = weight_and_rates(weight, rates, process)
    if weight.ndim != 1 or rates.ndim != 1:
        raise ValueError(
            f"weight and rates must have shape (in,), not {weight.shape} and {rates.shape}."
        )
    spacing = number("spacing", spacing, above=0.0)
    below = np.floor(weight / spacing)
    upper_share = weight / spacing - below
    variance = input_variance(rates, process) @ (np.abs(below) + 1) ** 2
    # Bernstein: P(|S - E S| > x) <= 2 exp(-x^2 / (2 (Var + x w_max / 3))), which is 1e-15 at this x
    nats, largest = -np.log(NEGLIGIBLE / 2), np.max(np.abs(below) + 1) / 3
    reach = nats * largest + np.sqrt((nats * largest) ** 2 + 2 * nats * variance)
    lowest = int(np.floor(rates @ (below + upper_share) - reach))
    size = 2 * int(np.ceil(reach)) + 2
    frequency = np.arange(size // 2 + 1)  # of the real transform

    def turn(points):
        # exp(i u points), u points reduced to one turn in whole numbers, so that it is not rounded
        return np.exp(2j * np.pi / size * (frequency * int(points) % size))

    log_phi = np.zeros(frequency.size, complex)
    for w, share, rate in zip(below, upper_share, rates, strict=True):
        jump = turn(w) * ((1 - share) + share * turn(1)) - 1
        with np.errstate(
            divide="ignore"
        ):  # a factor may vanish: its logarithm is -inf, its exponential 0
            log_phi += np.log1p(rate * jump) if process == "bernoulli" else rate * jump
    probability = scipy.fft.irfft(np.conj(np.exp(log_phi) * turn(-lowest)), size)
    probability = np.where(probability > ROUNDING, probability, 0.0)
    probability /= probability.sum()
    return Step(*_trim(probability, lowest), spacing, exact=bool(np.all(upper_share == 0)))


def _convolve(a, b):
    """The law of a sum of two independent lattice values."""
    size = a.size + b.size - 1
    length = scipy.fft.next_fast_len(size, real=True)
    return np.maximum(
        scipy.fft.irfft(scipy.fft.rfft(a, length) * scipy.fft.rfft(b, length), length)[:size], 0.0
    )


def _trim(probability, lowest):
    """Cut negligible ends."""
    sums = np.cumsum(probability)
    first = np.searchsorted(sums, NEGLIGIBLE)
    last = np.searchsorted(sums, sums[-1] - NEGLIGIBLE) + 1
    return probability[first:last], lowest + first


def _merge(a, start_a, b, start_b):
    """Add two pieces of a law that start at different lattice points."""
    start = min(start_a, start_b)
    law = np.zeros(max(start_a + a.size, start_b + b.size) - start)
    law[start_a - start : start_a - start + a.size] += a
    law[start_b - start : start_b - start + b.size] += b
    return law, start


def recursive_spike_count(step, T, v_threshold=1.0, v_init=0.0):
    r"""Expected spikes of an integrate-and-fire neuron after 1, ..., T steps, at most one spike a
    step.

    The law of the potential is carried on: convolve with the step, count the mass at or above the
    threshold, move it down by one threshold. $\mathrm{E}[N_T] = \sum_{t \le T} P(v_{t-1} + I_t \ge
    \theta)$.

    Parameters
    ----------
    step : Step
        Law of the input per step, of `gaussian_step` or `input_step`.
    T : int
        Time steps, at least 1.
    v_threshold : float
        Threshold, in units of potential: a multiple of the step's spacing.
    v_init : float
        Potential before the first step. Off the lattice it is put on both neighbours, keeping its
        mean.

    Returns
    -------
    array (T,), float64
        Expected number of spikes after each step.

    Raises
    ------
    ValueError
        If the threshold is no multiple of the spacing.

    Notes
    -----
    Source: own derivation. Reset by subtraction, no leak, fires on >=. For an inexact step
    (Gaussian, or weights off the lattice) the lattice points lie half a spacing off the threshold,
    so that the error is of order h^2.
    """
    v_threshold = number("v_threshold", v_threshold, above=0.0)
    v_init = number("v_init", v_init)
    M = round(v_threshold / step.spacing)
    if M < 1 or M * step.spacing != v_threshold:
        raise ValueError(
            f"v_threshold must be a multiple of the step's spacing {step.spacing:g}, not "
            f"{v_threshold:g}."
        )
    shift = 0.0 if step.exact else 0.5  # lattice points lie at (j + shift) * spacing
    lowest = int(np.floor(v_init / step.spacing - shift))
    upper = v_init / step.spacing - shift - lowest
    law, counts = np.array([1.0 - upper, upper]), np.zeros(steps(T))  # both neighbours, same mean
    for t in range(T):
        law, lowest = _trim(_convolve(law, step.probability), lowest + step.lowest)  # integrate
        first = min(max(M - lowest, 0), law.size)  # index of the threshold
        counts[t] = law[first:].sum()  # fire
        law, lowest = _merge(law[:first], lowest, law[first:], lowest + first - M)  # reset
    return np.cumsum(counts)


def maximum_survival(step, level, T):
    r"""Probability that the free potential rises by at least `level` above its start within T
    steps.

    With $M_n = \max_{1 \le t \le n} S_t$ and exchangeable steps, $M_n$ has the law of $X + \max(0,
    M_{n-1})$: one convolution a step. A neuron that may fire any number of spikes a step has $P(N_T
    \ge k) = P(M_T \ge k\theta - v_\mathrm{init})$.

    Parameters
    ----------
    step : Step
        Law of the input per step, of `gaussian_step` or `input_step`.
    level : array (...,)
        Rises, in units of potential.
    T : int
        Time steps, at least 1.

    Returns
    -------
    array (...,), float64
        For an inexact step interpolated linearly between lattice cells (error of order h^2).

    Notes
    -----
    Source: the reflection of the path in time; Lindley (1952) for queues.
    """
    level = real("level", level) / step.spacing
    law, lowest = step.probability, step.lowest
    for _ in range(steps(T) - 1):
        start = max(-lowest, 0)  # index of 0
        positive = (
            np.concatenate([[law[: start + 1].sum()], law[start + 1 :]]) if lowest <= 0 else law
        )
        law, lowest = _trim(_convolve(positive, step.probability), max(lowest, 0) + step.lowest)
    survival = np.concatenate([[1.0], 1.0 - np.cumsum(law)])  # P(M >= lowest + j), j = 0 ... size
    points = np.arange(lowest, lowest + law.size + 1)
    if step.exact:
        return survival[np.clip(np.ceil(level).astype(int) - lowest, 0, law.size)]
    return np.interp(level, points - 0.5, survival, left=1.0, right=0.0)
