"""Activations: what a neuron's rate will have to reproduce."""

import numpy as np

from refsnn import validate
from refsnn.kernels import elementwise as kernels
from refsnn.nn.layer import Layer, Run


def _between(y, dy, upper):
    dx = np.empty_like(dy, order="C")
    kernels.clip_backward(
        y.reshape(-1), np.ascontiguousarray(dy).reshape(-1), y.dtype.type(upper), dx.reshape(-1)
    )
    return dx


class ReLU(Layer):
    """Rectified linear unit, a = max(z, 0); its derivative at 0 is taken as 0."""

    def forward(self, x, run=Run()):
        y = np.maximum(x, 0)
        return y, y

    def backward(self, cache, dy):
        return _between(cache, dy, np.inf), {}


class Clip(Layer):
    """Clipped rectifier, a = min(max(z, 0), upper): what a neuron with one spike a step can reach.

    Parameters
    ----------
    upper : float
        Largest output, above 0.
    """

    def __init__(self, upper=1.0):
        self.upper = validate.number("upper", upper, above=0)

    def config(self):
        return {"upper": self.upper}

    def forward(self, x, run=Run()):
        y = np.clip(x, 0, self.upper)
        return y, y

    def backward(self, cache, dy):
        return _between(cache, dy, self.upper), {}
