"""Training: batches in random order, gradients by backpropagation over slabs, one step a batch."""
import sys
from dataclasses import dataclass, replace

import numpy as np
from tqdm import tqdm

from refsnn import metrics, validate
from refsnn.kernels.threads import workers
from refsnn.nn.layer import Run
from refsnn.nn.loss import cross_entropy
from refsnn.nn.network import slabs
from refsnn.nn.optimisers import SGD


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
            if i > start:
                yield range(start, i)
            yield range(i, i + 1)
            start = i + 1
    if start < len(layers):
        yield range(start, len(layers))


def gradient_step(net, x, y, run, run_all):
    """Loss, number right, the layers' gradients and their caches for one batch.

    The batch is cut into fixed slabs; each passes the network on its own, but for layers that need the whole batch, and
    the slabs' gradients are added in order: the same bits for any number of threads.
    """
    layers, parts = net.layers, slabs(len(x))
    xs, ys = [x[part] for part in parts], [y[part] for part in parts]
    runs = [run] * len(parts)
    if any(layer.stochastic for layer in layers):
        runs = [replace(run, rng=rng) for rng in run.rng.spawn(len(parts))]
    segments, caches = list(_segments(layers)), {}

    def forward(job):
        h, run, segment = job
        kept = []
        for i in segment:
            h, cache = layers[i].forward(h, run)
            kept.append(cache)
        return h, kept

    for segment in segments:
        if layers[segment.start].whole_batch:
            xs, caches[segment] = layers[segment.start].forward_slabs(xs, run, run_all)
        else:
            results = run_all(forward, [(h, slab_run, segment) for h, slab_run in zip(xs, runs, strict=True)])
            xs, caches[segment] = [h for h, _ in results], [kept for _, kept in results]

    losses = [cross_entropy(scores, labels) for scores, labels in zip(xs, ys, strict=True)]
    right = sum(int((scores.argmax(axis=1) == labels).sum()) for scores, labels in zip(xs, ys, strict=True))
    loss = sum(slab_loss * len(labels) for (slab_loss, _), labels in zip(losses, ys, strict=True)) / len(x)
    dys = [dscores * dscores.dtype.type(len(labels) / len(x)) for (_, dscores), labels in zip(losses, ys, strict=True)]
    first = next((i for i, layer in enumerate(layers) if layer.params), len(layers))

    def backward(job):
        dy, kept, segment = job
        gradients = {}
        for i, cache in zip(reversed(segment), reversed(kept), strict=True):
            if i < first:
                break
            if i == first:
                gradients[i] = layers[i].gradients(cache, dy)
            else:
                dy, gradients[i] = layers[i].backward(cache, dy)
        return dy, gradients

    totals = {}
    for segment in reversed(segments):
        if layers[segment.start].whole_batch:
            dys, totals[segment.start] = layers[segment.start].backward_slabs(caches[segment], dys, run_all)
        else:
            results = run_all(backward, [(dy, kept, segment)
                                         for dy, kept in zip(dys, caches[segment], strict=True)])
            dys = [dy for dy, _ in results]
            for i in results[0][1]:
                totals[i] = {name: sum((gradients[i][name] for _, gradients in results[1:]), results[0][1][i][name])
                             for name in results[0][1][i]}
    statistics = {segment.start: caches[segment].buffers for segment in segments
                  if layers[segment.start].whole_batch}
    return loss, right, totals, statistics


def _evaluate(net, x, y, threads):
    scores = net.predict(x, threads=threads)
    return cross_entropy(scores, y)[0], metrics.accuracy(scores, y)


def fit(net, x, y, *, epochs=10, batch_size=64, rng, optimiser=SGD(), validation=None, progress=True, threads=None):
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
        Orders the images and drops (Dropout).
    optimiser : SGD or Adam
    validation : (x, y) or None
        Measured after every epoch; never trained on.
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
    x = net.check_input(x)
    classes = net.output_shape(x.shape[1:])[-1]
    y = validate.labels(y, len(x), classes)
    epochs, batch_size = validate.whole("epochs", epochs), validate.whole("batch_size", batch_size)
    validate.generator(rng)
    threads = None if threads is None else validate.whole("threads", threads)
    if validation is not None:
        x_val = net.check_input(validation[0], "validation x")
        y_val = validate.labels(validation[1], len(x_val), classes, "validation y")
    if net.input_shape is None:
        net.input_shape = x.shape[1:]
    states = {(i, name): optimiser.start(param) for i, layer in enumerate(net) for name, param in layer.params.items()}
    steps_an_epoch = -(-len(x) // batch_size)
    run, step, rows = Run(train=True, rng=rng), 0, []
    with workers(threads) as run_all, tqdm(total=epochs * steps_an_epoch, disable=not progress, file=sys.stderr,
                                           desc="fit", unit="step") as bar:
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
                        optimiser.update(net[i].params[name], gradient, states[i, name], step,
                                         (step - 1) / (epochs * steps_an_epoch))
                for i, named in statistics.items():
                    for name, value in named.items():
                        net[i].buffers[name][...] = value
                total, right = total + loss * len(batch), right + hits
                bar.update()
            rows.append((total / len(x), right / len(x)))
            if validation is not None:
                rows[-1] += _evaluate(net, x_val, y_val, threads)
            bar.set_postfix(loss=f"{rows[-1][0]:.3f}", accuracy=f"{rows[-1][1]:.3f}")
    columns = [np.array(column) for column in zip(*rows, strict=True)]
    return History(*columns, *[np.empty(0)] * (4 - len(columns)))
