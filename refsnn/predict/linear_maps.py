"""A converted network as the closed form sees it: linear maps, each followed by neurons, and a
linear readout.
"""

import copy
from dataclasses import dataclass

import numpy as np

from refsnn.nn import AvgPool2d, Conv2d, Dense, Flatten, Sequential
from refsnn.nn.layer import Array
from refsnn.snn import LIF

WEIGHTED = (Dense, Conv2d)


@dataclass(frozen=True)
class LinearMap:
    """Layers without neurons, from inputs of shape `input_shape` to outputs of `shape`.

    Rows go in and come out, one number per feature: (n, F).
    """

    layers: tuple
    input_shape: tuple
    shape: tuple

    def __call__(self, h: Array) -> Array:
        """Outputs of inputs: biases included, dtype kept."""
        h = h.reshape(-1, *self.input_shape)
        for layer in self.layers:
            h = layer.forward(h)[0]
        return h.reshape(len(h), -1)

    def power(self, order: int) -> "LinearMap":
        """The map of independent inputs' cumulants of an order: weights to that power, no biases.

        The mean of `size**2` pixels has the cumulant sum / size**(2 order); windows of pooling do
        not overlap.
        """
        layers, factor = [], 1.0
        for layer in self.layers:
            if isinstance(layer, WEIGHTED):
                layer = copy.copy(layer)
                layer.weight = layer.weight**order * np.float32(factor)
                layer.bias = None
                factor = 1.0
            elif isinstance(layer, AvgPool2d):
                factor *= layer.size ** (2 - 2 * order)
            layers.append(layer)
        return LinearMap(tuple(layers), self.input_shape, self.shape)

    def adjoint(self, a: Array) -> Array:
        """Linear functionals of the outputs, as functionals of the inputs."""
        shapes = [self.input_shape]
        for layer in self.layers:
            shapes.append(layer.output_shape(shapes[-1]))

        a = a.reshape(-1, *self.shape)
        for layer, shape in zip(reversed(self.layers), reversed(shapes[:-1]), strict=True):
            if isinstance(layer, Dense):
                a = a @ layer.weight.T
            elif isinstance(layer, Conv2d):
                a = layer.input_gradient(a, shape)
            elif isinstance(layer, Flatten):
                a = a.reshape(-1, *shape)
            else:
                a = layer.backward(None, a)[0]
        return a.reshape(len(a), -1)


@dataclass(frozen=True)
class Neurons:
    """A layer of neurons, and the linear map that feeds it."""

    linear: LinearMap
    plain: LinearMap  # without biases
    square: LinearMap  # of variances
    cube: LinearMap  # of third cumulants
    v_threshold: Array  # (F,) of float64
    v_init: Array  # (F,), in units of the threshold


def _read_neurons(layer, i, linear):
    """Layer i of the network, neurons behind a linear map, if the closed form covers them."""
    if layer.beta != 1 or layer.reset != "subtract":
        raise ValueError(
            f"Layer {i} ({layer!r}) must not leak and must reset by subtraction: the closed form "
            "counts charge."
        )
    weighted = [isinstance(fed, WEIGHTED) for fed in linear.layers if not isinstance(fed, Flatten)]
    if sum(weighted) != 1 or not weighted[-1]:
        raise ValueError(
            f"Layer {i} ({layer!r}) must follow a Dense or Conv2d layer, with pooling before it "
            "only."
        )

    def per_neuron(potential):
        return np.broadcast_to(potential, linear.shape).astype(np.float64).reshape(-1)

    v_threshold = per_neuron(layer.v_threshold)
    v_init = per_neuron(layer.v_init) / v_threshold
    return Neurons(linear, *map(linear.power, (1, 2, 3)), v_threshold, v_init)


def read(net: Sequential, shape: tuple) -> tuple[list[Neurons], LinearMap]:
    """The neuron layers of a converted network, for images of `shape`, and its readout.

    Returns
    -------
    list of Neurons, LinearMap

    Raises
    ------
    ValueError
        If the closed form does not cover the network.
    """
    for i, layer in enumerate(net):
        if not isinstance(layer, (*WEIGHTED, AvgPool2d, Flatten, LIF)):
            raise ValueError(
                f"Layer {i} ({layer!r}) is not covered by the closed form: convert the network "
                "first."
            )

    # The layers of neurons, each with the linear map that ends at it.
    shapes = [shape, *net.shapes(shape)]
    parts, start = [], 0
    for i, layer in enumerate(net):
        if isinstance(layer, LIF):
            linear = LinearMap(tuple(net.layers[start:i]), shapes[start], shapes[i])
            parts.append(_read_neurons(layer, i, linear))
            start = i + 1

    # What comes after the last is the readout.
    if not parts:
        raise ValueError("net has no neurons: convert it with convert.to_spiking.")
    if start == len(net) or len(shapes[-1]) != 1:
        raise ValueError(
            "net must end in an accumulating readout, a Dense layer without neurons after it."
        )
    return parts, LinearMap(tuple(net.layers[start:]), shapes[start], shapes[-1])
