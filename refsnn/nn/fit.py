"""Training: batches in random order, gradients by backpropagation over slabs, one step a batch."""
import sys
from dataclasses import dataclass, replace

import numpy as np
from tqdm import tqdm

from refsnn import metrics, validate
from refsnn.kernels.threads import workers
from refsnn.nn.layer import Run
from refsnn.nn.loss import cross_entropy
from refsnn.nn.network import Sequential, slabs
from refsnn.nn.optimisers import SGD, without_penalties


@dataclass(frozen=True)
class History:
    """What was measured while training, one number an epoch.

    `loss` and `accuracy` are means over the epoch's batches, while the weights moved; the `validation_` ones are taken
    after the epoch (empty without validation data). Losses in nats, accuracies from 0 to 1.
    """

    loss: np.ndarray
    accuracy: np.ndarray
    validation_loss: np.ndarray
    validation_accuracy: np.ndarray


def _segments(layers):
    """Runs of layers that each slab passes on its own, cut at every layer that needs the whole batch."""
    start = 0
    for i, layer in enumerate(layers):
        if layer.whole_batch:
            yield range(start, i)
            yield range(i, i + 1)
            start = i + 1
    yield range(start, len(layers))


def _forward(layers, segment, h, run):
    """One slab through a segment: its output and the caches."""
    caches = []
    for i in segment:
        h, cache = layers[i].forward(h, run)
        caches.append(cache)
    return h, caches


def _backward(layers, segment, caches, dy):
    """One slab back through a segment: the gradient in its input and, by layer, in the parameters.

    Below the first layer with parameters nobody asks for gradients.
    """
    first = next((i for i, layer in enumerate(layers) if layer.params), len(layers))
    gradients = {}
    for i, cache in zip(reversed(segment), reversed(caches), strict=True):
        if i == first:
            gradients[i] = layers[i].gradients(cache, dy)
        elif i > first:
            dy, gradients[i] = layers[i].backward(cache, dy)
    return dy, gradients


def _added(slab_gradients):
    """The slabs' gradients added in order."""
    total = slab_gradients[0]
    for gradients in slab_gradients[1:]:
        for i, named in gradients.items():
            for name, gradient in named.items():
                total[i][name] += gradient
    return total


def gradient_step(net, x, y, run, run_all):
    """Loss, number right, the layers' gradients and new running statistics for one batch.

    The batch is cut into fixed slabs, and the slabs' gradients are added in order: the same bits for any number of
    threads. A slab passes the layers on its own, but for layers that need the whole batch; after the last of these
    it goes to the loss and back in one go, so that what it computes is still in cache.
    """
    layers, parts = net.layers, slabs(len(x))
    runs = [run] * len(parts)
    if any(layer.stochastic for layer in layers):
        runs = [replace(run, rng=rng) for rng in run.rng.spawn(len(parts))]
    *segments, last = _segments(layers)
    hs, kept = [x[part] for part in parts], []
    for segment in segments:
        whole = len(segment) == 1 and layers[segment.start].whole_batch
        if whole:
            hs, caches = layers[segment.start].forward_slabs(hs, run, run_all)
        else:
            results = run_all(lambda job, segment=segment: _forward(layers, segment, *job),
                              list(zip(hs, runs, strict=True)))
            hs, caches = [h for h, _ in results], [cache for _, cache in results]
        kept.append((segment, whole, caches))

    def there_and_back(job):
        part, h, slab_run = job
        scores, caches = _forward(layers, last, h, slab_run)
        loss, dscores = cross_entropy(scores, y[part])
        share = len(scores) / len(x)
        dy, gradients = _backward(layers, last, caches, dscores * dscores.dtype.type(share))
        return loss * share, int((scores.argmax(axis=1) == y[part]).sum()), dy, gradients

    results = run_all(there_and_back, list(zip(parts, hs, runs, strict=True)))
    losses, right, dys, slab_gradients = zip(*results, strict=True)
    totals, statistics = _added(slab_gradients), {}
    for segment, whole, caches in reversed(kept):
        if whole:
            dys, totals[segment.start] = layers[segment.start].backward_slabs(caches, dys, run_all)
            statistics[segment.start] = caches.buffers
        else:
            results = run_all(lambda job, segment=segment: _backward(layers, segment, *job),
                              list(zip(caches, dys, strict=True)))
            dys = [dy for dy, _ in results]
            totals |= _added([gradients for _, gradients in results])
    return sum(losses), sum(right), totals, statistics


def _evaluate(net, x, y, threads):
    scores = net.predict(x, threads=threads)
    return cross_entropy(scores, y)[0], metrics.accuracy(scores, y)


def fit(net, x, y, *, epochs=10, batch_size=64, rng, optimiser=SGD(), validation=None, after_epoch=None, progress=True,
        threads=None):
    """Train a network in place by minimising the cross-entropy of its scores.

    Parameters
    ----------
    net : Sequential
    x : array (N, ...) of float
        Images; float64 is cast to float32.
    y : array (N,) of int
        Labels from 0 to classes - 1.
    epochs, batch_size : int
        Passes over the data, and images a step (the last step of an epoch takes what is left).
    rng : numpy.random.Generator
        Orders the images, drops (Dropout) and disturbs (NoisyQCFS).
    optimiser : SGD or Adam
        Its penalties leave alone what a layer names in `undecayed`.
    validation : (x, y) or None
        Measured after every epoch; never trained on.
    after_epoch : callable or None
        `after_epoch(net, epoch)` is called when epoch 1, 2, ... has ended and may change the network, as
        `convert.ResidualNoise` does.
    progress : bool
        Whether a progress bar is shown on stderr.
    threads : int or None
        Default: all processors. The result has the same bits for any number.

    Returns
    -------
    History

    Raises
    ------
    FloatingPointError
        When the loss is no longer a finite number.

    Notes
    -----
    Source: backpropagation is derived in chapter 01.
    """
    if not isinstance(net, Sequential):
        raise TypeError(f"net must be an nn.Sequential, not {validate.shown(net)}.")
    x = net.check_input(x)
    classes = net.classes(x.shape[1:])
    y = validate.labels(y, len(x), classes)
    epochs, batch_size = validate.whole("epochs", epochs), validate.whole("batch_size", batch_size)
    validate.generator(rng)
    if not hasattr(optimiser, "update"):
        raise TypeError(f"optimiser must be nn.SGD(...) or nn.Adam(...), not {validate.shown(optimiser)}.")
    if after_epoch is not None and not callable(after_epoch):
        raise TypeError(f"after_epoch must be a function of (net, epoch), not {validate.shown(after_epoch)}.")
    threads = None if threads is None else validate.whole("threads", threads)
    if validation is not None:
        if not isinstance(validation, (list, tuple)) or len(validation) != 2:
            raise TypeError(f"validation must be a pair (x, y), not {validate.shown(validation)}.")
        x_val = net.check_input(validation[0], "validation x")
        y_val = validate.labels(validation[1], len(x_val), classes, "validation y")
    if net.input_shape is None:
        net.input_shape = x.shape[1:]
    states = {(i, name): optimiser.start(param) for i, layer in enumerate(net) for name, param in layer.params.items()}
    optimisers = {(i, name): without_penalties(optimiser) if name in layer.undecayed else optimiser
                  for i, layer in enumerate(net) for name in layer.params}
    steps_an_epoch = -(-len(x) // batch_size)
    run, step, rows = Run(train=True, rng=rng), 0, []
    bar = tqdm(total=epochs * steps_an_epoch, disable=not progress, file=sys.stderr, desc="fit", unit="step")
    with np.errstate(over="ignore", invalid="ignore"), workers(threads) as run_all, bar:
        for epoch in range(epochs):
            order, total, right = rng.permutation(len(x)), 0.0, 0
            for a in range(0, len(x), batch_size):
                batch = order[a:a + batch_size]
                loss, hits, gradients, statistics = gradient_step(net, x[batch], y[batch], run, run_all)
                if not np.isfinite(loss):
                    raise FloatingPointError(
                        f"The loss became {loss} in epoch {epoch + 1}, step {a // batch_size + 1}: lower the learning "
                        f"rate (it is {optimiser.learning_rate:g}) or scale the inputs.")
                step += 1
                for i, named in gradients.items():
                    for name, gradient in named.items():
                        optimisers[i, name].update(net[i].params[name], gradient, states[i, name], step,
                                                   (step - 1) / (epochs * steps_an_epoch))
                    net[i].project()
                for i, named in statistics.items():
                    for name, value in named.items():
                        net[i].buffers[name][...] = value
                total, right = total + loss * len(batch), right + hits
                bar.update()
            rows.append((total / len(x), right / len(x)))
            if validation is not None:
                rows[-1] += _evaluate(net, x_val, y_val, threads)
            if after_epoch is not None:
                after_epoch(net, epoch + 1)
            bar.set_postfix(loss=f"{rows[-1][0]:.3f}", accuracy=f"{rows[-1][1]:.3f}")
    columns = [np.array(column) for column in zip(*rows, strict=True)]
    return History(*columns, *[np.empty(0)] * (4 - len(columns)))
