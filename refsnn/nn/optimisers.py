"""How parameters follow their gradients. An optimiser holds settings; its state belongs to the
training run.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from refsnn import validate
from refsnn.kernels import elementwise as kernels
from refsnn.nn.layer import Array, Layer


def scheduled(rate: float, cosine: bool, progress: float) -> float:
    """The learning rate at a `progress` from 0 to 1.

    Constant, or rate (1 + cos(pi progress)) / 2.
    """
    return rate * (1 + np.cos(np.pi * progress)) / 2 if cosine else rate


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

    def __post_init__(self) -> None:
        validate.number("learning_rate", self.learning_rate, above=0)
        validate.number("momentum", self.momentum, low=0, below=1)
        validate.number("weight_decay", self.weight_decay, low=0)
        validate.number("l1", self.l1, low=0)

    def start(self, param: Array) -> tuple[Array, ...]:
        """The state of one parameter before the first step: v, of its shape and dtype."""
        return (np.zeros(param.shape, param.dtype),)

    def update(
        self,
        param: Array,
        gradient: Array,
        state: tuple[Array, ...],
        step: int,
        progress: float,
    ) -> None:
        """Move `param` in place; `step` counts from 1, `progress` runs from 0 to 1."""
        rate = param.dtype.type(scheduled(self.learning_rate, self.cosine, progress))
        momentum = param.dtype.type(self.momentum)
        decay = param.dtype.type(self.weight_decay)
        if self.l1:
            gradient = gradient + param.dtype.type(self.l1) * np.sign(param)

        flat = param.reshape(-1)  # a copy if the parameter is, say, a transposed view
        gradient = np.ascontiguousarray(gradient).reshape(-1)
        kernels.momentum_step(flat, gradient, state[0].reshape(-1), rate, momentum, decay)
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

    def __post_init__(self) -> None:
        validate.number("learning_rate", self.learning_rate, above=0)
        validate.number("beta1", self.beta1, low=0, below=1)
        validate.number("beta2", self.beta2, low=0, below=1)
        validate.number("weight_decay", self.weight_decay, low=0)

    def start(self, param: Array) -> tuple[Array, ...]:
        """The state of one parameter before the first step: m and s, of its shape and dtype."""
        return np.zeros_like(param), np.zeros_like(param)

    def update(
        self,
        param: Array,
        gradient: Array,
        state: tuple[Array, ...],
        step: int,
        progress: float,
    ) -> None:
        """Move `param` in place; `step` counts from 1, `progress` runs from 0 to 1."""
        mean, square = state
        gradient = gradient + self.weight_decay * param
        mean += (1 - self.beta1) * (gradient - mean)
        square += (1 - self.beta2) * (gradient**2 - square)

        rate = scheduled(self.learning_rate, self.cosine, progress)
        unbiased = mean / (1 - self.beta1**step)
        root = np.sqrt(square / (1 - self.beta2**step))
        param -= rate * unbiased / (root + 1e-8)


class Updates:
    """The optimiser's part of a run: its state for every parameter, and how many steps it took.

    Parameters
    ----------
    layers : sequence of Layer
        Their parameters are moved in place; those that a layer names in `undecayed`, such as a
        threshold, are not drawn to 0 by the optimiser's penalties.
    optimiser : SGD or Adam
    total : int
        Steps of the whole run, over which a schedule runs.
    """

    def __init__(self, layers: Sequence[Layer], optimiser: SGD | Adam, total: int) -> None:
        self.layers = layers
        self.optimiser = optimiser
        self.total = total
        self.step = 0
        self._undecayed = replace(optimiser, weight_decay=0.0)
        if isinstance(self._undecayed, SGD):
            self._undecayed = replace(self._undecayed, l1=0.0)
        self.states = {
            (i, name): optimiser.start(param)
            for i, layer in enumerate(layers)
            for name, param in layer.params.items()
        }

    def apply(self, gradients: dict[int, dict[str, Array]]) -> None:
        """One step along the gradients, {layer index: {name: array}}; parameters stay in their
        domain.
        """
        progress = self.step / self.total
        self.step += 1
        for i, named in gradients.items():
            layer = self.layers[i]
            for name, gradient in named.items():
                optimiser = self._undecayed if name in layer.undecayed else self.optimiser
                param = getattr(layer, name)
                state = self.states[i, name]
                optimiser.update(param, gradient, state, self.step, progress)
            layer.project()
