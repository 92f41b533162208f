"""Batch norm: each channel to mean 0 and variance 1 over the batch, then to a learned mean and
scale.
"""

from typing import NamedTuple

import numpy as np

from refsnn import validate
from refsnn.kernels import batch_statistics as kernels
from refsnn.nn.layer import Layer, Run

EPS = 1e-5
MOMENTUM = 0.1  # weight of the newest batch in the running statistics


class BatchNormCache(NamedTuple):
    """Inputs, mean and scale / std of a call; `buffers` are the running statistics after it (None
    outside training).
    """

    slabs: list
    mean: np.ndarray
    inv_std: np.ndarray
    buffers: dict | None


def _lines(x, *vectors):
    """Images as lines of pixels (N * H, W * C), other inputs as rows; vectors of channels repeated
    along a line.
    """
    width = x.shape[-2] if x.ndim == 4 else 1
    return np.ascontiguousarray(x).reshape(-1, width * x.shape[-1]), *(
        np.tile(vector, width) for vector in vectors
    )


def _sums(a, b, mean, inv_std):
    """For each channel, the sums of `a` and of a (b - mean) inv_std: (2, C) of float64."""
    (a, mean, inv_std), (b,), features = _lines(a, mean, inv_std), _lines(b), len(mean)
    sums = np.zeros((2, a.shape[1]))
    kernels.column_sums(a, b, mean, inv_std, sums)
    return sums.reshape(2, -1, features).sum(axis=1)


class BatchNorm(Layer):
    """y = gamma scale (x - mean) / sqrt(var + 1e-5) + beta, per feature of the last axis.

    While training, mean and (biased) variance are the batch's, over all axes but the last; at other
    times they are the running ones, r <- 0.9 r + 0.1 new, whose variance is unbiased. Sums run in
    float64 over fixed slabs in a fixed order, so that the result does not depend on the number of
    threads. In a spiking network the batch is all steps of all images.

    Parameters
    ----------
    features : int
        Size of the last axis: channels, or features of a dense layer.
    scale : float
        Above 0; the threshold of the neurons that follow gives the threshold-dependent batch norm
        of Zheng et al. 2021.

    Attributes
    ----------
    gamma, beta : arrays (features,) of float32
    running_mean, running_var : arrays (features,) of float32

    Notes
    -----
    Source: derived in chapter 01; through time and with `scale`, chapter 08.
    """

    parameter_names = ("gamma", "beta")
    buffer_names = ("running_mean", "running_var")
    whole_batch = True

    def __init__(self, features, scale=1.0):
        self.features = validate.integer("features", features)
        self.scale = validate.number("scale", scale, above=0)
        self.gamma, self.beta = (
            np.ones(self.features, np.float32),
            np.zeros(self.features, np.float32),
        )
        self.running_mean, self.running_var = (
            np.zeros(self.features, np.float32),
            np.ones(self.features, np.float32),
        )

    def config(self):
        return {"features": self.features, "scale": self.scale}

    def output_shape(self, shape):
        if shape[-1] != self.features:
            raise ValueError(
                f"{self} takes {self.features} features on the last axis, not {shape[-1]}."
            )
        return shape

    def forward_slabs(self, slabs, run, run_all):
        """Outputs of a batch that is cut into slabs, and the cache; `run_all` maps a function over
        the slabs.
        """
        dtype = slabs[0].dtype
        if run.train:
            count = sum(slab[..., 0].size for slab in slabs)
            zero, one = np.zeros(self.features, dtype), np.ones(self.features, dtype)
            total, squares = sum(run_all(lambda x: _sums(x, x, zero, one), slabs))
            mean = total / count
            var = np.maximum(squares / count - mean**2, 0)
            unbiased = var * (count / max(count - 1, 1))
            buffers = {
                "running_mean": (1 - MOMENTUM) * self.running_mean + MOMENTUM * mean,
                "running_var": (1 - MOMENTUM) * self.running_var + MOMENTUM * unbiased,
            }
        else:
            mean, var, buffers = (
                self.running_mean.astype(np.float64),
                self.running_var.astype(np.float64),
                None,
            )
        inv_std = self.scale / np.sqrt(var + EPS)
        scale = self.gamma * inv_std  # eq. threshold-batch-norm
        scale, shift = scale.astype(dtype), (self.beta - mean * scale).astype(dtype)

        def normalised(x):
            y = np.empty(x.shape, dtype)
            kernels.normalise(*_lines(x, scale, shift), _lines(y)[0])
            return y

        return run_all(normalised, slabs), BatchNormCache(
            slabs, mean.astype(dtype), inv_std.astype(dtype), buffers
        )

    def backward_slabs(self, cache, dys, run_all):
        """Gradients of a batch in slabs, through the batch's own mean and variance."""
        pairs, mean, inv_std = list(zip(dys, cache.slabs, strict=True)), cache.mean, cache.inv_std
        dbeta, dgamma = sum(run_all(lambda pair: _sums(*pair, mean, inv_std), pairs))
        scale, none = self.gamma * inv_std, np.zeros_like(inv_std)
        gradients = {"gamma": dgamma.astype(scale.dtype), "beta": dbeta.astype(scale.dtype)}
        through_statistics = none, none
        if cache.buffers is not None:
            count = sum(dy[..., 0].size for dy in dys)
            through_statistics = [
                (sums / count).astype(scale.dtype) for sums in (dbeta, dgamma / self.scale**2)
            ]

        def gradient(pair):
            dy, *vectors = _lines(pair[0], mean, inv_std, scale, *through_statistics)
            dx = np.empty(pair[1].shape, pair[1].dtype)
            kernels.normalise_backward(dy, _lines(pair[1])[0], *vectors, _lines(dx)[0])
            return dx

        return run_all(gradient, pairs), gradients

    def forward(self, x, run=Run()):
        (y,), cache = self.forward_slabs(
            [x], run, lambda function, items: [function(item) for item in items]
        )
        return y, cache

    def backward(self, cache, dy):
        (dx,), gradients = self.backward_slabs(
            cache, [dy], lambda function, items: [function(i) for i in items]
        )
        return dx, gradients
