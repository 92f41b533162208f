"""The simulation's engine: slabs of images through all layers, a block of time steps at once.

Every layer but the neurons is a plain layer of `refsnn.nn`; neurons carry their potentials from
block to block, so memory depends neither on T nor on N. What comes before the first neuron is
computed once where the input is constant. A dense layer whose inputs seldom spike adds the weight
rows of those that did (event-driven) instead of a matrix product. Spikes that are pooled at once
are never written.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from refsnn.kernels import neuron, sparse_sum
from refsnn.kernels.threads import workers
from refsnn.nn.layer import Array, Layer, Run, Shape
from refsnn.nn.linear import AvgPool2d, Dense
from refsnn.nn.sequential import Sequential
from refsnn.nn.through_time import Encoder, Key
from refsnn.snn.neurons import LIF, counted_scan

# Below this share of spiking inputs, adding rows is faster than a matrix product, ...
EVENT_RATE = 0.15
# ... unless rows are shorter than this: then finding the spikes takes longer.
EVENT_OUTPUTS = 64
BLOCK_NUMBERS = 2**19  # about how many numbers the widest layer of a block may hold
BLOCK_STEPS = 8  # time steps of a block, at least, while the slab has several images
BLOCK_IMAGES = 64  # images of a slab, at most


@dataclass(frozen=True)
class Plan:
    """How a simulation is cut up: images per slab, steps per block, the event-driven
    layers.
    """

    images: int
    steps: int
    event_layers: frozenset[int]


def neuron_layers(net: Iterable[Layer]) -> list[int]:
    """Indices of the neuron layers."""
    return [i for i, layer in enumerate(net) if isinstance(layer, LIF)]


def make_plan(net: Sequential, shape: Shape, n: int, T: int, encoder: Encoder, engine: str) -> Plan:
    """The plan for n images of `shape`, from the network and the settings alone: never from pixels
    or the number of threads.
    """
    rows = max(1, BLOCK_NUMBERS // net.widest(shape))
    images = max(1, min(n, BLOCK_IMAGES, rows // min(T, BLOCK_STEPS)))
    steps = max(1, min(T, rows // images))
    first_neuron = min(neuron_layers(net), default=len(net))

    event_layers = set()
    for i, layer in enumerate(net):
        sees_images = i < first_neuron
        if engine == "slab" or not isinstance(layer, Dense) or (encoder.constant and sees_images):
            continue
        rate = layer.input_rate
        if rate is not None and sees_images:
            rate = rate * encoder.max_rate
        seldom = rate is not None and rate < EVENT_RATE and layer.n_out >= EVENT_OUTPUTS
        if engine == "event" or seldom:
            event_layers.add(i)
    return Plan(images, steps, frozenset(event_layers))


def blocks(
    net: Sequential,
    x: Array,
    index: Array,
    key: Key,
    T: int,
    encoder: Encoder,
    plan: Plan,
    on_neurons: Callable | None = None,
) -> Iterator[tuple[int, Array]]:
    """Outputs of one slab of images: yields (t0, outputs (steps, n, ...)) block after block.

    `on_neurons(i, t0, layer, current, v, counts)` is called for every neuron layer with its
    input current, its potentials before the block, and its spike counts.
    """
    n = len(x)
    prefix, neurons, stretches, pools = _cut(net)
    if encoder.constant:
        constant_current = _apply(prefix, plan.event_layers, x)[None]
    v: dict[int, Array] = {}

    for t0 in range(0, T, plan.steps):
        # The current of the first neurons in this block's steps.
        steps = min(plan.steps, T - t0)
        if encoder.constant:
            h = constant_current
        else:
            counts = encoder.counts(x, steps, key, index, t0)
            rows = np.multiply(counts, np.float32(encoder.amplitude), dtype=np.float32)
            rows = _apply(prefix, plan.event_layers, rows.reshape(-1, *counts.shape[2:]))
            h = rows.reshape(steps, n, *rows.shape[1:])

        # Each layer of neurons, and what lies between it and the next.
        for (i, layer), stretch in zip(neurons, stretches, strict=True):
            before = v[i] if i in v else layer.initial(n, h.shape[2:])
            scan = _pooled_scan if i in pools else counted_scan
            spikes, v[i], counts = scan(layer, h, before, steps, *pools.get(i, ()))
            if on_neurons is not None:
                on_neurons(i, t0, layer, h, before, counts)
            rows = _apply(stretch, plan.event_layers, spikes.reshape(-1, *spikes.shape[2:]))
            h = rows.reshape(steps, n, *rows.shape[1:])
        yield t0, np.broadcast_to(h, (steps, *h.shape[1:]))


def run(
    net: Sequential,
    x: Array,
    T: int,
    encoder: Encoder,
    rng: Generator | None,
    engine: str,
    index: Array,
    threads: int | None,
    per_slab: Callable,
) -> list:
    """`per_slab(part, make_blocks)` for every slab of checked images, in threads;
    `make_blocks(on_neurons)` starts it.
    """
    plan = make_plan(net, encoder.image_shape(x), len(x), T, encoder, engine)
    key = encoder.draw_key(rng)

    def slab(part):
        def make_blocks(on_neurons=None):
            return blocks(net, x[part], index[part], key, T, encoder, plan, on_neurons)

        return per_slab(part, make_blocks)

    starts = range(0, len(x), plan.images)
    parts = [slice(start, min(start + plan.images, len(x))) for start in starts]
    with workers(threads if len(parts) > 1 else 1) as run_all:
        return run_all(slab, parts)


def _cut(net):
    """The layers before the first neurons, the layers of neurons, and what follows each of them,
    all as (index, layer). The size of a pooling that follows at once is apart, by index: the
    neurons do it themselves.
    """
    prefix = []
    neurons = []
    stretches = []
    pools = {}
    stretch = prefix
    for i, layer in enumerate(net):
        if isinstance(layer, LIF):
            stretch = []
            neurons.append((i, layer))
            stretches.append(stretch)
        elif isinstance(layer, AvgPool2d) and neurons and neurons[-1][0] == i - 1:
            pools[i - 1] = (layer.size,)
        else:
            stretch.append((i, layer))
    return prefix, neurons, stretches, pools


def _apply(layers, event_layers, h):
    """Layers without neurons on rows `(R, ...)`."""
    for i, layer in layers:
        if i not in event_layers:
            h = layer.forward(h, Run())[0]
            continue
        bias = np.zeros(layer.n_out, np.float32) if layer.bias is None else layer.bias
        sums = np.empty((len(h), layer.n_out), np.float32)
        sparse_sum.event_sum(np.ascontiguousarray(h), layer.weight, bias, sums)
        h = sums
    return h


def _pooled_scan(neurons, current, v, T, size):
    """`counted_scan`, with spikes averaged at once over blocks of pixels, as by
    `nn.AvgPool2d(size)`.
    """
    steps, n, height, width, channels = current.shape
    v = np.array(v, np.float32, order="C")
    counts = np.empty((T, n), np.int32)
    pooled = np.empty((T, n, height // size, width // size, channels), np.float32)
    v_threshold, *constants = neurons.constants(current.shape[2:], np.float32)
    neuron.scan_pooled(
        np.ascontiguousarray(current, np.float32).reshape(steps, n, height, -1),
        v.reshape(n, height, -1),
        v_threshold.reshape(height, -1),
        *constants,
        np.float32(1 / size**2),
        counts,
        pooled,
    )
    return pooled, v, counts
