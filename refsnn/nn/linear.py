"""Linear layers without windows: dense, flatten, average pooling; and dropout."""

import numpy as np

from refsnn import validate
from refsnn.kernels import windows as kernels
from refsnn.nn.layer import Layer, Run, need_axes


def he_normal(shape, fan_in, rng):
    """Weights N(0, 2 / fan_in) in float32, which keep the scale of activations through rectifiers
    (He et al. 2015).
    """
    return rng.standard_normal(shape, dtype=np.float32) * np.float32(np.sqrt(2 / fan_in))


def normalise_columns(weight):
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

    def __init__(self, n_in, n_out, *, bias=True, unit_norm=False, rng):
        self.n_in, self.n_out = validate.integer("n_in", n_in), validate.integer("n_out", n_out)
        self.weight = he_normal((self.n_in, self.n_out), self.n_in, validate.generator(rng))
        self.bias = np.zeros(self.n_out, np.float32) if bias else None
        self.unit_norm = bool(unit_norm)
        self.input_rate = None
        self.project()

    def config(self):
        return {
            "n_in": self.n_in,
            "n_out": self.n_out,
            "bias": self.bias is not None,
            "unit_norm": self.unit_norm,
        }

    def project(self):
        if self.unit_norm:
            normalise_columns(self.weight)

    def output_shape(self, shape):
        if shape != (self.n_in,):
            raise ValueError(
                f"{self} takes {self.n_in} features, shape (N, {self.n_in}), not "
                f"(N, {', '.join(map(str, shape))})."
            )
        return (self.n_out,)

    def forward(self, x, run=Run()):
        y = x @ self.weight  # (T * N, n_out), eq. dense-forward
        if self.bias is not None:
            y += self.bias
        return y, x

    def gradients(self, cache, dy):
        gradients = {"weight": cache.T @ dy}  # eq. dense-weight
        if self.bias is not None:
            gradients["bias"] = dy.sum(axis=0)
        return gradients

    def backward(self, cache, dy):
        return dy @ self.weight.T, self.gradients(cache, dy)  # eq. dense-input


class Flatten(Layer):
    """All features of an image in one row, in C order: (N, H, W, C) to (N, H * W * C)."""

    def output_shape(self, shape):
        return (int(np.prod(shape)),)

    def forward(self, x, run=Run()):
        return x.reshape(len(x), -1), x.shape

    def backward(self, cache, dy):
        return dy.reshape(cache), {}


class AvgPool2d(Layer):
    """Mean over blocks of `size` x `size` pixels that do not overlap; height and width must be
    multiples of it.
    """

    def __init__(self, size):
        self.size = validate.integer("size", size)

    def config(self):
        return {"size": self.size}

    def output_shape(self, shape):
        need_axes(shape, "HWC", self)
        height, width, channels = shape
        if height % self.size or width % self.size:
            raise ValueError(
                f"{self} needs a height and width divisible by {self.size}, not {height} x {width}."
            )
        return (height // self.size, width // self.size, channels)

    def forward(self, x, run=Run()):
        out = np.empty((len(x), *self.output_shape(x.shape[1:])), x.dtype)
        kernels.avg_pool(np.ascontiguousarray(x), self.size, x.dtype.type(1 / self.size**2), out)
        return out, None

    def backward(self, cache, dy):
        n, height, width, channels = dy.shape
        dx = np.empty((n, height * self.size, width * self.size, channels), dy.dtype)
        kernels.avg_pool_backward(
            np.ascontiguousarray(dy), self.size, dy.dtype.type(1 / self.size**2), dx
        )
        return dx, {}


class Dropout(Layer):
    """While training, an input is 0 with probability `p` and else divided by 1 - p; at other times
    nothing happens.
    """

    stochastic = True

    def __init__(self, p=0.5):
        self.p = validate.number("p", p, low=0, below=1)

    def config(self):
        return {"p": self.p}

    def forward(self, x, run=Run()):
        if not run.train:
            return x, None
        kept = validate.generator(run.rng, "rng of Run").random(x.shape, dtype=np.float32) >= self.p
        mask = kept * x.dtype.type(1 / (1 - self.p))
        return x * mask, mask

    def backward(self, cache, dy):
        return (dy if cache is None else dy * cache), {}
