"""Simulation of a spiking network, and the short stepped one that it is held to."""

from typing import Any

import numpy as np
from numpy.random import Generator

from refsnn import validate
from refsnn.nn.layer import Array, Run
from refsnn.nn.sequential import Sequential
from refsnn.nn.through_time import Encoder, image_numbers
from refsnn.snn import engine as engines
from refsnn.snn.encoders import Direct
from refsnn.snn.neurons import LIF
from refsnn.snn.record import Record


def simulate(
    net: Sequential,
    x: Array,
    T: int,
    *,
    encoder: Encoder = Direct(),
    rng: Generator | None = None,
    engine: str = "auto",
    watch: dict[int, Any] | None = None,
    index: Array | None = None,
    threads: int | None = None,
) -> Record:
    """Run a spiking network on images for T time steps.

    Parameters
    ----------
    net : nn.Sequential
        Usually from `convert.to_spiking`. Without neurons at its end, its last layer's current is
        averaged over time (accumulating readout); with neurons at its end, their spikes are.
    x : array (N, ...) of float
        Images; pixels in [0, 1] for `Poisson`; sequences of T frames, (N, T, ...), for `Frames`.
        float64 is cast to float32.
    T : int
        Time steps. Scores after every step 1..T come from the one run.
    encoder : Direct, Poisson or Frames
    rng : numpy.random.Generator
        Needed by `Poisson`: one number is drawn from it.
    engine : "auto", "slab" or "event"
        Dense layers by matrix product ("slab"), by adding the weight rows of inputs that spiked
        ("event"), or each by the rate stored at conversion ("auto"). The same spikes where float32
        sums are exact; else last bits may differ.
    watch : dict from layer index to flat neuron indices, or None
        Neurons whose spikes and potentials the record keeps at every step.
    index : array (N,) of int or None
        Numbers of the images, on which their random spikes depend; default 0, 1, 2, ...
    threads : int or None
        Default: all processors. The record has the same bits for any number.

    Returns
    -------
    Record

    Notes
    -----
    Memory beyond the record depends neither on T nor on N. Source: chapter 02.
    """
    _check(net, encoder)
    layers = engines.neuron_layers(net)
    if not layers:
        raise ValueError("net has no spiking neurons: convert it with convert.to_spiking first.")
    T = validate.integer("T", T)
    x = net.check_input(x, "x", encoder, T)
    validate.one_of("engine", engine, ("auto", "slab", "event"))
    threads = validate.threads(threads)
    index = image_numbers(index, len(x))
    shapes = net.shapes(encoder.image_shape(x))
    watch = _checked_watch(watch, layers, shapes)

    # Room for the record: every slab writes the part of its images.
    n = len(x)
    scores = np.empty((T, n, *shapes[-1]), np.float32)
    spike_counts = {i: np.empty((T, n), np.int32) for i in layers}
    spikes = {i: np.empty((T, n, len(places)), np.float32) for i, places in watch.items()}
    v = {i: np.empty_like(array) for i, array in spikes.items()}
    watched = {i: _subset(net[i], shapes[i], places) for i, places in watch.items()}

    def per_slab(part, make_blocks):
        def on_neurons(i, t0, layer, current, before, counts):
            block = slice(t0, t0 + len(counts))
            spike_counts[i][block, part] = counts
            if i in watch:
                current = current.reshape(*current.shape[:2], -1)[..., watch[i]]
                current = np.broadcast_to(current, (*counts.shape, len(watch[i])))
                before = before.reshape(len(before), -1)[:, watch[i]]
                spikes[i][block, part], v[i][block, part] = watched[i].trace(current, before)

        # The scores after t steps are the mean of the outputs of steps 1 to t.
        total = 0.0
        for t0, outputs in make_blocks(on_neurons):
            sums = np.cumsum(outputs, axis=0, dtype=np.float64) + total
            total = sums[-1]
            steps = np.arange(t0 + 1, t0 + 1 + len(outputs))
            scores[t0 : t0 + len(outputs), part] = sums / steps.reshape(-1, *[1] * (sums.ndim - 1))

    engines.run(net, x, T, encoder, rng, engine, index, threads, per_slab)
    neurons = {i: int(np.prod(shapes[i])) for i in layers}
    return Record(scores, spike_counts, neurons, spikes, v, watched)


def simulate_reference(
    net: Sequential,
    x: Array,
    T: int,
    *,
    encoder: Encoder = Direct(),
    rng: Generator | None = None,
    index: Array | None = None,
) -> Array:
    """The scores (T, N, classes) of `simulate`, step by step in plain NumPy: short, slow, and the
    oracle of the tests.
    """
    _check(net, encoder)
    x = net.check_input(x, "x", encoder, validate.integer("T", T))
    inputs = encoder.spikes(x, T, rng, index=index) * np.float32(encoder.amplitude)
    v: dict[int, Array] = {}
    total = 0.0
    scores = []
    for t in range(T):
        h = inputs[t].astype(np.float32)
        for i, layer in enumerate(net):
            if not isinstance(layer, LIF):
                h = layer.forward(h, Run())[0]
                continue
            u = np.float32(layer.beta) * v.get(i, layer.v_init) + h  # integrate
            h = (u >= layer.v_threshold).astype(np.float32)  # fire
            hard = np.where(h == 1, np.float32(layer.v_reset), u)
            v[i] = u - layer.v_threshold * h if layer.reset == "subtract" else hard  # reset
        total = total + h.astype(np.float64)
        scores.append((total / (t + 1)).astype(np.float32))
    return np.stack(scores)


def _check(net, encoder):
    """Raise TypeError unless `net` is a network and `encoder` an encoder."""
    validate.instance("net", net, Sequential, "an nn.Sequential, usually of convert.to_spiking")
    validate.instance("encoder", encoder, Encoder, "snn.Direct(), snn.Poisson(...) or snn.Frames()")


def _checked_watch(watch, layers, shapes):
    """The watched neurons of each layer as index arrays, by the shapes of the layers' outputs."""
    if watch is not None and not isinstance(watch, dict):
        raise TypeError(
            f"watch must be a dict from layer index to neuron indices, such as {{1: [0, 1]}}, not "
            f"{validate.short_repr(watch)}."
        )
    places = {}
    for i, indices in (watch or {}).items():
        if i not in layers:
            raise ValueError(
                f"watch names layer {i}, which is not a neuron layer; those are {layers}."
            )
        indices = np.atleast_1d(validate.array(f"watch[{i}]", indices))
        if indices.ndim != 1 or indices.size == 0:
            raise ValueError(
                f"watch[{i}] must list at least one flat neuron index, not have shape "
                f"{indices.shape}."
            )
        count = int(np.prod(shapes[i]))
        places[i] = validate.labels(indices, len(indices), count, name=f"watch[{i}]")
    return places


def _subset(layer, shape, places):
    """The neurons at flat `places` of a layer of neurons of `shape`, as a layer of their own."""
    v_threshold, v_init = (
        np.broadcast_to(array, shape).reshape(-1)[places]
        for array in (layer.v_threshold, layer.v_init)
    )
    return LIF(
        float(layer.beta),
        v_threshold=v_threshold,
        v_init=v_init,
        reset=layer.reset,
        v_reset=layer.v_reset,
    )
