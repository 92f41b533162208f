r"""Noise makes spikes: how many, from the mean and the standard deviation of the input alone.

By the staircase, $N_T \ge k$ says that the free potential has reached $k\theta$: a first passage.
For a Brownian path the reflection principle gives its probability; a neuron looks at its potential
only once per step, which moves the barrier up by 0.5826 standard deviations of a step (Siegmund).
The domain of these formulas, measured against the exact recursion of `recursion`, stands in each
docstring; beyond it are `lundberg_root` for skewed input and `large_noise` for large noise.
"""

from typing import NamedTuple

import numpy as np
import scipy

from refsnn.kernels.spike_counts import LARGE_NOISE, SIEGMUND
from refsnn.theory.arguments import steps
from refsnn.theory.large_noise import large_noise_spike_count, mirrored
from refsnn.validate import number, one_of, real


class SpikeCount(NamedTuple):
    """Mean and variance of the spike count, and the gain: its mean's derivative in the total mean
    input.
    """

    mean: np.ndarray
    variance: np.ndarray
    gain: np.ndarray


def _arguments(mean, std, T, v_threshold, v_init):
    v_threshold = number("v_threshold", v_threshold, above=0.0)
    mean = real("mean", mean)
    std = real("std", std, low=0.0)
    return mean, std, steps(T), v_threshold, real("v_init", v_init)


class Skewness(NamedTuple):
    """What skewed input changes `against` a negative mean: arrays, or None for Gaussian input."""

    against: np.ndarray
    decay: np.ndarray | None
    shift: np.ndarray | None


def _skewness(mean, decay=None, shift=None):
    """The arguments checked: a decay may be infinite, where nothing is excitatory."""
    if decay is not None:
        never = np.isposinf(decay)
        decay = np.where(never, np.inf, real("decay", np.where(never, 0.0, decay), low=0.0))
    if shift is not None:
        shift = real("shift", shift)
    return Skewness(mean < 0, decay, shift)


def _passage(k, mean, std, T, v_threshold, v_init, skewness, mirror=False):
    """P(N_T >= k) and its derivative in `mean` (without skewness).

    A `mirror` neuron fires on > and not on >=, which shows where there is no noise.
    """
    total_mean = T * mean
    total_std = np.sqrt(T) * std
    height = k * v_threshold - v_init  # by how much the potential must rise, eq. passage
    barrier = height + SIEGMUND * std  # eq. siegmund
    against, decay, shift = skewness
    if shift is not None:
        barrier = np.where(against, height + shift, barrier)

    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        # Paths that end above the barrier, and paths that met it and came back.
        ends_above = scipy.special.ndtr((total_mean - barrier) / total_std)
        came_back = _came_back(total_mean, total_std, barrier)
        if decay is not None:
            ever = np.exp(-decay * np.where(barrier > 0, barrier, 1.0))
            skewed = ever * scipy.special.ndtr(-(total_mean + barrier) / total_std)
            came_back = np.where(against, skewed, came_back)  # eq. lundberg-passage
        passage = ends_above + came_back  # eq. first-passage

        # At few steps the shifted barrier is too high: the maximum of a path is at least its end.
        distance = (total_mean - height) / total_std
        end = scipy.special.ndtr(distance)  # eq. end-bound
        survival = np.minimum(np.maximum(passage, end), 1.0)

        slope_of_passage = 2 * barrier / (std * std) * came_back
        slope_of_end = T * np.exp(-(distance**2) / 2) / (total_std * np.sqrt(2 * np.pi))
        slope = np.where(end > passage, slope_of_end, slope_of_passage)  # eq. passage-slope

    # Without noise: does the highest of V_1 ... V_T reach the threshold? Above the barrier: surely.
    highest = np.maximum(total_mean, mean)
    reached = np.where(mirror, height < highest, height <= highest)
    certain = (barrier <= 0) | (std == 0)
    sure = ((std > 0) | reached).astype(float)
    return np.where(certain, sure, survival), np.where(certain, 0.0, slope)


def _came_back(total_mean, total_std, barrier):
    """Probability that a Brownian path has met the barrier and ends below it."""
    u = (total_mean - barrier) / total_std
    z = (total_mean + barrier) / total_std
    exponent = np.minimum(2 * total_mean * barrier / (total_std * total_std), 0)
    plain = np.exp(exponent) * scipy.special.ndtr(-z)

    # For z >= 0 the same in another form, in which nothing overflows.
    tail = scipy.special.erfcx(np.maximum(z, 0) / np.sqrt(2))
    scaled = np.exp(-u * u / 2) * tail / 2
    return np.where(z >= 0, scaled, plain)


def spike_count_survival(k, mean, std, T, v_threshold=1.0, v_init=0.0, decay=None, shift=None):
    r"""Probability that a neuron with noisy input makes at least k spikes in T steps, $P(N_T \ge
    k)$.

    With $b_k^0 = k\theta - v_\mathrm{init}$ and $b_k = b_k^0 + 0.5826\,\sigma$,

    $$P(N_T \ge k) = \max\left\{ \Phi\!\left(\frac{\mu T - b_k}{\sigma\sqrt{T}}\right)
      + e^{2\mu b_k/\sigma^2}\, \Phi\!\left(\frac{-b_k - \mu T}{\sigma\sqrt{T}}\right),\;
      \Phi\!\left(\frac{\mu T - b_k^0}{\sigma\sqrt{T}}\right) \right\}$$

    The second argument is a bound that a path cannot break (its maximum is at least its end) but
    the shifted first argument can, at few steps.

    Parameters
    ----------
    k : int or array
        Number of spikes, at least 1.
    mean, std : float or array
        Mean and standard deviation of the input per step, in units of potential; `std` at least 0.
    T : int
        Time steps, at least 1.
    v_threshold : float
        Threshold, above 0.
    v_init : float or array
        Potential before the first step.
    decay, shift : float or array, optional
        `lundberg_root` and `barrier_shift` of skewed input: where the mean is negative they replace
        $-2\mu/\sigma^2$ in the exponent and $0.5826\,\sigma$ in $b_k$.

    Returns
    -------
    array, float64
        In the broadcast shape of the arguments. 1 where $b_k \le 0$.

    Notes
    -----
    Source: reflection principle; D. Siegmund, "Corrected diffusion approximations in certain random
    walk problems", Advances in Applied Probability 11 (1979); the bound is our own derivation,
    chapter 04. Any number of spikes per step, Gaussian input, reset by subtraction, v_init below
    the threshold: within 0.025 of the exact probability for T >= 16, within 0.035 for T from 4 to
    15 (means from -0.3 to 1.2, std from 0.1 to 1.5 thresholds).

    Examples
    --------
    >>> spike_count_survival(1, mean=0.0, std=0.5, T=16).round(3)
    np.float64(0.519)
    """
    k = real("k", k, low=1.0)
    mean, *rest = _arguments(mean, std, T, v_threshold, v_init)
    survival, _ = _passage(k, mean, *rest, _skewness(mean, decay, shift))
    return survival[()]


def survival_slope(k, mean, std, T, v_threshold=1.0, v_init=0.0):
    r"""Derivative of `spike_count_survival` in the mean input per step, exactly.

    $$\frac{\partial P}{\partial \mu} = \frac{2 b_k}{\sigma^2}\, e^{2\mu b_k/\sigma^2}\,
      \Phi\!\left(\frac{-b_k - \mu T}{\sigma\sqrt{T}}\right)$$

    the two Gaussian densities of the derivative cancel; where the bound is active it is
    $\sqrt{T}\,\varphi((\mu T - b_k^0)/\sigma\sqrt{T})/\sigma$.

    Parameters
    ----------
    k, mean, std, T, v_threshold, v_init
        As in `spike_count_survival`.

    Returns
    -------
    array, float64
        In inverse units of potential; 0 where $b_k \le 0$ or std is 0.

    Notes
    -----
    Source: own derivation, chapter 04.

    Examples
    --------
    >>> survival_slope(1, mean=0.0, std=0.5, T=16).round(3)
    np.float64(2.678)
    """
    k = real("k", k, low=1.0)
    mean, *rest = _arguments(mean, std, T, v_threshold, v_init)
    _, slope = _passage(k, mean, *rest, _skewness(mean))
    return slope[()]


def spike_count_moments(mean, std, T, v_threshold=1.0, v_init=0.0, spikes_per_step="one"):
    r"""Mean, variance and gain of the spike count, as sums of the survival over k.

    $$\mathrm{E}[N_T] = \sum_k P_k, \qquad \mathrm{Var}[N_T] = \sum_k (2k - 1) P_k -
    \mathrm{E}[N_T]^2, \qquad
      g = \frac{\partial\,\mathrm{E}[N_T]}{\partial (\mu T)} = \frac{1}{T} \sum_k \frac{\partial
      P_k}{\partial \mu}$$

    For `spikes_per_step="one"` the sums end at T, and a mean above half the threshold is treated
    through the mirror: its silent steps are the spikes of a neuron of mean $\theta - \mu$ (see
    `mirrored`).

    Parameters
    ----------
    mean, std, T, v_threshold, v_init
        As in `spike_count_survival`.
    spikes_per_step : {"one", "any"}
        How many spikes the neuron can send in one step.

    Returns
    -------
    SpikeCount
        `mean` and `variance` in spikes, `gain` in spikes per unit of potential; arrays of the
        broadcast shape.

    Notes
    -----
    Source: own derivation, chapter 04. Domain: std at most 0.75 thresholds, where the mean is that
    of `expected_spike_count`. At 1.5 thresholds and one spike per step it is 10 % to 20 % too high
    for weak input.

    Examples
    --------
    >>> spike_count_moments(mean=0.25, std=0.01, T=16, v_init=0.5).mean.round(6)
    np.float64(4.0)
    """
    mean, *rest = _arguments(mean, std, T, v_threshold, v_init)
    return _moments(mean, *rest, spikes_per_step, _skewness(mean))


def _moments(mean, std, T, theta, v_init, spikes_per_step, skewness):
    reflect = np.zeros(mean.shape, bool)
    most = np.inf
    if one_of("spikes_per_step", spikes_per_step, ("one", "any")) == "one":
        reflect = mean > theta / 2
        mean, v_init = mirrored(mean, v_init, theta, reflect)
        most = T

    # Sums over k, until no neuron has a term left.
    first = second = gain = np.zeros(np.broadcast_shapes(mean.shape, std.shape, v_init.shape))
    k = 0
    while k < most:
        k += 1
        survival, slope = _passage(k, mean, std, T, theta, v_init, skewness, reflect)
        first = first + survival  # eq. count-moments
        second = second + (2 * k - 1) * survival
        gain = gain + slope / T
        if np.max(survival, initial=0.0) < 1e-12:
            break

    variance = np.maximum(second - first * first, 0.0)
    return SpikeCount(np.where(reflect, T - first, first)[()], variance[()], gain[()])


def expected_spike_count(
    mean, std, T, v_threshold=1.0, v_init=0.0, spikes_per_step="one", decay=None, shift=None
):
    r"""Expected number of spikes in T steps of noisy input.

    For moderate noise this is the mean of `spike_count_moments`; from 0.75 thresholds per step on
    (1.0 where the mean is negative) one spike per step is a real limit, and it is
    `large_noise_spike_count`.

    Parameters
    ----------
    mean, std, T, v_threshold, v_init, decay, shift
        As in `spike_count_survival`.
    spikes_per_step : {"one", "any"}
        How many spikes the neuron can send in one step.

    Returns
    -------
    array, float64
        In spikes.

    Notes
    -----
    Source: own derivation, chapter 04. Measured against `recursive_spike_count`, Gaussian input,
    one spike per step, std from 0.1 to 3 thresholds, mean from -0.3 to 1.2, v_init from -1 to 1/2.
    For T >= 16: within 5 % or 0.01 spikes, for a negative mean within 8 %. For T = 8: within 9 % or
    0.01 spikes. For T = 4: within 14 % or 0.05. A start at the threshold or above it is out of the
    domain for a negative mean. Bernoulli input: the same as long as a step's skewness is below 0.1
    (0.5 where the mean is positive). Where the mean is negative, from -0.6 std, with `decay` and
    `shift`, T >= 16: within 4 % for 4 input spikes per step and more, 14 % for 2, 33 % for 1.
    `recursive_spike_count` is exact. Where it changes formula the result jumps by up to 6 % (T >=
    8, mean >= 0).

    Examples
    --------
    >>> expected_spike_count(mean=-0.1, std=0.5, T=100).round(2)    # its rectified output is 0
    np.float64(0.63)
    """
    mean, std, T, v_threshold, v_init = _arguments(mean, std, T, v_threshold, v_init)
    skewness = _skewness(mean, decay, shift)
    count = _moments(mean, std, T, v_threshold, v_init, spikes_per_step, skewness).mean

    large = std > v_threshold * np.where(mean < 0, LARGE_NOISE[1], LARGE_NOISE[0])
    if spikes_per_step == "any" or not np.any(large):
        return count
    noise = np.where(large, std, v_threshold)
    return np.where(large, large_noise_spike_count(mean, noise, T, v_threshold, v_init), count)[()]
