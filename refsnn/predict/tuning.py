"""Tuning a conversion by gradients through the closed form: an initial potential and a scale for
every neuron.
"""

import copy
import sys

import numpy as np
import scipy
from tqdm import tqdm

from refsnn import validate
from refsnn.kernels.passage_counts import count_moments, count_moments_backward
from refsnn.kernels.threads import workers
from refsnn.nn import Adam, Conv2d, Dense, Sequential
from refsnn.predict import closure
from refsnn.predict.accuracy import CALIBRATION, IMAGES
from refsnn.predict.linear_maps import read

FLOOR = 1e-12  # added to a margin's variance, where no noise reaches the scores


def miss_probability(mean, variance, y):
    """Probability that class y does not beat every other, margins taken as independent Gaussians.

        1 - product over j != y of Phi((mean_y - mean_j) / sqrt(variance_y + variance_j))

    Returns
    -------
    The probabilities (n,) and their gradients in `mean` and `variance` (n, classes).
    """
    rows = np.arange(len(y))
    others = np.arange(mean.shape[1]) != y[:, None]
    total = variance[rows, y][:, None] + variance + FLOOR
    t = (mean[rows, y][:, None] - mean) / np.sqrt(total)
    log_p = scipy.special.log_ndtr(t)
    right = np.exp((others * log_p).sum(axis=1))
    slope = -right[:, None] * others * np.exp(-0.5 * t * t - log_p) / np.sqrt(2 * np.pi)  # in t
    d_mean, d_variance = -slope / np.sqrt(total), -0.5 * slope * t / total
    d_mean[rows, y] -= d_mean.sum(axis=1)
    d_variance[rows, y] += d_variance.sum(axis=1)
    return 1 - right, d_mean, d_variance


class Tuner:
    """The closed form without covariances (rho stands for them) as a function of each neuron's
    shift and log-scale.

    A neuron of scale c has its weights and bias multiplied by c and what it sends divided by c;
    `shift` is added to its initial potential, in units of its threshold. The positions of a channel
    share both.
    """

    def __init__(self, net, x, T, max_rate):
        self.parts, self.readout, x = read(net, x)
        self.T, self.max_rate = T, np.float32(max_rate)
        self.rhos, self.readout_rho = closure.variance_ratios(
            self.parts, self.readout, x[:CALIBRATION], T, max_rate
        )
        self.square = self.readout.power(2)
        self.params = [
            {name: np.zeros(part.linear.shape[-1]) for name in ("shift", "log_scale")}
            for part in self.parts
        ]

    def _per_neuron(self, part, param):
        return np.tile(param, part.v_threshold.size // param.size)

    def forward(self, x):
        """Means and variances (without covariances) of the scores, and what the way back needs."""
        T, n, kept = self.T, len(x), []
        h, variance = x, closure.input_variance(x, self.max_rate)
        for part, rho, params in zip(self.parts, self.rhos, self.params, strict=True):
            scale = np.exp(self._per_neuron(part, params["log_scale"]))
            v0 = part.v_init + self._per_neuron(part, params["shift"])
            m = part.linear(h).reshape(n, -1) * (T * scale / part.v_threshold)
            s2 = part.square(variance).reshape(n, -1) * (T * rho * (scale / part.v_threshold) ** 2)
            e, v, gain = np.empty_like(m), np.empty_like(m), np.empty_like(m)
            count_moments(m, s2, v0, T, e, v, gain)
            kept.append((m, s2, v0, e, v, scale))
            h, variance = (
                np.float32(a).reshape(n, *part.linear.shape)
                for a in (e / (T * scale), v / (T * scale**2))
            )
        return self.readout(h), self.square(variance) * (self.readout_rho / T), kept

    def gradients(self, x, y):
        """Sum of the images' miss probabilities, and its gradients in every layer's shift and
        log-scale.
        """
        T, n = self.T, len(x)
        mean, variance, kept = self.forward(x)
        losses, d_mean, d_variance = miss_probability(mean.astype(np.float64), variance, y)
        dh = self.readout.adjoint(np.float32(d_mean)).reshape(n, -1)
        dvar = self.square.adjoint(np.float32(d_variance * (self.readout_rho / T))).reshape(n, -1)
        found = []
        for part, rho, (m, s2, v0, e, v, scale) in zip(
            reversed(self.parts), reversed(self.rhos), reversed(kept), strict=True
        ):
            de, dv = dh / (T * scale), dvar / (T * scale**2)
            dm, ds2, dv0 = np.empty_like(m), np.empty_like(m), np.empty_like(m)
            count_moments_backward(m, s2, v0, T, de, dv, dm, ds2, dv0)
            log_scale = dm * m + 2 * ds2 * s2 - de * e - 2 * dv * v
            found.append(
                {
                    name: g.sum(axis=0).reshape(-1, part.linear.shape[-1]).sum(axis=0)
                    for name, g in (("shift", dv0), ("log_scale", log_scale))
                }
            )
            back = [
                np.float32(g).reshape(n, *part.linear.shape)
                for g in (
                    dm * (T * scale / part.v_threshold),
                    ds2 * (T * rho * (scale / part.v_threshold) ** 2),
                )
            ]
            dh, dvar = (
                power.adjoint(g).reshape(n, -1)
                for power, g in zip((part.plain, part.square), back, strict=True)
            )
        return losses.sum(), found[::-1]

    def apply(self, net):
        """A copy of the network with the shifts and scales in its potentials and weights."""
        layers, pending = copy.deepcopy(list(net)), None
        by_index = {
            part.index: (part, params) for part, params in zip(self.parts, self.params, strict=True)
        }
        for i, layer in enumerate(layers):
            if isinstance(layer, (Dense, Conv2d)):
                if pending is not None:
                    inputs = layer.weight.shape[-2]
                    layer.weight = (
                        layer.weight / np.float32(np.tile(pending, inputs // pending.size))[:, None]
                    )
                last, pending = layer, None
            elif i in by_index:
                part, params = by_index[i]
                pending = np.exp(params["log_scale"])
                last.weight = last.weight * np.float32(pending)
                if last.bias is not None:
                    last.bias = last.bias * np.float32(pending)
                layer.v_init = np.float32(layer.v_init + layer.v_threshold * params["shift"])
        return Sequential(layers, input_shape=net.input_shape)


def tune_conversion(
    net,
    x,
    y,
    T,
    max_rate,
    *,
    rng,
    epochs=1,
    batch_size=100,
    learning_rate=0.02,
    progress=True,
    threads=None,
):
    """A copy of a converted network with an initial potential and a scale of its own for every
    neuron, for one T.

    Gradient descent (Adam) on the training images' mean `miss_probability`, through the closed form
    of `predict_accuracy` without its covariances between neurons, in whose place the ratios rho of
    the untuned network stand. Scales are compensated: as a rectifier network the copy computes what
    `net` does. The positions of a channel share one potential shift and one scale.

    Parameters
    ----------
    net : nn.Sequential
        As for `predict_accuracy`; not touched.
    x : array (N, ...) of float
        Training images: thousands, for two numbers a neuron are fitted.
    y : array (N,) of int
    T : int
        Time steps it is tuned for; it may be worse at others.
    max_rate : float
        Of the Bernoulli input.
    rng : numpy.random.Generator
        Orders the images.
    epochs, batch_size : int
    learning_rate : float
        Of Adam, falling to 0 over the run; in thresholds a step for potentials, in e-folds a step
        for scales.
    progress : bool
        Whether a progress bar is shown on stderr.
    threads : int or None
        Default: all processors. The result has the same bits for any number.

    Returns
    -------
    nn.Sequential

    Raises
    ------
    ValueError, TypeError
        As `predict_accuracy`.

    Notes ----- Source: own derivation, chapter 04. What it gains was measured by simulation in the
    study `tuning`, at a rate of 0.2 with two hidden layers and three seeds: on Fashion-MNIST 1.7
    points at T = 4 and nothing clear at T = 8 (0.5) and T = 16 (0.2), where a search by simulation
    over a percentile and two initial potentials gained nothing clear (0.8, 0.5 and 0.1); on the
    digits, whose noise is near the edge of the domain, it lost 2.0 points at T = 4, gained 1.4 at T
    = 8 and nothing clear at T = 16 (0.4). Check a tuned network by simulation.
    """
    _, readout, x = read(net, x)
    T, max_rate = (
        validate.integer("T", T),
        validate.number("max_rate", max_rate, above=0, high=1),
    )
    epochs, batch_size = (
        validate.integer("epochs", epochs),
        validate.integer("batch_size", batch_size),
    )
    optimiser = Adam(learning_rate)
    validate.generator(rng)
    threads = validate.threads(threads)
    y = validate.labels(y, len(x), readout.shape[0])
    with workers(threads) as run_all:
        tuner = Tuner(net, x, T, max_rate)
        states = [
            {name: optimiser.start(param) for name, param in params.items()}
            for params in tuner.params
        ]
        starts, step = range(0, len(x), batch_size), 0
        with tqdm(
            total=epochs * len(starts),
            disable=not progress,
            file=sys.stderr,
            desc="tune",
            unit="step",
        ) as bar:
            for _ in range(epochs):
                order = rng.permutation(len(x))
                for a in starts:
                    batch = order[a : a + batch_size]
                    slabs = [batch[b : b + IMAGES] for b in range(0, len(batch), IMAGES)]
                    results = run_all(lambda slab: tuner.gradients(x[slab], y[slab]), slabs)
                    step += 1
                    for i, params in enumerate(tuner.params):
                        for name, param in params.items():
                            gradient = sum(found[i][name] for _, found in results) / len(batch)
                            optimiser.update(
                                param, gradient, states[i][name], step, (step - 1) / bar.total
                            )
                    bar.set_postfix(missed=f"{sum(loss for loss, _ in results) / len(batch):.3f}")
                    bar.update()
        return tuner.apply(net)
