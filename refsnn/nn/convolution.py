"""Convolution as a matrix product over windows, a few images at a time so that the windows stay in
cache.
"""

from typing import Any

import numpy as np
from numpy.random import Generator

from refsnn import validate
from refsnn.kernels import windows as kernels
from refsnn.nn.layer import Array, Layer, Run, Shape, need_axes
from refsnn.nn.linear import he_normal, normalise_columns

IMAGES = 8  # images whose windows are laid out at once


class Conv2d(Layer):
    """Cross-correlation of channel-last images with `c_out` filters::

        y[n, a, b, o] = bias[o] + sum over k, j, c of
            x[n, a * stride + k - padding, b * stride + j - padding, c] * weight[k, j, c, o],

    with x = 0 outside the image.

    Parameters
    ----------
    c_in, c_out : int
        Channels in and out.
    kernel_size : int
        Height and width of the filters.
    stride, padding : int
        Step between windows; rows and columns of zeros added on each side.
    bias : bool
        Whether there is a bias, one per channel, which starts at 0.
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
        self,
        c_in: int,
        c_out: int,
        kernel_size: int,
        *,
        stride: int = 1,
        padding: int = 0,
        bias: bool = True,
        unit_norm: bool = False,
        rng: Generator,
    ) -> None:
        self.c_in = validate.integer("c_in", c_in)
        self.c_out = validate.integer("c_out", c_out)
        self.kernel_size = validate.integer("kernel_size", kernel_size)
        self.stride = validate.integer("stride", stride)
        self.padding = validate.integer("padding", padding, least=0)
        shape = (self.kernel_size, self.kernel_size, self.c_in, self.c_out)
        self.weight = he_normal(shape, self.kernel_size**2 * self.c_in, validate.generator(rng))
        self.bias = np.zeros(self.c_out, np.float32) if bias else None
        self.unit_norm = bool(unit_norm)
        self.project()

    def config(self) -> dict[str, Any]:
        """The constructor's arguments by name, but for `rng`."""
        return {**super().config(), "bias": self.bias is not None}

    def project(self) -> None:
        """With `unit_norm`, divide each filter by its norm."""
        if self.unit_norm:
            normalise_columns(self.weight)

    def output_shape(self, shape: Shape) -> Shape:
        """(H', W', c_out) for images of shape (H, W, c_in)."""
        need_axes(shape, "HWC", self)
        room = [side + 2 * self.padding - self.kernel_size for side in shape[:2]]
        if shape[2] != self.c_in or min(room) < 0:
            raise ValueError(
                f"{self} takes images of {self.c_in} channels and at least {self.kernel_size} x "
                f"{self.kernel_size} pixels with their padding, not {shape[0]} x {shape[1]} x "
                f"{shape[2]}."
            )
        return (room[0] // self.stride + 1, room[1] // self.stride + 1, self.c_out)

    def forward(self, x: Array, run: Run = Run()) -> tuple[Array, Array]:
        """Images (T * N, H, W, c_in) to (T * N, H', W', c_out); the cache is the padded input."""
        padded = self._padded(x)
        y = np.empty((len(x), *self.output_shape(x.shape[1:])), x.dtype)
        y_rows = y.reshape(-1, self.c_out)
        weight = self.weight.reshape(-1, self.c_out)
        for rows, columns in self._columns(padded, y.shape):
            np.matmul(columns, weight, out=y_rows[rows])  # eq. conv-forward
            if self.bias is not None:
                kernels.add_bias(y_rows[rows], self.bias)
        return y, padded

    def gradients(self, cache: Array, dy: Array) -> dict[str, Array]:
        """Gradients in the weight (kernel_size, kernel_size, c_in, c_out) and the bias (c_out,)."""
        dy_rows = dy.reshape(-1, self.c_out)
        weight = np.zeros((self.weight[..., 0].size, self.c_out), dy.dtype)
        for rows, columns in self._columns(cache, dy.shape):
            weight += columns.T @ dy_rows[rows]  # eq. conv-weight
        gradients = {"weight": weight.reshape(self.weight.shape)}
        if self.bias is not None:
            # BLAS is far faster than sum(axis=0).
            gradients["bias"] = np.ones(len(dy_rows), dy.dtype) @ dy_rows
        return gradients

    def backward(self, cache: Array, dy: Array) -> tuple[Array, dict]:
        """Gradients in the input (T * N, H, W, c_in) and in the parameters."""
        height, width = (side - 2 * self.padding for side in cache.shape[1:3])
        return self.input_gradient(dy, (height, width, self.c_in)), self.gradients(cache, dy)

    def input_gradient(self, dy: Array, shape: Shape) -> Array:
        """The gradient in images of a shape (H, W, c_in), one for each of `dy`."""
        p = self.padding
        channels = self.c_in
        height = shape[0] + 2 * p
        width = shape[1] + 2 * p
        weight = np.ascontiguousarray(self.weight.reshape(-1, self.c_out).T)
        window = (self.kernel_size, self.kernel_size * channels)
        dx = np.zeros((len(dy), height, width * channels), dy.dtype)
        for start in range(0, len(dy), IMAGES):
            images = slice(start, start + IMAGES)
            dcolumns = dy[images].reshape(-1, self.c_out) @ weight  # eq. conv-input
            windows = dcolumns.reshape(-1, *dy.shape[1:3], *window)
            kernels.col2im(windows, (self.stride, self.stride * channels), dx[images])
        dx = dx.reshape(-1, height, width, channels)[:, p : height - p, p : width - p]
        return np.ascontiguousarray(dx)

    def _padded(self, x):
        """The images with `padding` rows and columns of zeros on each side."""
        p = self.padding
        if p == 0:
            return x
        n, height, width, channels = x.shape
        padded = np.zeros((n, height + 2 * p, width + 2 * p, channels), x.dtype)
        padded[:, p:-p, p:-p] = x  # np.pad takes longer
        return padded

    def _columns(self, padded, out_shape):
        """A few images at a time: the rows of the output that belong to them, and their windows,
        one per row, in a buffer that the next images overwrite.
        """
        n, height, width, channels = padded.shape
        lines = padded.reshape(n, height, width * channels)
        window = (self.kernel_size, self.kernel_size * channels)
        buffer = np.empty((min(n, IMAGES), *out_shape[1:3], *window), padded.dtype)
        area = out_shape[1] * out_shape[2]
        for start in range(0, n, IMAGES):
            images = lines[start : start + IMAGES]
            windows = buffer[: len(images)]
            kernels.im2col(images, (self.stride, self.stride * channels), windows)
            rows = slice(start * area, (start + len(images)) * area)
            yield rows, windows.reshape(len(images) * area, -1)
