"""The neighbours of paper 3's method, SRP and COS: from a first run of a converted network its
neurons are corrected for the run that counts.

Both work on networks from `to_spiking` with reset by subtraction, under constant input. The steps
of the first run belong to the cost.
"""

import numpy as np

from refsnn import validate
from refsnn.convert.corrections import check_neurons
from refsnn.kernels.threads import workers
from refsnn.nn.sequential import slabs
from refsnn.snn.layerwise import layer_by_layer

MARGIN = 1e-3  # in units of the threshold, as in the papers of SRP and COS


def _scores(x, T, threads, run_slab):
    """Mean output over the first 1..T steps of `run_slab(images)`: (T, N, classes)."""
    with workers(validate.threads(threads)) as run_all:
        outputs = run_all(lambda part: run_slab(x[part])[:T], slabs(len(x)))
    totals = np.cumsum(np.concatenate(outputs, axis=1), axis=0, dtype=np.float64)
    steps = np.arange(1, T + 1)[:, None, None]
    return (totals / steps).astype(np.float32)


def run_srp(net, x, T, *, tau=4, threads=None):
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
    check_neurons(net)
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


def run_cos(net, x, T, *, rho=4, threads=None):
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
    check_neurons(net)
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
