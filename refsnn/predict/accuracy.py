"""Predicted accuracy: score moments by the count closure, then the probability that the right class
wins.
"""

import functools

import numpy as np
import scipy

from refsnn import validate
from refsnn.kernels.threads import workers
from refsnn.nn import Conv2d
from refsnn.predict import closure
from refsnn.predict.linear_maps import read
from refsnn.predict.result import DRIFT, SIGMA, SIGMA_CONVOLUTIONAL, SKEW, Domain, Prediction

IMAGES = 16  # images carried at a time: memory does not depend on N
CALIBRATION = 20  # images on which rho is measured
# points for the integral over scores: with 128, images of like covariance were half a point off
NORMALS = 1024
JITTER = 1e-6  # share of the mean variance added to the diagonal: ten float32 roundings


@functools.cache
def sobol_normals(classes):
    """Fixed standard normals (NORMALS, classes): a Sobol sequence at the midpoints of NORMALS equal
    shares.
    """
    from scipy.stats import qmc  # scipy.stats takes a second to import

    points = qmc.Sobol(classes, scramble=False).random(NORMALS)
    return scipy.special.ndtri(points + 0.5 / NORMALS)


def winning_probability(mean, covariance, y):
    """Probability that the score of class y is the largest, for Gaussian scores: (n,)."""
    n, classes = mean.shape
    trace = np.trace(covariance, axis1=1, axis2=2) / classes
    jitter = (JITTER * trace + 1e-30)[:, None, None] * np.eye(classes)
    draws = mean[:, None] + sobol_normals(classes) @ np.linalg.cholesky(
        covariance + jitter
    ).transpose(0, 2, 1)
    return np.mean(draws.argmax(axis=2) == y[:, None], axis=1)


def _domains(parts, x, T, max_rate, layers):
    """Of every layer: each image's median sigma, largest |skew| and share of neurons outside,
    (layers, 3, n).
    """
    high, h, found = np.float32(1 / max_rate), x, []
    for part, counts in zip(parts, layers, strict=True):
        second = h * (high - h)  # cumulants of Bernoulli spikes of size `high` and mean h
        kappa2, kappa3 = (
            power(kappa).reshape(len(x), -1)
            for power, kappa in ((part.square, second), (part.cube, second * (high - 2 * h)))
        )
        skew = np.abs(np.divide(kappa3, kappa2**1.5, out=np.zeros_like(kappa3), where=kappa2 > 0))
        sigma = np.sqrt(counts.s2 / T)
        outside = (sigma > 0) & ((sigma > SIGMA) | (counts.m / T > DRIFT) | (skew > SKEW))
        found.append([np.median(sigma, axis=1), skew.max(axis=1), outside.mean(axis=1)])
        high, h = (
            np.float32(1),
            np.float32(np.minimum(counts.mean / T, 1)).reshape(-1, *part.linear.shape),
        )
    return np.stack(found)


def _predict(net, x, y, T, max_rate, calibration_data, threads, moments):
    parts, readout, x = read(net, x)
    y = validate.labels(y, len(x), readout.shape[0])
    T = validate.integer("T", T)
    max_rate = validate.number("max_rate", max_rate, above=0, high=1)
    threads = validate.threads(threads)
    known = (
        x
        if calibration_data is None
        else net.check_input(validate.pixels(calibration_data, "calibration_data"))
    )
    rhos = [1.0]
    slabs = [slice(a, min(a + IMAGES, len(x))) for a in range(0, len(x), IMAGES)]

    def one_slab(part):
        layers = closure.forward(parts, x[part], T, max_rate, rhos, moments)
        mean, covariance = closure.score_moments(parts, readout, x[part], T, max_rate, layers)
        return (
            winning_probability(mean, covariance, y[part]),
            mean,
            _domains(parts, x[part], T, max_rate, layers),
            np.stack([counts.mean.mean(axis=1) for counts in layers]),
        )

    with workers(threads) as run_all:
        if len(parts) > 1:
            rhos, _ = closure.variance_ratios(
                parts, readout, known[:CALIBRATION], T, max_rate, moments
            )
        probabilities, scores, domains, counts = zip(*run_all(one_slab, slabs), strict=True)
    probabilities, domains = np.concatenate(probabilities), np.concatenate(domains, axis=2)
    convolutional = any(isinstance(layer, Conv2d) for layer in net)
    domain = Domain(
        np.median(domains[:, 0], axis=1),
        domains[:, 1].max(axis=1),
        domains[:, 2].mean(axis=1),
        SIGMA_CONVOLUTIONAL if convolutional else SIGMA,
    )
    return Prediction(
        float(probabilities.mean()),
        probabilities,
        np.concatenate(scores),
        np.concatenate(counts, axis=1).mean(axis=1) / T,
        T,
        max_rate,
        domain,
    )


def predict_accuracy(net, x, y, T, max_rate, *, calibration_data=None, threads=None):
    """The accuracy of a converted network under rate-coded input, without simulating it.

    For each image, the mean and variance of every hidden neuron's input over T steps give, by first
    passage, the mean, the variance and the gain of its spike count; the next layer sees these.
    Counts are carried as linear in the input plus noise of their own, so that the scores'
    covariance is a sum of terms A D A' with A carried back from the readout, and

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

    Raises
    ------
    ValueError, TypeError
        If the network leaks, resets to zero, ends in neurons or has layers that conversion does not
        leave; if x, y, T or max_rate is not as above.

    Notes
    -----
    Deterministic. Memory does not depend on N. Source: own derivation, chapter 04.
    """
    return _predict(
        net, x, y, T, max_rate, calibration_data, threads, closure.first_passage_moments
    )


def rectified_gaussian_accuracy(net, x, y, T, max_rate, *, calibration_data=None, threads=None):
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
