"""Predicted accuracy: score moments by the count closure, then the probability that the right class
wins.
"""

import functools

import numpy as np
import scipy

from refsnn import validate
from refsnn.kernels.threads import workers
from refsnn.nn import Conv2d, Sequential
from refsnn.nn.layer import Array
from refsnn.predict import closure
from refsnn.predict.linear_maps import read
from refsnn.predict.result import DRIFT, SIGMA, SIGMA_CONVOLUTIONAL, SKEW, Domain, Prediction
from refsnn.snn import Poisson

AT_ONCE = 16  # images carried at a time: memory does not depend on N
CALIBRATION = 20  # images on which rho is measured
# points for the integral over scores: with 128, images of like covariance were half a point off
NORMALS = 1024
JITTER = 1e-6  # share of the mean variance added to the diagonal: ten float32 roundings


@functools.cache
def sobol_normals(classes: int) -> Array:
    """Fixed standard normals (NORMALS, classes): a Sobol sequence at the midpoints of NORMALS equal
    shares.
    """
    from scipy.stats import qmc  # scipy.stats takes a second to import

    points = qmc.Sobol(classes, scramble=False).random(NORMALS)
    return scipy.special.ndtri(points + 0.5 / NORMALS)


def winning_probability(mean: Array, covariance: Array, y: Array) -> Array:
    """Probability that the score of class y is the largest, for Gaussian scores: (n,)."""
    # A root of the covariance; a little more on its diagonal, so that rounded ones have a root.
    classes = mean.shape[1]
    mean_variance = np.trace(covariance, axis1=1, axis2=2) / classes
    jitter = JITTER * mean_variance + 1e-30
    root = np.linalg.cholesky(covariance + jitter[:, None, None] * np.eye(classes))

    # The share of the draws in which class y wins.
    draws = mean[:, None] + sobol_normals(classes) @ root.transpose(0, 2, 1)
    winners = draws.argmax(axis=2)
    return np.mean(winners == y[:, None], axis=1)


def _domains(parts, x, T, max_rate, layers):
    """For every layer, each image's median sigma, largest |skew| and share of neurons outside:
    (layers, 3, n).
    """
    size, h = np.float32(1 / max_rate), x  # of the spikes that come in: each one's, their mean
    domains = []
    for part, counts in zip(parts, layers, strict=True):
        # Cumulants of a step's input, from those of Bernoulli spikes.
        variance = h * (size - h)
        third = variance * (size - 2 * h)
        kappa2, kappa3 = part.square(variance), part.cube(third)

        sigma = np.sqrt(counts.s2 / T)
        skew = np.zeros_like(kappa3)
        np.divide(kappa3, kappa2**1.5, out=skew, where=kappa2 > 0)
        skew = np.abs(skew)
        outside = (sigma > SIGMA) | (counts.m / T > DRIFT) | (skew > SKEW)
        outside = outside & (sigma > 0)
        domains.append([np.median(sigma, axis=1), skew.max(axis=1), outside.mean(axis=1)])

        size = np.float32(1)
        h = np.float32(np.minimum(counts.mean / T, 1))
    return np.stack(domains)


def _predict(net, x, y, T, max_rate, calibration_data, threads, moments):
    """The prediction with any closure's `moments` of a spike count."""
    # The network as linear maps between its neurons, and the images, checked.
    validate.instance("net", net, Sequential, "a network from convert.to_spiking")
    T = validate.integer("T", T)
    encoder = Poisson(max_rate)
    x = net.check_input(x, "x", encoder)
    parts, readout = read(net, x.shape[1:])
    y = validate.labels(y, len(x), readout.shape[0])
    known = x
    if calibration_data is not None:
        known = net.check_input(calibration_data, "calibration_data", encoder)

    # Slab by slab: moments of the neurons, of the scores, and who wins.
    rhos = [1.0]

    def one_slab(slab):
        images = x[slab]
        layers = closure.forward(parts, images, T, max_rate, rhos, moments)
        mean, covariance = closure.score_moments(parts, readout, images, T, max_rate, layers)
        probabilities = winning_probability(mean, covariance, y[slab])
        domains = _domains(parts, images, T, max_rate, layers)
        counts = np.stack([layer.mean.mean(axis=1) for layer in layers])
        return probabilities, mean, domains, counts

    slabs = [slice(start, start + AT_ONCE) for start in range(0, len(x), AT_ONCE)]
    with workers(validate.threads(threads)) as run_all:
        if len(parts) > 1:
            rhos = closure.variance_ratios(parts, known[:CALIBRATION], T, max_rate, moments)
        probabilities, scores, domains, counts = zip(*run_all(one_slab, slabs), strict=True)

    # All slabs in one answer.
    probabilities = np.concatenate(probabilities)
    sigma, skew, outside = np.concatenate(domains, axis=2).swapaxes(0, 1)  # (layers, N) each
    convolutional = any(isinstance(layer, Conv2d) for layer in net)
    return Prediction(
        accuracy=float(probabilities.mean()),
        probabilities=probabilities,
        scores=np.concatenate(scores),
        spike_rates=np.concatenate(counts, axis=1).mean(axis=1) / T,
        T=T,
        max_rate=max_rate,
        domain=Domain(
            sigma=np.median(sigma, axis=1),
            skew=skew.max(axis=1),
            outside=outside.mean(axis=1),
            sigma_limit=SIGMA_CONVOLUTIONAL if convolutional else SIGMA,
        ),
    )


def predict_accuracy(
    net: Sequential,
    x: Array,
    y: Array,
    T: int,
    max_rate: float,
    *,
    calibration_data: Array | None = None,
    threads: int | None = None,
) -> Prediction:
    """The accuracy of a converted network under rate-coded input, without simulating it.

    For each image, the mean and variance of every hidden neuron's input over T steps give, by first
    passage, the mean, the variance and the slope of its spike count; the next layer sees these.
    Counts are taken as linear in the input plus noise of their own, so that the scores' covariance
    is a sum of terms A D A' with A carried back from the readout, and

        accuracy = mean over images of P(Gaussian score of class y is the largest).

    Parameters
    ----------
    net : nn.Sequential
        From `convert.to_spiking` with reset="subtract" and readout="accumulate": dense,
        convolutional and average pooling layers, any depth.
    x : array (N, ...) of float
        Images, pixels in [0, 1].
    y : array (N,) of int
        Labels.
    T : int
        Time steps.
    max_rate : float
        As in `snn.Poisson(max_rate)`, Bernoulli spikes: in (0, 1].
    calibration_data : array (M, ...) of float
        Networks of several hidden layers: images on whose first 20 the ratio of a potential's
        variance to that under independent inputs is measured, exactly for dense networks, by 16
        fixed random signs otherwise. Default: x.
    threads : int or None
        Default: all processors. The result has the same bits for any number.

    Returns
    -------
    Prediction
        Printing it shows its domain, and warns in words where it should not be trusted.

    Notes
    -----
    Deterministic. Memory does not depend on N. Source: own derivation, chapter 04.
    """
    return _predict(
        net, x, y, T, max_rate, calibration_data, threads, closure.first_passage_moments
    )


def rectified_gaussian_accuracy(
    net: Sequential,
    x: Array,
    y: Array,
    T: int,
    max_rate: float,
    *,
    calibration_data: Array | None = None,
    threads: int | None = None,
) -> Prediction:
    """The baseline of `predict_accuracy`: spike counts are rectified Gaussians, as if a neuron
    could take back spikes.

    E[N] = E[max(0, V + v_init - 1/2)] for a Gaussian input V over T steps (thresholds of 1), with
    slope Phi and rounding variance 1/12 where active. Everything else, parameters and result, is as
    in `predict_accuracy`: the difference between the two is what the path to the threshold adds.

    Notes
    -----
    Source: own derivation, chapter 04.
    """
    return _predict(net, x, y, T, max_rate, calibration_data, threads, closure.rectified_moments)
