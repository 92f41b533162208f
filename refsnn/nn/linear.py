"""Linear layers without windows: dense, flatten, average pooling; and dropout."""

from typing import Any

import numpy as np
from numpy.random import Generator

from refsnn import validate
from refsnn.kernels import windows as kernels
from refsnn.nn.layer import Array, Layer, Run, Shape, need_axes


def he_normal(shape: Shape, fan_in: int, rng: Generator) -> Array:
    """Weights N(0, 2 / fan_in) in float32, which keep the scale of activations through rectifiers
    (He et al. 2015).
    """
    return rng.standard_normal(shape, dtype=np.float32) * np.float32(np.sqrt(2 / fan_in))


def normalise_columns(weight: Array) -> None:
    """Divide each unit's incoming weights, all axes but the last, by their L2 norm, in place."""
    axes = tuple(range(weight.ndim - 1))
    weight /= np.sqrt(np.sum(weight**2, axis=axes, keepdims=True))


class Dense(Layer):
    """Every input to every output: y = x @ weight + bias.

    Parameters
    ----------
    n_in, n_out : int
        Features in and out.
    bias : bool
        Whether there is a bias, which starts at 0.
    unit_norm : bool
        Whether training keeps each unit's incoming weights at L2 norm 1, by projection after every
        step.
    rng : numpy.random.Generator
        Draws the initial weights, N(0, 2 / n_in).

    Attributes
    ----------
    weight : array (n_in, n_out) of float32
    bias : array (n_out,) of float32, or None
    input_rate : float or None
        Share of inputs that spike in one step, measured at conversion; lets the simulation choose
        its path.
    """

    parameter_names = ("weight", "bias")

    def __init__(
        self,
        n_in: int,
        n_out: int,
        *,
        bias: bool = True,
        unit_norm: bool = False,
        rng: Generator,
    ) -> None:
        self.n_in = validate.integer("n_in", n_in)
        self.n_out = validate.integer("n_out", n_out)
        self.weight = he_normal((self.n_in, self.n_out), self.n_in, validate.generator(rng))
        self.bias = np.zeros(self.n_out, np.float32) if bias else None
        self.unit_norm = bool(unit_norm)
        self.input_rate: float | None = None
        self.project()

    def config(self) -> dict[str, Any]:
        """The constructor's arguments by name, but for `rng`."""
        return {**super().config(), "bias": self.bias is not None}

    def project(self) -> None:
        """With `unit_norm`, divide each unit's incoming weights by their norm."""
        if self.unit_norm:
            normalise_columns(self.weight)

    def output_shape(self, shape: Shape) -> Shape:
        """(n_out,) for inputs of shape (n_in,)."""
        if shape != (self.n_in,):
            raise ValueError(
                f"{self} takes {self.n_in} features, shape (N, {self.n_in}), not "
                f"(N, {', '.join(map(str, shape))})."
            )
        return (self.n_out,)

    def forward(self, x: Array, run: Run = Run()) -> tuple[Array, Array]:
        """Rows (T * N, n_in) to rows (T * N, n_out); the cache is the input."""
        y = x @ self.weight  # (T * N, n_out), eq. dense-forward
        if self.bias is not None:
            y += self.bias
        return y, x

    def gradients(self, cache: Array, dy: Array) -> dict[str, Array]:
        """Gradients in the weight (n_in, n_out) and the bias (n_out,)."""
        gradients = {"weight": cache.T @ dy}  # eq. dense-weight
        if self.bias is not None:
            gradients["bias"] = dy.sum(axis=0)
        return gradients

    def backward(self, cache: Array, dy: Array) -> tuple[Array, dict]:
        """Gradients in the input (T * N, n_in) and in the parameters."""
        return dy @ self.weight.T, self.gradients(cache, dy)  # eq. dense-input


class Flatten(Layer):
    """All features of an image in one row, in C order: (N, H, W, C) to (N, H * W * C)."""

    def output_shape(self, shape: Shape) -> Shape:
        """One axis, as long as all of `shape` together."""
        return (int(np.prod(shape)),)

    def forward(self, x: Array, run: Run = Run()) -> tuple[Array, Shape]:
        """(T * N, ...) to (T * N, features); the cache is the input's shape."""
        return x.reshape(len(x), -1), x.shape

    def backward(self, cache: Shape, dy: Array) -> tuple[Array, dict]:
        """The gradient in the input's shape."""
        return dy.reshape(cache), {}


class AvgPool2d(Layer):
    """Mean over blocks of `size` x `size` pixels that do not overlap; height and width must be
    multiples of it.
    """

    def __init__(self, size: int) -> None:
        self.size = validate.integer("size", size)

    def output_shape(self, shape: Shape) -> Shape:
        """(H / size, W / size, C) for inputs of shape (H, W, C)."""
        need_axes(shape, "HWC", self)
        height, width, channels = shape
        if height % self.size or width % self.size:
            raise ValueError(
                f"{self} needs a height and width divisible by {self.size}, not {height} x {width}."
            )
        return (height // self.size, width // self.size, channels)

    def forward(self, x: Array, run: Run = Run()) -> tuple[Array, None]:
        """(T * N, H, W, C) to (T * N, H / size, W / size, C)."""
        y = np.empty((len(x), *self.output_shape(x.shape[1:])), x.dtype)
        share = x.dtype.type(1 / self.size**2)
        kernels.avg_pool(np.ascontiguousarray(x), self.size, share, y)
        return y, None

    def backward(self, cache: None, dy: Array) -> tuple[Array, dict]:
        """Each pixel's gradient in equal parts to the pixels of its block."""
        n, height, width, channels = dy.shape
        dx = np.empty((n, height * self.size, width * self.size, channels), dy.dtype)
        share = dy.dtype.type(1 / self.size**2)
        kernels.avg_pool_backward(np.ascontiguousarray(dy), self.size, share, dx)
        return dx, {}


class Dropout(Layer):
    """While training, an input is 0 with probability `p` and else divided by 1 - p; at other times
    nothing happens.
    """

    stochastic = True

    def __init__(self, p: float = 0.5) -> None:
        self.p = validate.number("p", p, low=0, below=1)

    def forward(self, x: Array, run: Run = Run()) -> tuple[Array, Array | None]:
        """The input times a mask of its shape, which is the cache."""
        if not run.train:
            return x, None
        rng = validate.generator(run.rng, "rng of Run")
        stays = rng.random(x.shape, dtype=np.float32) >= self.p
        mask = stays * x.dtype.type(1 / (1 - self.p))
        return x * mask, mask

    def backward(self, cache: Array | None, dy: Array) -> tuple[Array, dict]:
        """The gradient times the mask of the forward pass."""
        return (dy if cache is None else dy * cache), {}
