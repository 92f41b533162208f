"""From pixels to spike counts: means and variances of one layer's counts give the next layer's
potential.

N counts spikes after T steps, V is a neuron's total input over T steps in units of its threshold. A
layer's counts are approximated by a part that is linear in V, plus noise of its own,

    Cov(N) = G Cov(V) G + diag(D),     G^2 Var(V) + D = Var(N),

with G the slope dE[N]/dE[V], enlarged by half of the variance that slope and rounding (1/12) leave
unexplained. That half, ALPHA, is not derived: it is a choice, made before the study `prediction`
that shows how well it does. Source: own derivation, chapter 04.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import scipy

from refsnn.kernels.spike_counts import count_moments
from refsnn.nn.layer import Array
from refsnn.predict.linear_maps import LinearMap, Neurons

ALPHA = 0.5
ROUNDING_VARIANCE = 1 / 12  # of a rounding error that is uniform over one spike
PROBES = 16  # random signs for one covariance factor of a network with convolutions

Moments = tuple[Array, Array, Array]  # mean, variance and slope of a count


class Counts(NamedTuple):
    """A layer of neurons on some images, all (n, F) of float64: input V and spike count N after T
    steps.
    """

    m: Array  # mean of V
    s2: Array  # variance of V
    mean: Array  # of N
    variance: Array  # of N
    gain: Array  # G
    own: Array  # D


def first_passage_moments(m: Array, s2: Array, v0: Array, T: int) -> Moments:
    """Mean, variance and slope of the count: every path to threshold k makes k spikes, but at most
    one per step.

    Means are `theory.expected_spike_count`. Under large noise, where that has a formula of its own,
    the variance of first passage is scaled with the mean: its ratio to the mean is kept. This is
    not derived. It was preferred on networks of seeds from 100 on and training images to the
    variance of the time that two drifts spend above the threshold, which is nearer for single
    neurons and gave predictions a point higher.
    """
    mean, variance, slope = np.empty_like(m), np.empty_like(m), np.empty_like(m)
    count_moments(m, s2, v0, T, mean, variance, slope)
    return mean, variance, slope


def rectified_moments(m: Array, s2: Array, v0: Array, T: int) -> Moments:
    """The baseline: the count is max(0, V + v0 - 1/2) with Gaussian V, as if a neuron could take
    spikes back.
    """
    # Mean and standard deviation of what is rectified; without noise it is above 0 surely, or not.
    m = m + v0 - 0.5
    s = np.sqrt(s2)
    u = np.divide(m, s, out=np.where(m > 0, np.inf, -np.inf), where=s > 0)
    slope = scipy.special.ndtr(u)  # the probability to be above 0
    density = s * np.exp(-0.5 * u * u) / np.sqrt(2 * np.pi)

    # Its first two moments above 0; a count that is not 0 is rounded.
    mean = m * slope + density
    second_moment = (m * m + s2) * slope + m * density
    variance = np.maximum(second_moment - mean**2, 0) + ROUNDING_VARIANCE * slope
    return mean, variance, slope


def split(s2: Array, variance: Array, slope: Array) -> tuple[Array, Array]:
    """The gain G and the neuron's own variance D, with G^2 s2 + D = variance unless D was cut off
    at 0.
    """
    own = np.maximum(variance - slope**2 * s2, 0)
    shared = ALPHA * np.maximum(own - ROUNDING_VARIANCE, 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        gain = np.sqrt(slope**2 + shared / s2)  # eq. count-split
    return np.where(s2 > 0, gain, 0), own - shared


def pixel_variance(x: Array, max_rate: float) -> Array:
    """Variance per step of pixels x, as Bernoulli spikes of 1 / max_rate at rates max_rate x."""
    spike = 1 / np.float32(max_rate)
    return x * (spike - x)


def layer_counts(
    part: Neurons,
    h: Array,
    variance: Array,
    T: int,
    rho: Array,
    moments: Callable[..., Moments] = first_passage_moments,
) -> Counts:
    """Counts of a layer, from its inputs' means h and variances per step, (n, ...) of float32."""
    theta = part.v_threshold
    mean = part.linear(h).astype(np.float64)
    variance = part.square(variance).astype(np.float64)

    m = T * mean / theta
    s2 = T * rho * variance / theta**2  # eq. closure-input
    mean, variance, slope = moments(m, np.maximum(s2, 0), part.v_init, T)
    return Counts(m, s2, mean, variance, *split(s2, variance, slope))


def spikes_per_step(counts: Counts, T: int) -> tuple[Array, Array]:
    """Mean and variance per step of a layer's spikes, (n, F) of float32: its output."""
    mean, variance = counts.mean / T, counts.variance / T
    return mean.astype(np.float32), variance.astype(np.float32)


def forward(
    parts: list[Neurons],
    x: Array,
    T: int,
    max_rate: float,
    rhos: list,
    moments: Callable[..., Moments] = first_passage_moments,
) -> list[Counts]:
    """Counts of every layer for images x (n, ...)."""
    h = x
    variance = pixel_variance(x, max_rate)
    layers = []
    for part, rho in zip(parts, rhos, strict=True):
        counts = layer_counts(part, h, variance, T, rho, moments)
        h, variance = spikes_per_step(counts, T)
        layers.append(counts)
    return layers


def score_moments(
    parts: list[Neurons],
    readout: LinearMap,
    x: Array,
    T: int,
    max_rate: float,
    layers: list[Counts],
) -> tuple[Array, Array]:
    """Mean (n, classes) and covariance (n, classes, classes) of the scores, without any hidden
    layer's covariance.

    The readout A (classes, F) is carried back: a layer adds A D A', then A <- A G W; the input adds
    A Var A'.
    """
    n, classes = len(x), readout.shape[0]
    last, _ = spikes_per_step(layers[-1], T)
    mean = readout(last).astype(np.float64)

    a = readout.adjoint(np.eye(classes, dtype=np.float32))[None]
    covariance = np.zeros((n, classes, classes))
    for part, counts in zip(reversed(parts), reversed(layers), strict=True):
        covariance += _outer(a, counts.own)  # eq. score-covariance
        gain = (counts.gain / part.v_threshold).astype(np.float32)
        a = a * gain[:, None]  # (n, classes, F)
        a = part.linear.adjoint(a.reshape(n * classes, -1))
        a = a.reshape(n, classes, -1)

    variance = pixel_variance(x, max_rate).reshape(n, -1)
    covariance += _outer(a, T * variance)
    return mean, covariance / T**2


def _outer(a, variance):
    """A diag(variance) A' for each image."""
    a = np.broadcast_to(a, (len(variance), *a.shape[1:]))
    scaled = a * variance[:, None].astype(a.dtype)
    return np.matmul(scaled, a.transpose(0, 2, 1)).astype(np.float64)


def variance_ratios(
    parts: list[Neurons],
    x: Array,
    T: int,
    max_rate: float,
    moments: Callable[..., Moments] = first_passage_moments,
) -> list[Array]:
    """rho of every layer: its potentials' variance over that under independent inputs, (F,).

    Both are summed over the images x. A covariance is held as a factor F, Cov = F'F. In a dense
    network F has a row for every source of noise: exact. With convolutions it has PROBES rows, in
    each every source with a random sign: unbiased, averaged over images and positions.
    """
    exact = all(len(part.linear.shape) == 1 for part in parts)
    signs = np.random.default_rng(0)  # a fixed table of signs

    def independent(variance):
        """A factor of diag(variance)."""
        std = np.sqrt(variance).astype(np.float32)
        if exact:
            return np.diag(std)[std > 0]
        return signs.choice(np.float32([-1, 1]), (PROBES, len(std))) * std

    h = x.reshape(len(x), -1)
    variance = pixel_variance(h, max_rate)
    factors = [independent(T * row) for row in variance]
    rhos: list[Array] = []
    for part in parts:
        # The potentials' variances: with all covariances, and with independent inputs.
        theta = part.v_threshold.astype(np.float32)
        factors = [part.plain(factor) / theta for factor in factors]
        s2 = T * part.square(variance) / theta**2
        if rhos:
            rhos.append(_ratio(factors, s2, part.linear.shape, exact))
        else:
            rhos.append(np.ones(theta.shape))  # pixels are independent

        # The counts' covariances: what the potentials share, and noise of the neurons' own.
        counts = layer_counts(part, h, variance, T, rhos[-1], moments)
        for i, factor in enumerate(factors):
            shared = factor * counts.gain[i].astype(np.float32)
            own = independent(counts.own[i])
            factors[i] = np.concatenate([shared, own]) if exact else shared + own
        h, variance = spikes_per_step(counts, T)
    return rhos


def _ratio(factors, s2, shape, exact):
    """The factors' variances over s2 (n, F), both summed over images and, unless exact, over the
    positions of a channel: (F,).
    """
    full = sum(np.einsum("pf,pf->f", factor, factor, dtype=np.float64) for factor in factors)
    independent = s2.sum(axis=0, dtype=np.float64)
    if not exact:
        full = full / PROBES
        full, independent = _over_positions(full, shape), _over_positions(independent, shape)
    return np.divide(full, independent, out=np.ones_like(full), where=independent > 0)


def _over_positions(sums, shape):
    """One number per neuron (F,), summed over the positions of its channel, for each of them."""
    if len(shape) == 1:
        return sums
    channels = sums.reshape(-1, shape[-1])
    return np.tile(channels.sum(axis=0), len(channels))
