"""What a layer is: a forward map, its backward map, and what it is told about the call."""

import inspect
from dataclasses import dataclass

import numpy as np

from refsnn import validate


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
    rng: np.random.Generator | None = None
    smooth: bool = False
    share: float = 1.0


class Layer:
    """Base of all layers.

    `forward(x, run) -> (y, cache)` computes and writes nothing; `backward(cache, dy) -> (dx,
    gradients)` is its adjoint: <dy, J u> = <J' dy, u> for every direction u. `params` are trained,
    `buffers` are carried along (running statistics). The names of both are class attributes, their
    arrays attributes of the layer.
    """

    parameter_names: tuple[str, ...] = ()
    buffer_names: tuple[str, ...] = ()
    undecayed: tuple[str, ...] = ()  # parameters that an optimiser's penalties leave alone
    stochastic = False  # draws from run.rng while training
    whole_batch = False  # needs all images of a batch at once: `forward_slabs`, `backward_slabs`
    penalised = False  # adds to the loss by itself, for each slab of a batch: `own_loss`
    spiking = False  # runs through time: its network needs `T`
    trainable = True  # a loss has a gradient through it

    @property
    def params(self):
        """Trained arrays by name."""
        return {
            name: getattr(self, name)
            for name in self.parameter_names
            if getattr(self, name) is not None
        }

    @property
    def buffers(self):
        """Arrays that are kept with the layer but not trained, by name."""
        return {name: getattr(self, name) for name in self.buffer_names}

    def config(self):
        """The constructor's arguments, but for `rng`."""
        return {}

    def output_shape(self, shape):
        """Shape of one output, without the batch axis, for one input of `shape`; ValueError where
        it does not fit.
        """
        return shape

    def forward(self, x, run=Run()):
        """Output and cache for the inputs `x` (T * N, ...)."""
        raise NotImplementedError(f"{type(self).__name__} has no forward map.")

    def backward(self, cache, dy):
        """Gradients of the loss in the input and, by name, in the parameters, from its gradient
        `dy` in the output.
        """
        raise TypeError(f"{self} has no gradient: train the artificial network, then convert it.")

    def gradients(self, cache, dy):
        """The parameters' gradients alone, for a first layer whose input's gradient nobody asks
        for.
        """
        return self.backward(cache, dy)[1]

    def own_loss(self, cache):
        """What the layer adds to the loss by itself, of a call with this cache; `backward` adds its
        gradient.
        """
        return 0.0

    def project(self):
        """Bring the parameters back into their domain, in place: `fit` calls this after every
        step.
        """

    def __repr__(self):
        arguments = inspect.signature(type(self)).parameters
        given = [
            validate.short_repr(value)
            if arguments[name].default is inspect.Parameter.empty
            else f"{name}={validate.short_repr(value)}"
            for name, value in self.config().items()
            if value != arguments[name].default
        ]
        return f"{type(self).__name__}({', '.join(given)})"


def need_axes(shape, axes, what):
    """Refuse a shape that has not the axes a layer works on."""
    if len(shape) != len(axes):
        raise ValueError(
            f"{what} takes inputs of shape (N, {', '.join(axes)}), not (N, "
            f"{', '.join(map(str, shape))})."
        )
