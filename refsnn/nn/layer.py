"""What a layer is: a forward map, its backward map, and what it is told about the call."""

import inspect
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.random import Generator

from refsnn import validate

Array = np.ndarray
Shape = tuple[int, ...]


@dataclass(frozen=True)
class Run:
    """All that a layer learns about a call.

    Parameters
    ----------
    T : int
        Time steps; arrays are `(T * N, ...)`, time-major. An artificial network has T = 1.
    train : bool
        Whether dropout drops and batch norm uses the statistics of the batch.
    rng : numpy.random.Generator or None
        For the layers that draw (dropout) while training.
    smooth : bool
        Whether a spike is replaced by its surrogate's smooth step, for checks of gradients.
    share : float
        Which part of a batch the call's images are; by it a layer scales what it adds to the
        batch's loss.
    """

    T: int = 1
    train: bool = False
    rng: Generator | None = None
    smooth: bool = False
    share: float = 1.0


class Layer:
    """Base of all layers.

    `forward(x, run) -> (y, cache)` computes and writes nothing; `backward(cache, dy) -> (dx,
    gradients)` is its adjoint: <dy, J u> = <J' dy, u> for every direction u. `params` are trained,
    `buffers` are carried along (running statistics). The names of both are class attributes, their
    arrays attributes of the layer. The constructor's arguments are attributes too.
    """

    parameter_names: tuple[str, ...] = ()
    buffer_names: tuple[str, ...] = ()
    undecayed: tuple[str, ...] = ()  # parameters that an optimiser's penalties leave alone
    stochastic = False  # draws from run.rng while training
    spiking = False  # runs through time: its network needs `T`
    trainable = True  # a loss has a gradient through it
    penalised = False  # adds `cache.own_loss` to the loss of each slab of a batch

    @property
    def params(self) -> dict[str, Array]:
        """Trained arrays by name."""
        arrays = {name: getattr(self, name) for name in self.parameter_names}
        return {name: array for name, array in arrays.items() if array is not None}

    @property
    def buffers(self) -> dict[str, Array]:
        """Arrays that are kept with the layer but not trained, by name."""
        return {name: getattr(self, name) for name in self.buffer_names}

    def config(self) -> dict[str, Any]:
        """The constructor's arguments by name, but for `rng`: numbers of arrays in as few digits as
        tell them apart.
        """
        values = {name: getattr(self, name) for name in _arguments(self) if name != "rng"}
        return {
            name: value.astype(str).astype(float).tolist() if isinstance(value, Array) else value
            for name, value in values.items()
        }

    def output_shape(self, shape: Shape) -> Shape:
        """Shape of one output, without the batch axis, for one input of `shape`; raises ValueError
        where it does not fit.
        """
        return shape

    def forward(self, x: Array, run: Run = Run()) -> tuple[Array, Any]:
        """Output (T * N, ...) and cache for the inputs `x` (T * N, ...)."""
        raise NotImplementedError(f"{type(self).__name__} has no forward map.")

    def backward(self, cache: Any, dy: Array) -> tuple[Array, Any]:
        """Gradients of the loss in the input and, by name, in the parameters, from its gradient
        `dy` (T * N, ...) in the output.
        """
        raise TypeError(f"{self} has no gradient: train the artificial network, then convert it.")

    def gradients(self, cache: Any, dy: Array) -> dict[str, Array]:
        """The parameters' gradients alone, for a first layer whose input's gradient nobody asks
        for.
        """
        return self.backward(cache, dy)[1]

    def project(self) -> None:
        """Bring the parameters back into their domain, in place: `fit` calls this after every
        step.
        """

    def __repr__(self) -> str:
        texts = []
        for name, value in self.config().items():
            default = _arguments(self)[name].default
            if default is inspect.Parameter.empty:
                texts.append(validate.short_repr(value))
            elif value != default:
                texts.append(f"{name}={validate.short_repr(value)}")
        return f"{type(self).__name__}({', '.join(texts)})"


def _arguments(layer):
    """The arguments of a layer's constructor, by name."""
    return inspect.signature(type(layer)).parameters


def need_axes(shape: Shape, axes: str, what: object) -> None:
    """Raise ValueError unless a shape has the axes that a layer works on."""
    if len(shape) != len(axes):
        raise ValueError(
            f"{what} takes inputs of shape (N, {', '.join(axes)}), not (N, "
            f"{', '.join(map(str, shape))})."
        )
