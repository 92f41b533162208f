"""Batch norm: each channel to mean 0 and variance 1 over the batch, then to a learned mean and
scale.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from refsnn import validate
from refsnn.kernels import batch_statistics as kernels
from refsnn.nn.layer import Array, Layer, Run, Shape

EPS = 1e-5
MOMENTUM = 0.1  # weight of the newest batch in the running statistics


class BatchNormCache(NamedTuple):
    """Inputs, mean and scale / std of a call; `buffers` are the running statistics after it (None
    outside training).
    """

    slabs: list[Array]
    mean: Array
    inv_std: Array
    buffers: dict[str, Array] | None


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

    def __init__(self, features: int, scale: float = 1.0) -> None:
        self.features = validate.integer("features", features)
        self.scale = validate.number("scale", scale, above=0)
        self.gamma = np.ones(self.features, np.float32)
        self.beta = np.zeros(self.features, np.float32)
        self.running_mean = np.zeros(self.features, np.float32)
        self.running_var = np.ones(self.features, np.float32)

    def output_shape(self, shape: Shape) -> Shape:
        """The same shape; its last axis must have `features`."""
        if shape[-1] != self.features:
            raise ValueError(
                f"{self} takes {self.features} features on the last axis, not {shape[-1]}."
            )
        return shape

    def forward(self, x: Array, run: Run = Run()) -> tuple[Array, BatchNormCache]:
        """Normalised inputs (T * N, ..., features)."""
        (y,), cache = self.forward_slabs([x], run, _in_order)
        return y, cache

    def backward(self, cache: BatchNormCache, dy: Array) -> tuple[Array, dict]:
        """Gradients in the input and in gamma and beta, through the batch's own statistics."""
        (dx,), gradients = self.backward_slabs(cache, [dy], _in_order)
        return dx, gradients

    def forward_slabs(
        self, slabs: Sequence[Array], run: Run, run_all: Callable
    ) -> tuple[list[Array], BatchNormCache]:
        """Outputs of a batch that is cut into slabs, and the cache; `run_all` maps a function over
        the slabs.
        """
        # Mean and variance: of the batch while training, else those of before.
        if run.train:
            mean, var, buffers = self._statistics(slabs, run_all)
        else:
            mean = self.running_mean.astype(np.float64)
            var = self.running_var.astype(np.float64)
            buffers = None

        # As one multiplication and one addition per number.
        dtype = slabs[0].dtype
        inv_std = self.scale / np.sqrt(var + EPS)
        factor = self.gamma * inv_std  # eq. threshold-batch-norm
        shift = (self.beta - mean * factor).astype(dtype)
        factor = factor.astype(dtype)

        def normalised(x):
            y = np.empty(x.shape, dtype)
            kernels.normalise(*_lines(x, factor, shift), *_lines(y))  # eq. batchnorm-forward
            return y

        cache = BatchNormCache(list(slabs), mean.astype(dtype), inv_std.astype(dtype), buffers)
        return run_all(normalised, slabs), cache

    def _statistics(self, slabs, run_all):
        """Mean and biased variance of a batch, in float64, and the running statistics after it."""
        dtype = slabs[0].dtype
        zero = np.zeros(self.features, dtype)
        one = np.ones(self.features, dtype)
        count = sum(slab[..., 0].size for slab in slabs)
        pairs = [(slab, slab) for slab in slabs]
        total, squares = _added_sums(run_all, pairs, zero, one)
        mean = total / count
        var = np.maximum(squares / count - mean**2, 0)
        unbiased = var * (count / max(count - 1, 1))
        buffers = {
            "running_mean": (1 - MOMENTUM) * self.running_mean + MOMENTUM * mean,
            "running_var": (1 - MOMENTUM) * self.running_var + MOMENTUM * unbiased,
        }
        return mean, var, buffers

    def backward_slabs(
        self, cache: BatchNormCache, dys: Sequence[Array], run_all: Callable
    ) -> tuple[list[Array], dict]:
        """Gradients of a batch in slabs, through the batch's own mean and variance."""
        mean = cache.mean
        inv_std = cache.inv_std
        pairs = list(zip(dys, cache.slabs, strict=True))
        dbeta, dgamma = _added_sums(run_all, pairs, mean, inv_std)
        factor = self.gamma * inv_std
        gradients = {"gamma": dgamma.astype(factor.dtype), "beta": dbeta.astype(factor.dtype)}

        # What reaches the input through the batch's mean and variance.
        through_mean = through_var = np.zeros_like(inv_std)
        if cache.buffers is not None:
            count = sum(dy[..., 0].size for dy in dys)
            through_mean = (dbeta / count).astype(factor.dtype)
            through_var = (dgamma / self.scale**2 / count).astype(factor.dtype)

        def gradient(pair):
            dy, x = pair
            dx = np.empty(x.shape, x.dtype)
            lines, *vectors = _lines(dy, mean, inv_std, factor, through_mean, through_var)
            # eq. batchnorm-input
            kernels.normalise_backward(lines, *_lines(x), *vectors, *_lines(dx))
            return dx

        return run_all(gradient, pairs), gradients


def _in_order(function, slabs):
    """`run_all` without threads."""
    return [function(slab) for slab in slabs]


def _lines(x, *vectors):
    """Images as lines of pixels (N * H, W * C), other inputs as rows; vectors of channels repeated
    along a line.
    """
    width = x.shape[-2] if x.ndim == 4 else 1
    lines = np.ascontiguousarray(x).reshape(-1, width * x.shape[-1])
    return lines, *(np.tile(vector, width) for vector in vectors)


def _added_sums(run_all, pairs, mean, inv_std):
    """`_sums` of each pair of slabs, added in order."""
    return sum(run_all(lambda pair: _sums(*pair, mean, inv_std), pairs))


def _sums(a, b, mean, inv_std):
    """For each channel, the sums of `a` and of a (b - mean) inv_std: (2, C) of float64."""
    features = len(mean)
    a, mean, inv_std = _lines(a, mean, inv_std)
    sums = np.zeros((2, a.shape[1]))
    kernels.column_sums(a, *_lines(b), mean, inv_std, sums)
    return sums.reshape(2, -1, features).sum(axis=1)
