"""From pixels to spike counts: means and variances of one layer's counts give the next layer's
potential.

N counts spikes after T steps, V is a neuron's total input over T steps in units of its threshold. A
layer's counts are approximated by what is linear in V, plus noise of its own,

    Cov(N) = G Cov(V) G + diag(D),     G^2 Var(V) + D = Var(N),

with G the slope dE[N]/dE[V], enlarged by half of the variance that slope and rounding (1/12) leave
unexplained. That half, ALPHA, is not derived: it is a choice, made before the study `prediction`
that shows how well it does. Source: own derivation, chapter 04.
"""

from typing import NamedTuple

import numpy as np
import scipy

from refsnn.kernels.spike_counts import count_moments

ALPHA = 0.5
ROUNDING = 1 / 12  # variance of a rounding error that is uniform over one spike
PROBES = 16  # random signs for one covariance factor of a network with convolutions


class Counts(NamedTuple):
    """A layer of neurons on some images, all (n, F) and float64: input V and spike count N after T
    steps.
    """

    m: np.ndarray  # mean of V
    s2: np.ndarray  # variance of V
    mean: np.ndarray  # of N
    variance: np.ndarray  # of N
    gain: np.ndarray  # G
    own: np.ndarray  # D


def first_passage_moments(m, s2, v0, T):
    """Mean, variance and slope of the count: any path to threshold k makes k spikes, but at most
    one a step.

    Means are `theory.expected_spike_count`. Under large noise, where that has a formula of its own,
    the variance of first passage is scaled with the mean: its ratio to the mean is kept. This is
    not derived. It was preferred on networks of seeds from 100 on and training images to the
    variance of the time that two drifts spend above the threshold, which is nearer for single
    neurons and gave predictions a point higher.
    """
    mean, variance, slope = np.empty_like(m), np.empty_like(m), np.empty_like(m)
    count_moments(m, s2, v0, T, mean, variance, slope)
    return mean, variance, slope


def rectified_moments(m, s2, v0, T):
    """The baseline: the count is max(0, V + v0 - 1/2) with Gaussian V, as if a neuron could take
    spikes back.
    """
    s, m = np.sqrt(s2), m + v0 - 0.5
    u = np.divide(m, s, out=np.where(m > 0, np.inf, -np.inf), where=s > 0)
    slope, density = scipy.special.ndtr(u), s * np.exp(-0.5 * u * u) / np.sqrt(2 * np.pi)
    mean = m * slope + density
    return (
        mean,
        np.maximum((m * m + s2) * slope + m * density - mean**2, 0) + ROUNDING * slope,
        slope,
    )


def split(s2, variance, slope, alpha=ALPHA):
    """The gain G and the variance D of a neuron's own, with G^2 s2 + D = variance where D was not
    cut off at 0.
    """
    own = np.maximum(variance - slope**2 * s2, 0)
    shared = alpha * np.maximum(own - ROUNDING, 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        gain = np.where(s2 > 0, np.sqrt(slope**2 + shared / s2), 0)  # eq. count-split
    return gain, own - shared


def input_variance(x, max_rate):
    """Variance a step of a pixel sent as Bernoulli spikes of size 1 / max_rate at rate max_rate *
    x.
    """
    return x * (1 / max_rate - x)


def layer_counts(part, h, variance, T, rho, moments=first_passage_moments):
    """Counts of a layer from its inputs' means and variances a step, h and `variance` (n, ...),
    float32.
    """
    n, theta = len(h), part.v_threshold
    m = T * part.linear(h).reshape(n, -1).astype(np.float64) / theta
    s2 = (
        T * rho * part.square(variance).reshape(n, -1).astype(np.float64) / theta**2
    )  # eq. closure-input
    mean, count_variance, slope = moments(m, np.maximum(s2, 0), part.v_init, T)
    return Counts(m, s2, mean, count_variance, *split(s2, count_variance, slope))


def forward(parts, x, T, max_rate, rhos, moments=first_passage_moments):
    """Counts of every layer for images x (n, ...)."""
    h, variance, layers = x, input_variance(x, np.float32(max_rate)), []
    for part, rho in zip(parts, rhos, strict=True):
        layers.append(layer_counts(part, h, variance, T, rho, moments))
        h, variance = (
            np.float32(array / T).reshape(-1, *part.linear.shape)
            for array in (layers[-1].mean, layers[-1].variance)
        )
    return layers


def score_moments(parts, readout, x, T, max_rate, layers):
    """Mean (n, classes) and covariance (n, classes, classes) of the scores, without a hidden
    covariance.

    The readout A (classes, F) is carried back: a layer adds A D A', then A <- A G W; the input adds
    A Var A'.
    """
    n, classes = len(x), readout.shape[0]
    mean = readout(np.float32(layers[-1].mean / T).reshape(n, *readout.input_shape)).astype(
        np.float64
    )
    a = readout.adjoint(np.eye(classes, dtype=np.float32)).reshape(1, classes, -1)
    covariance = np.zeros((n, classes, classes))
    for part, counts in zip(reversed(parts), reversed(layers), strict=True):
        covariance += _outer(a, counts.own)  # eq. score-covariance
        a = a * (counts.gain / part.v_threshold).astype(np.float32)[:, None]  # (n, classes, F)
        a = part.linear.adjoint(a.reshape(n * classes, *part.linear.shape)).reshape(n, classes, -1)
    covariance += _outer(a, T * input_variance(x, np.float32(max_rate)).reshape(n, -1))
    return mean, covariance / T**2


def _outer(a, variance):
    """A diag(variance) A' for each image."""
    a = np.broadcast_to(a, (len(variance), *a.shape[1:]))
    return np.matmul(a * variance[:, None].astype(a.dtype), a.transpose(0, 2, 1)).astype(np.float64)


def variance_ratios(parts, readout, x, T, max_rate, moments=first_passage_moments):
    """rho of every layer and of the readout: a potential's variance over what independent inputs
    would give.

    Both are summed over the images x. A covariance is held as a factor F, Cov = F'F. In a dense
    network F has a row for every source of noise: exact. With convolutions it has PROBES rows, in
    each every source with a random sign: unbiased, averaged over images and positions.
    """
    exact = all(len(part.linear.shape) == 1 for part in parts)
    signs = np.random.default_rng(0)  # a fixed table of signs

    def independent(variance):
        std = np.sqrt(variance).astype(np.float32)
        return (
            np.diag(std)[std > 0]
            if exact
            else signs.choice(np.float32([-1, 1]), (PROBES, len(std))) * std
        )

    h, variance, rhos = x, input_variance(x, np.float32(max_rate)), []
    factors = [independent(T * row) for row in variance.reshape(len(x), -1)]
    for part in parts:
        theta = part.v_threshold.astype(np.float32)
        factors = [_plain(part.plain, factor) / theta for factor in factors]
        independent_s2 = T * part.square(variance).reshape(len(x), -1) / theta**2
        rhos.append(
            _ratio(factors, independent_s2, part.linear.shape, exact)
            if rhos
            else np.ones(theta.shape)
        )  # pixels are independent
        counts = layer_counts(part, h, variance, T, rhos[-1], moments)
        for i, factor in enumerate(factors):
            carried, own = factor * counts.gain[i].astype(np.float32), independent(counts.own[i])
            factors[i] = np.concatenate([carried, own]) if exact else carried + own
        h, variance = (
            np.float32(array / T).reshape(-1, *part.linear.shape)
            for array in (counts.mean, counts.variance)
        )
    factors = [_plain(readout.power(1), factor) for factor in factors]
    return rhos, _ratio(factors, T * readout.power(2)(variance), readout.shape, True)


def _plain(linear, factor):
    """The rows of a covariance factor through a map without biases."""
    return linear(factor.reshape(-1, *linear.input_shape)).reshape(len(factor), -1)


def _ratio(factors, diagonal, shape, exact):
    """The factors' variances over `diagonal` (n, F), summed over images and, unless exact, a
    channel's positions.
    """
    sums = np.stack(
        [
            sum(np.einsum("pf,pf->f", factor, factor, dtype=np.float64) for factor in factors)
            / (1 if exact else PROBES),
            diagonal.sum(axis=0, dtype=np.float64),
        ]
    )
    if not exact and len(shape) == 3:
        sums = np.broadcast_to(
            sums.reshape(2, -1, shape[-1]).sum(axis=1, keepdims=True),
            (2, int(np.prod(shape[:2])), shape[-1]),
        ).reshape(2, -1)
    return np.divide(sums[0], sums[1], out=np.ones_like(sums[0]), where=sums[1] > 0)
