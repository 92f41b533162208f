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

from refsnn.theory.arguments import one_neuron, steps
from refsnn.theory.moments import input_variance
from refsnn.validate import number

NEGLIGIBLE = 1e-15  # mass cut off at each end of a law, per step: 512 steps lose less than 1e-12
TRANSFORMED_ZERO = 1e-16  # what a transform makes of a probability of 0
WIDEST = 9.0  # standard deviations, beyond which a Gaussian step has nothing


class Step(NamedTuple):
    """Input of one step on the lattice: `probability[j]` that it is `(lowest + j) * spacing`."""

    probability: np.ndarray
    lowest: int
    spacing: float
    exact: bool  # the input takes these values, which else stand for the cells around them


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
    lowest = int(np.round((mean - WIDEST * std) / spacing))
    highest = int(np.round((mean + WIDEST * std) / spacing))
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
        At most one spike per input and step, or Poisson counts.

    Returns
    -------
    Step
        Exact if all weights are multiples of the spacing.

    Notes
    -----
    Source: own derivation. The law is kept where Bernstein's inequality leaves less than 1e-15
    outside.
    """
    weight, rates = one_neuron(weight, rates, process)
    spacing = number("spacing", spacing, above=0.0)

    # A weight between two lattice points: the lower one, and the share of the upper.
    below = np.floor(weight / spacing)
    upper = weight / spacing - below

    # Bernstein: P(|S - E S| > x) <= 2 exp(-x^2 / (2 (Var + x w_max / 3))), 1e-15 at this x
    variance = input_variance(rates, process) @ (np.abs(below) + 1) ** 2
    nats = -np.log(NEGLIGIBLE / 2)
    linear = nats * np.max(np.abs(below) + 1) / 3
    reach = linear + np.sqrt(linear**2 + 2 * nats * variance)
    lowest = int(np.floor(rates @ (below + upper) - reach))
    size = 2 * int(np.ceil(reach)) + 2
    frequency = np.arange(size // 2 + 1)  # of the real transform

    def turn(points):
        """exp(i u points), with u points reduced to one turn in whole numbers, unrounded."""
        return np.exp(2j * np.pi / size * (frequency * int(points) % size))

    # The characteristic function, input by input; a factor of 0 has the logarithm -inf.
    log_phi = np.zeros(frequency.size, complex)
    with np.errstate(divide="ignore"):
        for w, share, rate in zip(below, upper, rates, strict=True):
            jump = turn(w) * ((1 - share) + share * turn(1)) - 1
            log_phi += np.log1p(rate * jump) if process == "bernoulli" else rate * jump

    probability = scipy.fft.irfft(np.conj(np.exp(log_phi) * turn(-lowest)), size)
    probability = np.where(probability > TRANSFORMED_ZERO, probability, 0.0)
    probability /= probability.sum()
    return Step(*_trim(probability, lowest), spacing, exact=bool(np.all(upper == 0)))


def _convolve(a, b):
    """The law of a sum of two independent lattice values."""
    size = a.size + b.size - 1
    length = scipy.fft.next_fast_len(size, real=True)
    product = scipy.fft.rfft(a, length) * scipy.fft.rfft(b, length)
    return np.maximum(scipy.fft.irfft(product, length)[:size], 0.0)


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
    r"""Expected spikes of an integrate-and-fire neuron after 1, ..., T steps, at most one spike per
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
        If the threshold is not a multiple of the spacing.

    Notes
    -----
    Source: own derivation. Reset by subtraction, no leak, fires on >=. For an inexact step
    (Gaussian, or weights off the lattice) the lattice points lie half a spacing off the threshold,
    so that the error is of order h^2.
    """
    v_threshold = number("v_threshold", v_threshold, above=0.0)
    v_init = number("v_init", v_init)
    threshold = round(v_threshold / step.spacing)
    if threshold < 1 or threshold * step.spacing != v_threshold:
        raise ValueError(
            f"v_threshold must be a multiple of the step's spacing {step.spacing:g}, not "
            f"{v_threshold:g}."
        )

    # The start, on the lattice points (j + shift) * spacing: on two neighbours, with its mean.
    shift = 0.0 if step.exact else 0.5
    start = v_init / step.spacing - shift
    lowest = int(np.floor(start))
    law = np.array([1.0 - (start - lowest), start - lowest])

    counts = np.zeros(steps(T))
    for t in range(T):
        law, lowest = _trim(_convolve(law, step.probability), lowest + step.lowest)  # integrate
        first = min(max(threshold - lowest, 0), law.size)  # index of the threshold
        silent, firing = law[:first], law[first:]
        counts[t] = firing.sum()  # fire
        law, lowest = _merge(silent, lowest, firing, lowest + first - threshold)  # reset
    return np.cumsum(counts)
