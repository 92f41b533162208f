"""Corrections of a converted network without training: of biases, of initial potentials, by
silenced neurons.

All work on networks from `to_spiking` with reset by subtraction, under constant input. Those that
look at a first run, before the one that counts, say how many steps it takes: these belong to the
cost.
"""

import copy

import numpy as np

from refsnn import validate
from refsnn.convert.errors import analog_inputs
from refsnn.convert.to_spiking import LINEAR
from refsnn.kernels.threads import workers
from refsnn.nn.layer import Array
from refsnn.nn.sequential import Sequential, slabs
from refsnn.snn.layerwise import layer_by_layer
from refsnn.snn.neurons import LIF

MARGIN = 1e-3  # in units of the threshold, as in the papers of SRP and COS


def _check_neurons(net):
    """Raise ValueError unless the network has neurons, all without leak and subtracting."""
    neurons = [layer for layer in net if isinstance(layer, LIF)]
    if not neurons:
        raise ValueError("net has no spiking neurons: convert it with convert.to_spiking first.")
    if any(neuron.beta != 1 or neuron.reset != "subtract" for neuron in neurons):
        raise ValueError("net must have neurons without leak and with reset by subtraction.")


def _add_to_bias(linear, shift):
    """Add one number per channel to a layer's bias, which it may not have yet."""
    linear.bias = shift if linear.bias is None else linear.bias + shift


def _scores(x, T, threads, run_slab):
    """Mean output over the first 1..T steps of `run_slab(images)`: (T, N, classes)."""
    with workers(validate.threads(threads)) as run_all:
        outputs = run_all(lambda part: run_slab(x[part])[:T], slabs(len(x)))
    totals = np.cumsum(np.concatenate(outputs, axis=1), axis=0, dtype=np.float64)
    steps = np.arange(1, T + 1)[:, None, None]
    return (totals / steps).astype(np.float32)


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
    _check_neurons(net)
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
    _check_neurons(net)
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


def run_srp(
    net: Sequential, x: Array, T: int, *, tau: int = 4, threads: int | None = None
) -> Array:
    """Scores of a network in which neurons are silenced that a first run of tau steps left without
    residual potential.

    Neurons with v(tau) <= 0.001 theta send nothing in a second run, which starts afresh: their
    input did not pay for their spikes.

    Parameters
    ----------
    net : nn.Sequential
        From `to_spiking`.
    x : array (N, ...) of float
        Images, as constant input.
    T : int
        Steps of the second run.
    tau : int
        Steps of the first run: with them an answer after T steps costs tau + T.
    threads : int or None
        Default: all processors. The scores have the same bits for any number.

    Returns
    -------
    array (T, N, classes) of float32
        Mean output after 1..T steps of the second run.

    Notes
    -----
    Source: Hao et al., AAAI 2023 (SRP).
    """
    _check_neurons(net)
    T, tau = validate.integer("T", T), validate.integer("tau", tau)
    x = net.check_input(x)

    def run_slab(images):
        paid = {}  # of every neuron layer, which neurons a residual potential is left to

        def look(i, neuron, current):
            spikes, v = neuron.scan(current, T=tau)
            paid[i] = v > MARGIN * neuron.v_threshold
            return spikes

        def fire(i, neuron, current):
            spikes, _ = neuron.scan(current, T=T)
            return spikes * paid[i]

        layer_by_layer(net, images, look)
        return layer_by_layer(net, images, fire)

    return _scores(x, T, threads, run_slab)


def run_cos(
    net: Sequential, x: Array, T: int, *, rho: int = 4, threads: int | None = None
) -> Array:
    """Scores of a network whose neurons start such that a spike too many, or too few, in a first
    run does not recur.

    A neuron that fired and ended the rho steps of its first run below 0 starts lower by at least
    theta, one that ended at or above theta starts higher by at least theta; by more if no spike
    would change otherwise. Layers are corrected in order, each with the corrected spikes of the one
    before it.

    Parameters
    ----------
    net : nn.Sequential
        From `to_spiking`.
    x : array (N, ...) of float
        Images, as constant input.
    T : int
        Steps of the run that counts.
    rho : int
        Steps of the first run: with them an answer after T steps costs rho + T.
    threads : int or None
        Default: all processors. The scores have the same bits for any number.

    Returns
    -------
    array (T, N, classes) of float32
        Mean output after 1..T steps of the corrected run.

    Notes
    -----
    Source: Hao et al., ICLR 2023 (COS), one round of correction; the order of layers is our
    reading.
    """
    _check_neurons(net)
    T, rho = validate.integer("T", T), validate.integer("rho", rho)
    x = net.check_input(x)
    steps = max(rho, T)

    def fire(i, neuron, current):
        # The first run: potentials before the resets, and which neurons err.
        current = np.ascontiguousarray(np.broadcast_to(current, (steps, *current.shape[1:])))
        start = neuron.initial(current.shape[1], current.shape[2:])
        theta = neuron.v_threshold
        spikes, v = neuron.trace(current[:rho], start)
        fired = spikes > 0
        too_many = (v[-1] < 0) & fired.any(axis=0)
        too_few = (v[-1] >= theta) & ~fired.all(axis=0)

        # By how much the start must move for the least certain spike, or silence, to change.
        least_spike = np.where(fired, v + theta, np.inf).min(axis=0)  # before the reset
        most_silent = np.where(fired, -np.inf, v).max(axis=0)
        with np.errstate(invalid="ignore"):
            down = np.maximum(theta, least_spike - theta + MARGIN * theta)
            up = np.maximum(theta, theta - most_silent + MARGIN * theta)
            start -= np.where(too_many, down, 0)
            start += np.where(too_few, up, 0)
        return neuron.scan(current, start.astype(np.float32))[0]

    return _scores(x, T, threads, lambda images: layer_by_layer(net, images, fire))
