"""One step of training: the gradients of a batch by backpropagation, over slabs."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import NamedTuple

from refsnn.nn.batch_norm import BatchNorm
from refsnn.nn.layer import Array, Run
from refsnn.nn.sequential import Sequential
from refsnn.nn.through_time import loss_over_time, rows


class Step(NamedTuple):
    """What one batch gives: its loss with the layers' penalties, how many images were right, the
    gradients, {layer index: {name: array}}, and the new running statistics, likewise.
    """

    loss: float
    correct: int
    gradients: dict
    statistics: dict


def gradient_step(
    net: Sequential,
    x_seq: Array,
    y: Array,
    run: Run,
    run_all: Callable[[Callable, Sequence], list],
    loss: str = "mean",
) -> Step:
    """Loss and gradients of one batch; nothing is written.

    Its readable twin is `net.forward` followed by `net.backward` on the whole batch:
    tests/gradients/test_slabs.py holds this function to them.

    The batch is cut into fixed slabs, and the slabs' gradients are added in order: the same bits
    for any number of threads. A slab passes the layers on its own, but for layers that need the
    whole batch; after the last of these it goes to the loss and back in one go, so that what it
    computes is still in cache. What layers add to the loss by themselves is taken of every slab, by
    its share of the batch.

    Parameters
    ----------
    net : Sequential
        As `Sequential.unrolled` gives it.
    x_seq : array (steps, N, ...)
        Input of every step, with one step where the network repeats it itself.
    y : array (N,) of int64
        Labels.
    run : Run
        Time steps, `train` and the generator.
    run_all : callable
        `run_all(function, items)` maps over slabs, as `kernels.threads.workers` gives it.
    loss : "mean" or "per_step"
    """
    layers = net.layers
    parts = net.slabs(len(y), run.T, x_seq.shape[2:])
    runs = _slab_runs(layers, parts, run)

    # Forward up to the last layer that needs the whole batch, segment by segment.
    *segments, last = _segments(layers)
    slabs: Sequence[Array] = [rows(x_seq, part) for part in parts]
    passed = []
    for segment in segments:
        slabs, caches = _segment_forward(layers, segment, slabs, runs, run, run_all)
        passed.append((segment, caches))

    # From there to the loss and back, each slab in one go.
    def to_the_loss_and_back(job):
        part, h, slab_run = job
        outputs, caches = _forward((layers, last, h, slab_run))
        value, doutputs, scores = loss_over_time(outputs, y[part], run.T, loss)
        correct = int((scores.argmax(axis=1) == y[part]).sum())
        doutputs = doutputs * doutputs.dtype.type(slab_run.share)
        dy, gradients = _backward((layers, last, caches, doutputs))
        value = value * slab_run.share + _own_losses(layers, last, caches)
        return value, correct, dy, gradients

    results = run_all(to_the_loss_and_back, list(zip(parts, slabs, runs, strict=True)))
    losses, correct, dys, slab_gradients = zip(*results, strict=True)
    total_loss = sum(losses)
    gradients = _added(slab_gradients, run_all)

    # Back through the segments of before; what batch norm saw is remembered.
    statistics = {}
    for segment, caches in reversed(passed):
        dys, segment_gradients = _segment_backward(layers, segment, caches, dys, run_all)
        gradients |= segment_gradients
        if isinstance(segment, int):
            statistics[segment] = caches.buffers
        else:
            total_loss += sum(_own_losses(layers, segment, slab) for slab in caches)
    return Step(total_loss, sum(correct), gradients, statistics)


def _segments(layers):
    """The layers in order: ranges that each slab passes on its own, the last of which may be empty,
    and between them the index of a layer that needs the whole batch.
    """
    start = 0
    for i, layer in enumerate(layers):
        if isinstance(layer, BatchNorm):
            yield range(start, i)
            yield i
            start = i + 1
    yield range(start, len(layers))


def _slab_runs(layers, parts, run):
    """What the layers are told of each slab: its share, and a generator of its own where layers
    draw.
    """
    n = parts[-1].stop
    runs = [replace(run, share=(part.stop - part.start) / n) for part in parts]
    if not any(layer.stochastic for layer in layers):
        return runs
    children = run.rng.spawn(len(parts))
    return [replace(each, rng=rng) for each, rng in zip(runs, children, strict=True)]


def _segment_forward(layers, segment, slabs, runs, run, run_all):
    """All slabs through a segment: their outputs and the caches, of a whole batch one cache."""
    if isinstance(segment, int):
        return layers[segment].forward_slabs(slabs, run, run_all)
    jobs = [(layers, segment, *each) for each in zip(slabs, runs, strict=True)]
    return zip(*run_all(_forward, jobs), strict=True)


def _segment_backward(layers, segment, caches, dys, run_all):
    """All slabs back through a segment: the gradients in their inputs and, by layer, in the
    parameters.
    """
    if isinstance(segment, int):
        dys, gradients = layers[segment].backward_slabs(caches, dys, run_all)
        return dys, {segment: gradients}
    jobs = [(layers, segment, *each) for each in zip(caches, dys, strict=True)]
    dys, slab_gradients = zip(*run_all(_backward, jobs), strict=True)
    return dys, _added(slab_gradients, run_all)


def _forward(job):
    """One slab through a segment: its output and the caches."""
    layers, segment, h, run = job
    caches = []
    for i in segment:
        h, cache = layers[i].forward(h, run)
        caches.append(cache)
    return h, caches


def _backward(job):
    """One slab back through a segment: the gradient in its input and, by layer, in the parameters.

    Below the first layer with parameters nobody asks for gradients.
    """
    layers, segment, caches, dy = job
    first = next((i for i, layer in enumerate(layers) if layer.params), len(layers))
    gradients = {}
    for i, cache in zip(reversed(segment), reversed(caches), strict=True):
        if i == first:
            gradients[i] = layers[i].gradients(cache, dy)
        elif i > first:
            dy, gradients[i] = layers[i].backward(cache, dy)  # eq. backward
    return dy, gradients


def _added(slab_gradients, run_all):
    """The slabs' gradients added in order, one layer per thread."""

    def layer(i):
        total = slab_gradients[0][i]
        for gradients in slab_gradients[1:]:
            for name, gradient in gradients[i].items():
                total[name] += gradient
        return i, total

    return dict(run_all(layer, list(slab_gradients[0])))


def _own_losses(layers, segment, caches):
    """What a slab's layers add to the loss by themselves."""
    pairs = zip(segment, caches, strict=True)
    return sum(cache.own_loss for i, cache in pairs if layers[i].penalised)
