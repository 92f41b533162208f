"""How parameters follow their gradients. An optimiser holds settings; its state belongs to the
training run.
"""

from dataclasses import dataclass, replace

import numpy as np

from refsnn import validate
from refsnn.kernels import elementwise as kernels


def scheduled(rate, cosine, progress):
    """The learning rate at a `progress` from 0 to 1: constant, or rate (1 + cos(pi progress)) /
    2.
    """
    return rate * (1 + np.cos(np.pi * progress)) / 2 if cosine else rate


def without_penalties(optimiser):
    """The same optimiser for a parameter that is not to be drawn to 0, such as a threshold."""
    return replace(
        optimiser, **{name: 0.0 for name in ("weight_decay", "l1") if hasattr(optimiser, name)}
    )


@dataclass(frozen=True)
class SGD:
    """Stochastic gradient descent with momentum and two penalties:

        v <- momentum v + gradient + weight_decay w + l1 sign(w);   w <- w - rate v

    Parameters
    ----------
    learning_rate : float
        0.2 suits small networks on batches of 64; take less for deep ones.
    momentum : float
        In [0, 1).
    weight_decay, l1 : float
        At least 0: strength of the penalties weight_decay w^2 / 2 and l1 |w|, the second of which
        makes weights sparse.
    cosine : bool
        Whether the rate falls to 0 over the run as (1 + cos(pi progress)) / 2 (Loshchilov and
        Hutter 2017).
    """

    learning_rate: float = 0.2
    momentum: float = 0.9
    weight_decay: float = 0.0
    l1: float = 0.0
    cosine: bool = True

    def __post_init__(self):
        validate.number("learning_rate", self.learning_rate, above=0)
        validate.number("momentum", self.momentum, low=0, below=1)
        validate.number("weight_decay", self.weight_decay, low=0)
        validate.number("l1", self.l1, low=0)

    def start(self, param):
        """The state of one parameter before the first step."""
        return (np.zeros(param.shape, param.dtype),)

    def update(self, param, gradient, state, step, progress):
        """Move `param` in place; `step` counts from 1, `progress` runs from 0 to 1."""
        numbers = (
            param.dtype.type(value)
            for value in (
                scheduled(self.learning_rate, self.cosine, progress),
                self.momentum,
                self.weight_decay,
            )
        )
        if self.l1:
            gradient = gradient + param.dtype.type(self.l1) * np.sign(param)
        flat = param.reshape(-1)  # a copy if the parameter is, say, a transposed view
        kernels.momentum_step(
            flat, np.ascontiguousarray(gradient).reshape(-1), state[0].reshape(-1), *numbers
        )
        if not np.may_share_memory(flat, param):
            param[...] = flat.reshape(param.shape)


@dataclass(frozen=True)
class Adam:
    """Adam (Kingma and Ba 2015): m and s, running means of the gradient and of its square,
    bias-corrected;

        w <- w - rate m / (sqrt(s) + 1e-8)

    Parameters
    ----------
    learning_rate : float
    beta1, beta2 : float
        Decay of the two running means, in [0, 1).
    weight_decay : float
        Added to the gradient as weight_decay w.
    cosine : bool
        Whether the rate falls to 0 over the run, as in `SGD`.
    """

    learning_rate: float = 1e-3
    beta1: float = 0.9
    beta2: float = 0.999
    weight_decay: float = 0.0
    cosine: bool = True

    def __post_init__(self):
        validate.number("learning_rate", self.learning_rate, above=0)
        validate.number("beta1", self.beta1, low=0, below=1)
        validate.number("beta2", self.beta2, low=0, below=1)
        validate.number("weight_decay", self.weight_decay, low=0)

    def start(self, param):
        """The state of one parameter before the first step."""
        return np.zeros_like(param), np.zeros_like(param)

    def update(self, param, gradient, state, step, progress):
        """Move `param` in place; `step` counts from 1, `progress` runs from 0 to 1."""
        mean, square = state
        gradient = gradient + self.weight_decay * param
        mean += (1 - self.beta1) * (gradient - mean)
        square += (1 - self.beta2) * (gradient**2 - square)
        unbiased = mean / (1 - self.beta1**step)
        param -= (
            scheduled(self.learning_rate, self.cosine, progress)
            * unbiased
            / (np.sqrt(square / (1 - self.beta2**step)) + 1e-8)
        )
