"""Activations: what a neuron's rate will have to reproduce."""

import numpy as np

from refsnn import validate
from refsnn.kernels import elementwise as kernels
from refsnn.nn.layer import Array, Layer, Run


def _where_inside(y, dy, upper):
    """The gradient where 0 < y < upper, else 0."""
    dx = np.empty_like(dy, order="C")
    dy = np.ascontiguousarray(dy).reshape(-1)
    kernels.clip_backward(y.reshape(-1), dy, y.dtype.type(upper), dx.reshape(-1))
    return dx


class ReLU(Layer):
    """Rectified linear unit, a = max(z, 0); its derivative at 0 is taken as 0."""

    def forward(self, x: Array, run: Run = Run()) -> tuple[Array, Array]:
        """max(x, 0), of the shape of x; the cache is the output."""
        y = np.maximum(x, 0)
        return y, y

    def backward(self, cache: Array, dy: Array) -> tuple[Array, dict]:
        """dy where the output is above 0, else 0."""
        return _where_inside(cache, dy, np.inf), {}


class Clip(Layer):
    """Clipped rectifier, a = min(max(z, 0), upper): what a neuron with one spike a step can reach.

    Parameters
    ----------
    upper : float
        Largest output, above 0.
    """

    def __init__(self, upper: float = 1.0) -> None:
        self.upper = validate.number("upper", upper, above=0)

    def forward(self, x: Array, run: Run = Run()) -> tuple[Array, Array]:
        """x clipped to [0, upper], of the shape of x; the cache is the output."""
        y = np.clip(x, 0, self.upper)
        return y, y

    def backward(self, cache: Array, dy: Array) -> tuple[Array, dict]:
        """dy where the output is strictly between 0 and upper, else 0."""
        return _where_inside(cache, dy, self.upper), {}
