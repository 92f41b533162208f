"""Corrections of a converted network's biases without training.

They work on networks from `to_spiking` with reset by subtraction, under constant input.
"""

import copy

import numpy as np

from refsnn import validate
from refsnn.convert.errors import analog_inputs
from refsnn.convert.to_spiking import LINEAR
from refsnn.nn.layer import Array
from refsnn.nn.sequential import Sequential
from refsnn.snn.layerwise import layer_by_layer
from refsnn.snn.neurons import LIF


def check_neurons(net: Sequential) -> None:
    """Raise ValueError unless the network has neurons, all without leak and subtracting."""
    neurons = [layer for layer in net if isinstance(layer, LIF)]
    if not neurons:
        raise ValueError("net has no spiking neurons: convert it with convert.to_spiking first.")
    if any(neuron.beta != 1 or neuron.reset != "subtract" for neuron in neurons):
        raise ValueError("net must have neurons without leak and with reset by subtraction.")


def _add_to_bias(linear, shift):
    """Add one number per channel to a layer's bias, which it may not have yet."""
    linear.bias = shift if linear.bias is None else linear.bias + shift


def shift_bias(net: Sequential, T: int) -> Sequential:
    """A copy whose neurons start at 0, not at v_0, and get v_0 / T more input in every step.

    After T steps of constant input it has the spike counts of the start at v_0 (chapter 06: theta /
    2); before, it lags behind.

    Parameters
    ----------
    net : nn.Sequential
        From `to_spiking`.
    T : int
        Time steps that the copy will run for.

    Returns
    -------
    nn.Sequential

    Notes
    -----
    Source: Deng and Gu 2021.
    """
    check_neurons(net)
    T = validate.integer("T", T)
    net = copy.deepcopy(net)
    for layer in net:
        if isinstance(layer, LINEAR):
            linear = layer
        elif isinstance(layer, LIF):
            shift = layer.v_init / T  # eq. bias-shift
            channels = linear.weight.shape[-1:]
            _add_to_bias(linear, np.broadcast_to(shift, channels).astype(np.float32))
            layer.v_init = np.zeros_like(layer.v_init)
    return net


def correct_bias(ann: Sequential, net: Sequential, x: Array, T: int) -> Sequential:
    """A copy whose biases make up for the mean error of each channel after T steps.

    The mean over images and positions of (activation - N_T / T), in units of the layer's scale, is
    added to the input of every step. Each layer is measured with those before it corrected.

    Parameters
    ----------
    ann : nn.Sequential
        With ReLU or QCFS activations.
    net : nn.Sequential
        Its copy from `to_spiking`.
    x : array (N, ...) of float
        Images to measure on, not the test images; all steps of a layer are in memory at once.
    T : int
        Time steps that the copy will run for.

    Returns
    -------
    nn.Sequential

    Notes
    -----
    Source: the bias calibration of Li et al., ICML 2021, in one pass. Rates are staircases, so a
    shift by the mean error need not bring it to 0.
    """
    check_neurons(net)
    T, x = validate.integer("T", T), net.check_input(x)
    targets = analog_inputs(ann, net, x)
    net = copy.deepcopy(net)

    def fire(i, neuron, current):
        linear = next(layer for layer in reversed(net[:i]) if isinstance(layer, LINEAR))
        channels = linear.weight.shape[-1]

        # What the neurons fall short of, on average over a channel's images and positions.
        _, activation = targets[i]
        spikes, _ = neuron.scan(current, T=T)
        error = activation - spikes.mean(axis=0)
        shift = error.reshape(-1, channels).mean(axis=0, dtype=np.float64).astype(np.float32)
        _add_to_bias(linear, shift)

        # The next layer sees the corrected spikes.
        corrected = (current.reshape(-1, channels) + shift).reshape(current.shape)
        return neuron.scan(corrected, T=T)[0]

    layer_by_layer(net, x, fire)
    return net
