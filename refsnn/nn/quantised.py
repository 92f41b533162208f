"""Activations with as many levels as a neuron has steps: trained to be converted."""

from typing import Any

import numpy as np

from refsnn import validate
from refsnn.kernels import elementwise as kernels
from refsnn.nn.batch_norm import BatchNorm
from refsnn.nn.layer import Array, Layer, Run
from refsnn.nn.sequential import Sequential

LEAST_THRESHOLD = 1e-3  # our choice, far below any activation that carries information


class QCFS(Layer):
    r"""Clipped and quantised rectifier with a learned threshold $\lambda$:

        a = lambda floor(L clip(z / lambda, 0, 1) + shift) / L                          (eq. qcfs)

    With a shift of 1/2 this is what an integrate-and-fire neuron of threshold lambda, started at
    lambda / 2, sends in L steps of constant input z. Gradients are straight-through: floor is
    differentiated as the identity,

        da/dz = 1 where 0 < z < lambda, else 0;
        da/dlambda = a / lambda - (z / lambda where 0 < z < lambda, else 0).

    Parameters
    ----------
    L : int
        Steps of the staircase, at least 1.
    v_threshold : float
        Initial lambda, above 0, in the unit of z; `set_thresholds` takes it from data.
    shift : float
        Where between two levels the activation jumps, in [0, 1): 1/2 rounds to the nearest level.

    Attributes
    ----------
    v_threshold : array (1,) of float32
        lambda; trained without weight decay, kept at or above 0.001.

    Notes
    -----
    Source: Bu et al. 2022; the gradient is derived in chapter 06 (their printed eq. 19 is another).
    """

    parameter_names = ("v_threshold",)
    undecayed = ("v_threshold",)

    def __init__(self, L: int, v_threshold: float = 2.0, shift: float = 0.5) -> None:
        self.L = validate.integer("L", L)
        v_threshold = validate.number("v_threshold", v_threshold, low=LEAST_THRESHOLD)
        self.v_threshold = np.array([v_threshold], np.float32)
        self.shift = validate.number("shift", shift, low=0, below=1)

    def config(self) -> dict[str, Any]:
        """The constructor's arguments by name."""
        config = super().config()
        return {**config, "v_threshold": config["v_threshold"][0]}

    def project(self) -> None:
        """Keep the threshold at or above 0.001."""
        np.maximum(self.v_threshold, LEAST_THRESHOLD, out=self.v_threshold)

    def _numbers(self, dtype: np.dtype) -> tuple[Any, Any, Any]:
        """Threshold, levels and shift as the kernels take them."""
        return dtype.type(self.v_threshold[0]), dtype.type(self.L), dtype.type(self.shift)

    def forward(self, x: Array, run: Run = Run()) -> tuple[Array, Array]:
        """Quantised activations, of the shape of x; the cache is the input."""
        x = np.ascontiguousarray(x)
        y = np.empty_like(x)
        kernels.quantise(x.reshape(-1), *self._numbers(x.dtype), y.reshape(-1))  # eq. qcfs
        return y, x

    def backward(self, cache: Array, dy: Array) -> tuple[Array, dict]:
        """Straight-through gradients in the input and in the threshold (1,)."""
        dx = np.empty_like(cache)
        shares = np.empty_like(cache)
        dy = np.ascontiguousarray(dy).reshape(-1)
        numbers = self._numbers(cache.dtype)
        kernels.quantise_backward(  # eq. straight-through
            cache.reshape(-1), *numbers, dy, dx.reshape(-1), shares.reshape(-1)
        )
        total = shares.sum(dtype=np.float64)
        return dx, {"v_threshold": np.array([total], self.v_threshold.dtype)}


class NoisyQCFS(QCFS):
    """`QCFS` that, while training, is disturbed as its neuron will be:  a - mean - sigma eps,  eps
    ~ N(0, 1).

    The noise comes after the quantisation, so activations may become negative; it is drawn anew for
    every element and has no gradient. sigma and mean are 0 until `convert.ResidualNoise` measures
    them.

    Parameters
    ----------
    L, v_threshold, shift
        As for `QCFS`.

    Attributes
    ----------
    sigma, mean : arrays (1,) of float32
        Standard deviation and mean of what the spiking layer falls short of its activation, in the
        unit of z.

    Notes
    -----
    Source: Huang et al. 2025, whose method has no mean; chapter 07.
    """

    buffer_names = ("sigma", "mean")
    stochastic = True

    def __init__(self, L: int, v_threshold: float = 2.0, shift: float = 0.5) -> None:
        super().__init__(L, v_threshold, shift)
        self.sigma = np.zeros(1, np.float32)
        self.mean = np.zeros(1, np.float32)

    def forward(self, x: Array, run: Run = Run()) -> tuple[Array, Array]:
        """Quantised activations, disturbed while training, of the shape of x."""
        y, cache = super().forward(x, run)
        if run.train and self.sigma[0] > 0:
            rng = validate.generator(run.rng, "rng of Run")
            noise = rng.standard_normal(y.shape, dtype=np.float32)
            y -= self.sigma[0] * noise  # eq. residual-noise
        if run.train and self.mean[0] != 0:
            y -= self.mean[0]
        return y, cache


def set_thresholds(net: Sequential, x: Array, q: float = 99.0) -> None:
    """Start every `QCFS` layer of a network at the q-th percentile of its positive inputs, one
    layer after the other.

    Batch norm takes the statistics of `x`, as in the first step of training.

    Parameters
    ----------
    net : Sequential
        Not trained yet; its thresholds are overwritten.
    x : array (N, ...) of float
        Training images, about as many as a few batches.
    q : float
        From 0 to 100.

    Raises
    ------
    ValueError
        If a layer has no positive input, or the percentile is below the least threshold.
    """
    q = validate.number("q", q, low=0, high=100)
    h = net.check_input(x)
    thresholds = []
    for i, layer in enumerate(net):
        if not isinstance(layer, QCFS):
            h = layer.forward(h, Run(train=isinstance(layer, BatchNorm)))[0]
            continue
        positive = h[h > 0]
        v_threshold = float(np.percentile(positive, q)) if positive.size else 0.0
        if v_threshold < LEAST_THRESHOLD:
            raise ValueError(
                f"Layer {i} ({layer!r}) gets no input above {LEAST_THRESHOLD:g} from these images, "
                "so it has no threshold: give more data or check the layers before it."
            )
        thresholds.append((layer, v_threshold))
        h = QCFS(layer.L, v_threshold, layer.shift).forward(h)[0]

    # Nothing is set before every layer has a threshold.
    for layer, v_threshold in thresholds:
        layer.v_threshold[...] = v_threshold
