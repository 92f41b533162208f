"""Convolution as a matrix product over windows, a few images at a time so that the windows stay in
cache.
"""

import numpy as np

from refsnn import validate
from refsnn.kernels import windows as kernels
from refsnn.nn.layer import Layer, Run, need_axes
from refsnn.nn.linear import he_normal, normalise_columns

IMAGES = 8  # images whose windows are laid out at once


class Conv2d(Layer):
    """Cross-correlation of channel-last images with `c_out` filters:

        y[n, a, b, o] = bias[o] + sum over k, j, c of x[n, a * stride + k - padding, b * stride + j
        - padding, c]
                                                       * weight[k, j, c, o],   x = 0 outside the
                                                         image.

    Parameters
    ----------
    c_in, c_out : int
        Channels in and out.
    kernel_size : int
        Height and width of the filters.
    stride, padding : int
        Step between windows; rows and columns of zeros added on each side.
    bias : bool
        Whether there is a bias, one a channel, which starts at 0.
    unit_norm : bool
        Whether training keeps each filter at L2 norm 1, by projection after every step.
    rng : numpy.random.Generator
        Draws the initial weights, N(0, 2 / (kernel_size**2 c_in)).

    Attributes
    ----------
    weight : array (kernel_size, kernel_size, c_in, c_out) of float32
    bias : array (c_out,) of float32, or None
    """

    parameter_names = ("weight", "bias")

    def __init__(
        self, c_in, c_out, kernel_size, *, stride=1, padding=0, bias=True, unit_norm=False, rng
    ):
        self.c_in, self.c_out = validate.integer("c_in", c_in), validate.integer("c_out", c_out)
        self.kernel_size = k = validate.integer("kernel_size", kernel_size)
        self.stride, self.padding = (
            validate.integer("stride", stride),
            validate.integer("padding", padding, least=0),
        )
        self.weight = he_normal(
            (k, k, self.c_in, self.c_out), k * k * self.c_in, validate.generator(rng)
        )
        self.bias = np.zeros(self.c_out, np.float32) if bias else None
        self.unit_norm = bool(unit_norm)
        self.project()

    def config(self):
        return {
            "c_in": self.c_in,
            "c_out": self.c_out,
            "kernel_size": self.kernel_size,
            "stride": self.stride,
            "padding": self.padding,
            "bias": self.bias is not None,
            "unit_norm": self.unit_norm,
        }

    def project(self):
        if self.unit_norm:
            normalise_columns(self.weight)

    def output_shape(self, shape):
        need_axes(shape, "HWC", self)
        height, width = (
            (side + 2 * self.padding - self.kernel_size) // self.stride + 1 for side in shape[:2]
        )
        if shape[2] != self.c_in or height < 1 or width < 1:
            raise ValueError(
                f"{self} takes images of {self.c_in} channels and at least {self.kernel_size} x "
                f"{self.kernel_size} pixels with their padding, not {shape[0]} x {shape[1]} x "
                f"{shape[2]}."
            )
        return (height, width, self.c_out)

    def _padded(self, x):
        p = self.padding
        if p == 0:
            return x
        n, height, width, channels = x.shape
        padded = np.zeros((n, height + 2 * p, width + 2 * p, channels), x.dtype)
        padded[:, p:-p, p:-p] = x
        return padded

    def _blocks(self, n, area):
        """Ranges of images and of the rows that their windows fill."""
        for a in range(0, n, IMAGES):
            b = min(a + IMAGES, n)
            yield slice(a, b), slice(a * area, b * area)

    def _columns(self, x, out_shape, buffer):
        """The windows of the padded images `x`, one a row."""
        n, height, width, channels = x.shape
        cols = buffer[: n * out_shape[0] * out_shape[1]]
        kernels.im2col(
            x.reshape(n, height, width * channels),
            (self.stride, self.stride * channels),
            cols.reshape(n, *out_shape[:2], self.kernel_size, self.kernel_size * channels),
        )
        return cols

    def _buffer(self, n, area, dtype):
        return np.empty((min(n, IMAGES) * area, self.kernel_size**2 * self.c_in), dtype)

    def forward(self, x, run=Run()):
        out_shape = self.output_shape(x.shape[1:])
        padded, area = self._padded(x), out_shape[0] * out_shape[1]
        y = np.empty((len(x) * area, self.c_out), x.dtype)
        buffer, weight = self._buffer(len(x), area, x.dtype), self.weight.reshape(-1, self.c_out)
        for images, rows in self._blocks(len(x), area):
            np.matmul(
                self._columns(padded[images], out_shape, buffer), weight, out=y[rows]
            )  # eq. conv-forward
            if self.bias is not None:
                kernels.add_bias(y[rows], self.bias)
        return y.reshape(len(x), *out_shape), padded

    def gradients(self, cache, dy):
        area, dy_rows = dy.shape[1] * dy.shape[2], dy.reshape(-1, self.c_out)
        buffer = self._buffer(len(cache), area, dy.dtype)
        weight = np.zeros((buffer.shape[1], self.c_out), dy.dtype)
        for images, rows in self._blocks(len(cache), area):
            weight += (
                self._columns(cache[images], dy.shape[1:], buffer).T @ dy_rows[rows]
            )  # eq. conv-weight
        gradients = {"weight": weight.reshape(self.weight.shape)}
        if self.bias is not None:
            gradients["bias"] = (
                np.ones(len(dy_rows), dy.dtype) @ dy_rows
            )  # BLAS is far faster than sum(axis=0)
        return gradients

    def backward(self, cache, dy):
        n, height, width, channels = cache.shape
        area, dy_rows = dy.shape[1] * dy.shape[2], dy.reshape(-1, self.c_out)
        dx = np.zeros((n, height, width * channels), dy.dtype)
        weight = np.ascontiguousarray(self.weight.reshape(-1, self.c_out).T)
        for images, rows in self._blocks(n, area):
            dcols = dy_rows[rows] @ weight  # eq. conv-input
            kernels.col2im(
                dcols.reshape(-1, *dy.shape[1:3], self.kernel_size, self.kernel_size * channels),
                (self.stride, self.stride * channels),
                dx[images],
            )
        p = self.padding
        dx = dx.reshape(cache.shape)[:, p : height - p, p : width - p]
        return np.ascontiguousarray(dx), self.gradients(cache, dy)
