"""A few images through a spiking network, all time steps of a layer before the next: for what looks
at each neuron.
"""

from collections.abc import Callable

from refsnn.nn.layer import Array, Run
from refsnn.nn.sequential import Sequential
from refsnn.snn.neurons import LIF


def layer_by_layer(net: Sequential, x: Array, fire: Callable) -> Array:
    """The last layer's output (T, n, ...) for constant input `x` (n, ...).

    `fire(i, neuron, current)` is called for each neuron layer i, in order, with its input current
    (1, n, ...) if that is constant, else (T, n, ...); it returns the spikes (T, n, ...) that the
    next layer shall see.
    """
    h = x[None]
    for i, layer in enumerate(net):
        if isinstance(layer, LIF):
            h = fire(i, layer, h)
        else:
            rows = layer.forward(h.reshape(-1, *h.shape[2:]), Run())[0]
            h = rows.reshape(len(h), -1, *rows.shape[1:])
    return h
