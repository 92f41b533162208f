"""A converted network as the closed form sees it: linear maps, each followed by neurons, and a
linear readout.
"""

import copy
from dataclasses import dataclass

import numpy as np

from refsnn import validate
from refsnn.kernels import windows as kernels
from refsnn.nn import AvgPool2d, Conv2d, Dense, Flatten, Sequential
from refsnn.snn import LIF


@dataclass(frozen=True)
class LinearMap:
    """Layers without neurons, from inputs of shape `input_shape` to outputs of `shape`."""

    layers: tuple
    input_shape: tuple
    shape: tuple

    def __call__(self, h):
        """Outputs (n, *shape) of inputs (n, *input_shape): biases included, dtype kept."""
        for layer in self.layers:
            h = layer.forward(h)[0]
        return h

    def power(self, order):
        """The map of independent inputs' cumulants of an order: weights to that power, no biases.

        The mean of `size**2` pixels has the cumulant sum / size**(2 order); windows of pooling do
        not overlap.
        """
        layers, factor = [], 1.0
        for layer in self.layers:
            if isinstance(layer, (Dense, Conv2d)):
                layer = copy.copy(layer)
                layer.weight, layer.bias = layer.weight**order * np.float32(factor), None
                factor = 1.0
            elif isinstance(layer, AvgPool2d):
                factor *= layer.size ** (2 - 2 * order)
            layers.append(layer)
        return LinearMap(tuple(layers), self.input_shape, self.shape)

    def adjoint(self, a):
        """Rows (n, *shape), each a functional of the outputs, as functionals of the inputs (n,
        *input_shape).
        """
        shapes = [self.input_shape]
        for layer in self.layers:
            shapes.append(layer.output_shape(shapes[-1]))
        for layer, shape in zip(reversed(self.layers), reversed(shapes[:-1]), strict=True):
            if isinstance(layer, Dense):
                a = a @ layer.weight.T
            elif isinstance(layer, Conv2d):
                a = _convolution_adjoint(layer, a, shape)
            elif isinstance(layer, Flatten):
                a = a.reshape(-1, *shape)
            else:
                a = layer.backward(None, a)[0]
        return a


def _convolution_adjoint(layer, a, shape):
    """What a functional of a convolution's outputs (n, OH, OW, c_out) asks of its inputs (n,
    *shape).
    """
    height, width, channels = shape
    n, p, k = len(a), layer.padding, layer.kernel_size
    columns = a.reshape(-1, layer.c_out) @ layer.weight.reshape(-1, layer.c_out).T
    out = np.zeros((n, height + 2 * p, (width + 2 * p) * channels), a.dtype)
    kernels.col2im(
        columns.reshape(*a.shape[:3], k, k * channels), (layer.stride, layer.stride * channels), out
    )
    return out.reshape(n, height + 2 * p, width + 2 * p, channels)[:, p : p + height, p : p + width]


@dataclass(frozen=True)
class Neurons:
    """A layer of neurons and the linear map that feeds it; `index` is its place in the network."""

    index: int
    linear: LinearMap
    plain: LinearMap  # without biases
    square: LinearMap
    cube: LinearMap
    v_threshold: np.ndarray  # (F,) of float64
    v_init: np.ndarray  # (F,), in units of the threshold


def read(net, x):
    """The neuron layers of a converted network and its readout, or one sentence on what the closed
    form does not cover.

    Returns
    -------
    list of Neurons, LinearMap, and the images x (n, ...), checked
    """
    if not isinstance(net, Sequential):
        raise TypeError(
            f"net must be a network from convert.to_spiking, not {validate.short_repr(net)}."
        )
    x = net.check_input(validate.pixels(x))
    shape = x.shape[1:]
    shapes, parts, start, weighted = [shape, *net.shapes(shape)], [], 0, False
    for i, layer in enumerate(net):
        if isinstance(layer, LIF):
            if layer.beta != 1 or layer.reset != "subtract":
                raise ValueError(
                    f"Layer {i} ({layer!r}) must not leak and must reset by subtraction: the "
                    "closed form counts charge."
                )
            if not weighted:
                raise ValueError(f"Layer {i} ({layer!r}) must follow a Dense or Conv2d layer.")
            linear = LinearMap(tuple(net[start:i]), shapes[start], shapes[i])
            v_threshold, v_init = (
                np.broadcast_to(array, shapes[i]).astype(np.float64).reshape(-1)
                for array in (layer.v_threshold, layer.v_init)
            )
            parts.append(
                Neurons(i, linear, *map(linear.power, (1, 2, 3)), v_threshold, v_init / v_threshold)
            )
            start, weighted = i + 1, False
        elif isinstance(layer, (Dense, Conv2d)) and not weighted:
            weighted = True
        elif not isinstance(layer, (Dense, Conv2d, AvgPool2d, Flatten)):
            raise ValueError(
                f"Layer {i} ({layer!r}) is not covered by the closed form: convert the network "
                "first."
            )
        elif (
            weighted
            and not isinstance(layer, Flatten)
            and any(isinstance(later, LIF) for later in net[i:])
        ):
            raise ValueError(
                f"Layer {i} ({layer!r}) must not follow a Dense or Conv2d layer without neurons "
                "between them."
            )
    if not parts:
        raise ValueError("net has no neurons: convert it with convert.to_spiking.")
    if start == len(net) or len(shapes[-1]) != 1:
        raise ValueError(
            "net must end in an accumulating readout, a Dense layer without neurons after it."
        )
    return parts, LinearMap(tuple(net[start:]), shapes[start], shapes[-1]), x
