"""Corrections of a converted network that leave its training alone: bias, initial potentials,
silenced neurons.

All work on networks from `to_spiking` with reset by subtraction, under constant input. Those that
look at a run before the one that counts say how many steps it takes: these belong to the cost.
"""

import copy

import numpy as np

from refsnn import validate
from refsnn.convert.errors import analog_inputs
from refsnn.kernels.threads import workers
from refsnn.nn import Conv2d, Dense
from refsnn.nn.sequential import slabs
from refsnn.snn.layerwise import layer_by_layer
from refsnn.snn.neurons import LIF

EPS = 1e-3  # in units of the threshold, as in the papers of SRP and COS


def _check(net, T):
    neurons = [layer for layer in net if isinstance(layer, LIF)]
    if not neurons:
        raise ValueError("net has no spiking neurons: convert it with convert.to_spiking first.")
    if any(neuron.beta != 1 or neuron.reset != "subtract" for neuron in neurons):
        raise ValueError("net must have neurons without leak and with reset by subtraction.")
    return validate.integer("T", T)


def _scores(net, x, T, threads, run_slab):
    """Mean output over the first 1..T steps of `run_slab(images)`: (T, N, classes)."""
    threads = validate.threads(threads)
    with workers(threads) as run_all:
        outputs = np.concatenate(run_all(lambda part: run_slab(x[part])[:T], slabs(len(x))), axis=1)
    steps = np.arange(1, T + 1).reshape(-1, *[1] * (outputs.ndim - 1))
    return (np.cumsum(outputs, axis=0, dtype=np.float64) / steps).astype(np.float32)


def shift_bias(net, T):
    """A copy whose neurons start at 0 and get v_0 / T more input in every step, v_0 being where
    they started.

    After T steps of constant input it has the counts of that start (chapter 06: theta / 2); before,
    it lags behind.

    Parameters
    ----------
    net : nn.Sequential
        From `to_spiking`.
    T : int
        Time steps that it will be run for.

    Returns
    -------
    nn.Sequential

    Notes
    -----
    Source: Deng and Gu 2021.
    """
    T, net, linear = _check(net, T), copy.deepcopy(net), None
    for layer in net:
        if isinstance(layer, (Dense, Conv2d)):
            linear = layer
        elif isinstance(layer, LIF):
            shift = layer.v_init / T  # eq. bias-shift
            linear.bias = (0 if linear.bias is None else linear.bias) + np.broadcast_to(
                shift, linear.weight.shape[-1:]
            ).astype(np.float32)
            layer.v_init = np.zeros_like(layer.v_init)
    return net


def correct_bias(ann, net, x, T):
    """A copy whose biases make up for the mean error of each channel after T steps, one layer after
    the other.

    The mean over images and positions of (activation - N_T / T), in units of the layer's scale, is
    added to the input of every step; each layer is measured with those before it corrected.

    Parameters
    ----------
    ann : nn.Sequential
        With ReLU or QCFS activations.
    net : nn.Sequential
        Its copy from `to_spiking`.
    x : array (N, ...) of float
        Images to measure on, not the test images; all steps of a layer are in memory at once.
    T : int
        Time steps that it will be run for.

    Returns
    -------
    nn.Sequential

    Notes
    -----
    Source: the bias calibration of Li et al., ICML 2021, in one pass. Rates are staircases, so a
    shift by the mean error need not bring it to 0.
    """
    T, x = _check(net, T), net.check_input(x)
    targets, net = analog_inputs(ann, net, x), copy.deepcopy(net)

    def fire(i, neuron, current):
        linear = next(layer for layer in reversed(net[:i]) if isinstance(layer, (Dense, Conv2d)))
        start, channels = (
            neuron.initial(current.shape[1], current.shape[2:]),
            linear.weight.shape[-1],
        )
        error = targets[i][1] - neuron.scan(current, start, T)[0].mean(axis=0)
        shift = error.reshape(-1, channels).mean(axis=0, dtype=np.float64).astype(np.float32)
        linear.bias = shift if linear.bias is None else linear.bias + shift
        return neuron.scan(
            (current.reshape(-1, channels) + shift).reshape(current.shape), start, T
        )[0]

    layer_by_layer(net, x, fire)
    return net


def run_srp(net, x, T, *, tau=4, threads=None):
    """Scores of a network whose neurons were silenced where a first run of tau steps left no
    residual potential.

    Neurons with v(tau) <= 0.001 theta send nothing in a second run, which starts afresh: they are
    those whose spikes their input did not pay for.

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
    T, x, tau = _check(net, T), net.check_input(x), validate.integer("tau", tau)

    def run_slab(images):
        kept = {}

        def look(i, neuron, current):
            spikes, v = neuron.scan(
                current, neuron.initial(current.shape[1], current.shape[2:]), tau
            )
            kept[i] = v > EPS * neuron.v_threshold
            return spikes

        def fire(i, neuron, current):
            spikes, _ = neuron.scan(current, neuron.initial(current.shape[1], current.shape[2:]), T)
            return spikes * kept[i]

        layer_by_layer(net, images, look)
        return layer_by_layer(net, images, fire)

    return _scores(net, x, T, threads, run_slab)


def run_cos(net, x, T, *, rho=4, threads=None):
    """Scores of a network whose neurons start so that one spike too many, or too few, in a first
    run does not recur.

    A neuron that fired and ended the rho steps of its first run below 0 starts lower by at least
    theta, one that ended at or above theta starts higher by at least theta; by more if no spike
    would change otherwise. Layers are done in order, each with the corrected spikes of the one
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
    T, x, rho = _check(net, T), net.check_input(x), validate.integer("rho", rho)
    steps = max(rho, T)

    def fire(i, neuron, current):
        current = np.ascontiguousarray(np.broadcast_to(current, (steps, *current.shape[1:])))
        start, theta = neuron.initial(current.shape[1], current.shape[2:]), neuron.v_threshold
        spikes, v = neuron.trace(current[:rho], start)
        fired = spikes > 0
        least_spike = np.where(fired, v + theta, np.inf).min(axis=0)  # potentials before the reset
        most_silent = np.where(fired, -np.inf, v).max(axis=0)
        too_many = (v[-1] < 0) & fired.any(axis=0)
        too_few = (v[-1] >= theta) & ~fired.all(axis=0)
        with np.errstate(invalid="ignore"):
            start -= np.where(too_many, np.maximum(theta, least_spike - theta + EPS * theta), 0)
            start += np.where(too_few, np.maximum(theta, theta - most_silent + EPS * theta), 0)
        return neuron.scan(current, start.astype(np.float32))[0]

    return _scores(net, x, T, threads, lambda images: layer_by_layer(net, images, fire))
