"""The simulation's engine: slabs of images through all layers, a block of time steps at once.

Every layer but the neurons is a plain layer of `refsnn.nn`; neurons carry their potentials from
block to block, so memory depends neither on T nor on N. What comes before the first neuron is
computed once where the input is constant. A dense layer whose inputs seldom spike adds the weight
rows of those that did (event-driven) instead of a matrix product. Spikes that are pooled at once
are never written.
"""

from dataclasses import dataclass

import numpy as np

from refsnn.kernels import sparse_sum
from refsnn.kernels.threads import workers
from refsnn.nn import through_time
from refsnn.nn.layer import Run
from refsnn.nn.linear import AvgPool2d
from refsnn.snn.encoders import Direct
from refsnn.snn.neurons import LIF

EVENT_RATE = (
    0.15  # below this share of spiking inputs, adding rows is faster than a matrix product,
)
EVENT_OUTPUTS = 64  # unless rows are shorter than this: then finding the spikes takes longer
FLOATS = 2**19  # about how many numbers the widest layer of a block holds
STEPS = 8  # time steps of a block, at least, while the slab has several images


@dataclass(frozen=True)
class Plan:
    """How a simulation is cut up: images a slab, steps a block, the first neuron layer, the
    event-driven layers.
    """

    images: int
    steps: int
    first_neuron: int
    event_layers: frozenset


def neuron_layers(net):
    """Indices of the neuron layers."""
    return [i for i, layer in enumerate(net) if isinstance(layer, LIF)]


def make_plan(net, shape, n, T, encoder, engine):
    """The plan for n images, from the network and the settings alone: never from pixels or the
    number of threads.
    """
    rows = max(1, FLOATS // net.widest(shape))
    images = max(1, min(n, 64, rows // min(T, STEPS)))
    neurons = neuron_layers(net)
    constant = isinstance(encoder, Direct)
    chosen = set()
    for i, layer in enumerate(net):
        rate = getattr(layer, "input_rate", None)
        before_neurons = not neurons or i < neurons[0]
        if not hasattr(layer, "input_rate") or engine == "slab" or (constant and before_neurons):
            continue
        if rate is not None and before_neurons:
            rate = rate * encoder.max_rate
        if engine == "event" or (
            rate is not None and rate < EVENT_RATE and layer.n_out >= EVENT_OUTPUTS
        ):
            chosen.add(i)
    return Plan(
        images,
        max(1, min(T, rows // images)),
        neurons[0] if neurons else len(net),
        frozenset(chosen),
    )


def _apply(layers, event_layers, h):
    """Layers without neurons on rows `(R, ...)`."""
    for i, layer in layers:
        if i in event_layers:
            bias = np.zeros(layer.n_out, np.float32) if layer.bias is None else layer.bias
            out = np.empty((len(h), layer.n_out), np.float32)
            sparse_sum.event_sum(np.ascontiguousarray(h), layer.weight, bias, out)
            h = out
        else:
            h = layer.forward(h, Run())[0]
    return h


def blocks(net, x, index, key, T, encoder, plan, on_neurons=None):
    """Outputs of one slab of images: yields (t0, outputs (steps, n, ...)) block after block.

    `on_neurons(i, t0, layer, current, v, counts)` hears of every neuron layer: its input current
    and its potentials before the block, and its spike counts.
    """
    n, layers, constant = len(x), list(enumerate(net)), isinstance(encoder, Direct)
    neurons = [*neuron_layers(net), len(net)]
    pools = {
        i: net[i + 1].size
        for i in neurons
        if i + 1 < len(net) and isinstance(net[i + 1], AvgPool2d)
    }
    stretches = [
        layers[a + 1 + (a in pools) : b] for a, b in zip(neurons[:-1], neurons[1:], strict=True)
    ]
    prefix, v = layers[: plan.first_neuron], {}
    constant_current = _apply(prefix, plan.event_layers, x) if constant else None
    for t0 in range(0, T, plan.steps):
        steps = min(plan.steps, T - t0)
        if constant:
            h = constant_current[None]
        else:
            counts = encoder.counts(x, steps, key, index, t0)
            rows = np.multiply(counts, np.float32(encoder.amplitude), dtype=np.float32)
            rows = rows.reshape(-1, *counts.shape[2:])
            rows = _apply(prefix, plan.event_layers, rows)
            h = rows.reshape(steps, n, *rows.shape[1:])
        for i, stretch in zip(neurons[:-1], stretches, strict=True):
            before = v[i] if i in v else net[i].initial(n, h.shape[2:])
            spikes, v[i], counts = net[i].count_scan(h, before, steps, pools.get(i))
            if on_neurons is not None:
                on_neurons(i, t0, net[i], h, before, counts)
            rows = _apply(stretch, plan.event_layers, spikes.reshape(-1, *spikes.shape[2:]))
            h = rows.reshape(steps, n, *rows.shape[1:])
        yield t0, np.broadcast_to(h, (steps, *h.shape[1:]))


def run(net, x, T, encoder, rng, engine, index, threads, per_slab):
    """`per_slab(part, make_blocks)` for every slab of images, in threads; `make_blocks(on_neurons)`
    starts it.
    """
    plan = make_plan(net, through_time.image_shape(x, encoder), len(x), T, encoder, engine)
    key = None if isinstance(encoder, Direct) else encoder.draw_key(rng)

    def slab(part):
        return per_slab(
            part,
            lambda on_neurons=None: blocks(
                net, x[part], index[part], key, T, encoder, plan, on_neurons
            ),
        )

    parts = [slice(a, min(a + plan.images, len(x))) for a in range(0, len(x), plan.images)]
    with workers(threads if len(parts) > 1 else 1) as run_all:
        return run_all(slab, parts)
