"""Training: batches in random order, gradients by backpropagation over slabs, one step a batch."""

import sys

import numpy as np
from tqdm import tqdm

from refsnn import metrics, validate
from refsnn.kernels.threads import workers
from refsnn.nn import through_time
from refsnn.nn.history import in_columns, warn_of_empty_windows
from refsnn.nn.layer import Run
from refsnn.nn.loss import cross_entropy
from refsnn.nn.optimisers import SGD, without_penalties
from refsnn.nn.parallel import gradient_step
from refsnn.nn.sequential import Sequential


def _evaluate(net, x, y, **how):
    scores = net.predict(x, **how)
    return cross_entropy(scores, y)[0], metrics.accuracy(scores, y)


def fit(
    net,
    x,
    y,
    *,
    epochs=10,
    batch_size=64,
    rng,
    optimiser=SGD(),
    validation=None,
    after_epoch=None,
    T=None,
    encoder=None,
    loss="mean",
    progress=True,
    threads=None,
):
    """Train a network in place by minimising the cross-entropy of its scores, and the penalties of
    its layers.

    A network of spiking neurons (with surrogates) is trained by backpropagation through T time
    steps.

    Parameters
    ----------
    net : Sequential
    x : array (N, ...) of float
        Images; float64 is cast to float32. With `snn.Frames()` sequences of T frames, (N, T, ...).
    y : array (N,) of int
        Labels from 0 to classes - 1.
    epochs, batch_size : int
        Passes over the data, and images a step (the last step of an epoch takes what is left).
    rng : numpy.random.Generator
        Orders the images, drops (Dropout), disturbs (NoisyQCFS) and draws spikes (`snn.Poisson`).
    optimiser : SGD or Adam
        Its penalties leave alone what a layer names in `undecayed`.
    validation : (x, y) or None
        Measured after every epoch; never trained on.
    after_epoch : callable or None
        `after_epoch(net, epoch)` is called when epoch 1, 2, ... has ended and may change the
        network, as `convert.ResidualNoise` does.
    T : int or None
        Time steps of a spiking network; None for an artificial one.
    encoder : snn.Direct(), snn.Poisson(...), snn.Frames() or None
        What the network sees in each step; None and Direct: the image.
    loss : "mean" or "per_step"
        Cross-entropy of the output's mean over time, or the mean over time of its cross-entropies.
        Layers with a penalty (`snn.PotentialDistribution`) add weight times its mean over the
        batch's slabs, by their size.
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

    Warns
    -----
    UserWarning
        When an epoch ends with less than 2 % of a layer's potentials inside its surrogate's window.

    Notes
    -----
    Source: backpropagation is derived in chapter 01, through time in chapter 08.
    """
    if not isinstance(net, Sequential):
        raise TypeError(f"net must be an nn.Sequential, not {validate.short_repr(net)}.")
    for i, layer in enumerate(net):
        if not layer.trainable:
            raise TypeError(
                f"Layer {i} ({layer!r}) cannot be trained: give it a surrogate such as "
                "snn.Rectangular(), or train the artificial network and convert it."
            )
    steps, loss = (
        through_time.check(net, T, encoder),
        validate.one_of("loss", loss, ("mean", "per_step")),
    )
    x = net.check_input(x, "x", encoder, T)
    shape = through_time.image_shape(x, encoder)
    classes = net.classes(shape)
    y = validate.labels(y, len(x), classes)
    epochs, batch_size = (
        validate.integer("epochs", epochs),
        validate.integer("batch_size", batch_size),
    )
    validate.generator(rng)
    if not hasattr(optimiser, "update"):
        raise TypeError(
            f"optimiser must be nn.SGD(...) or nn.Adam(...), not {validate.short_repr(optimiser)}."
        )
    if after_epoch is not None and not callable(after_epoch):
        raise TypeError(
            "after_epoch must be a function of (net, epoch), "
            f"not {validate.short_repr(after_epoch)}."
        )
    threads = validate.threads(threads)
    if validation is not None:
        if not isinstance(validation, (list, tuple)) or len(validation) != 2:
            raise TypeError(
                f"validation must be a pair (x, y), not {validate.short_repr(validation)}."
            )
        x_val = net.check_input(validation[0], "validation x", encoder, T)
        y_val = validate.labels(validation[1], len(x_val), classes, "validation y")
    if net.input_shape is None:
        net.input_shape = shape
    unrolled = net.unrolled(steps, through_time.constant(encoder))  # the same layers
    places = [next((k for k, own in enumerate(net) if own is layer), None) for layer in unrolled]
    states = {
        (i, name): optimiser.start(param)
        for i, layer in enumerate(unrolled)
        for name, param in layer.params.items()
    }
    optimisers = {
        (i, name): without_penalties(optimiser) if name in layer.undecayed else optimiser
        for i, layer in enumerate(unrolled)
        for name in layer.params
    }
    steps_an_epoch = -(-len(x) // batch_size)
    run, step, rows, reports, warned = Run(T=steps, train=True, rng=rng), 0, [], [], set()
    how = {"T": T, "encoder": encoder, "threads": threads}
    if not through_time.constant(encoder):
        how["rng"] = rng.spawn(1)[0]  # with or without validation, training draws the same numbers
    bar = tqdm(
        total=epochs * steps_an_epoch,
        disable=not progress,
        file=sys.stderr,
        desc="fit",
        unit="step",
    )
    with np.errstate(over="ignore", invalid="ignore"), workers(threads) as run_all, bar:
        for epoch in range(epochs):
            order, total, right = rng.permutation(len(x)), 0.0, 0
            for a in range(0, len(x), batch_size):
                batch = order[a : a + batch_size]
                x_seq = through_time.sequence(x[batch], steps, encoder, rng)
                value, hits, gradients, statistics, report = gradient_step(
                    unrolled, x_seq, y[batch], run, run_all, loss, watch=a + batch_size >= len(x)
                )
                if not np.isfinite(value):
                    raise FloatingPointError(
                        f"The loss became {value} in epoch {epoch + 1}, step "
                        f"{a // batch_size + 1}: lower the learning rate (it is "
                        f"{optimiser.learning_rate:g}) or scale the inputs."
                    )
                step += 1
                for i, named in gradients.items():
                    for name, gradient in named.items():
                        optimisers[i, name].update(
                            unrolled[i].params[name],
                            gradient,
                            states[i, name],
                            step,
                            (step - 1) / (epochs * steps_an_epoch),
                        )
                    unrolled[i].project()
                for i, named in statistics.items():
                    for name, new in named.items():
                        unrolled[i].buffers[name][...] = new
                total, right = total + value * len(batch), right + hits
                bar.update()
            rows.append((total / len(x), right / len(x)))
            if validation is not None:
                rows[-1] += _evaluate(net, x_val, y_val, **how)
            reports.append({places[i]: named for i, named in sorted(report.items())})
            warn_of_empty_windows(net, reports[-1], epoch + 1, warned)
            if after_epoch is not None:
                after_epoch(net, epoch + 1)
            bar.set_postfix(loss=f"{rows[-1][0]:.3f}", accuracy=f"{rows[-1][1]:.3f}")
    return in_columns(rows, reports)
