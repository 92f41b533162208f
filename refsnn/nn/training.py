"""Training: batches in random order, gradients by backpropagation, one step per batch."""

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from tqdm import tqdm

from refsnn import metrics, validate
from refsnn.kernels.threads import workers
from refsnn.nn import checkpoint as checkpoints
from refsnn.nn import through_time
from refsnn.nn.checkpoint import RunState
from refsnn.nn.history import History, in_columns
from refsnn.nn.layer import Array, Run
from refsnn.nn.loss import cross_entropy
from refsnn.nn.optimisers import SGD, Adam, Updates
from refsnn.nn.parallel import gradient_step
from refsnn.nn.sequential import Sequential, scores
from refsnn.nn.through_time import Encoder

Augment = Callable[[Array, Generator], Array]


@dataclass(frozen=True)
class _Task:
    """What one call of `fit` asks for, checked: what makes a run another one."""

    x: Array
    y: Array
    validation: tuple[Array, Array] | None
    epochs: int
    batch_size: int
    optimiser: SGD | Adam
    T: int
    encoder: Encoder
    loss: str
    augment: Augment | None

    def batch(self, images, net, rng):
        """Input (steps, n, ...) of every step and labels (n,) of the images with these numbers."""
        x = self.x[images]
        if self.augment is not None:
            shape = x.shape
            x = self.augment(x, rng)
            if np.shape(x) != shape:
                raise ValueError(
                    f"augment must return images of shape {shape}, not {validate.short_repr(x)}."
                )
            x = net.check_input(x, "what augment returns", self.encoder, self.T)
        x_seq = self.encoder.sequence(x, self.T, self.encoder.draw_key(rng))
        return x_seq, self.y[images]


def fit(
    net: Sequential,
    x: Array,
    y: Array,
    *,
    epochs: int = 10,
    batch_size: int = 64,
    rng: Generator,
    optimiser: SGD | Adam = SGD(),
    validation: tuple[Array, Array] | None = None,
    after_epoch: Callable[[Sequential, int], object] | None = None,
    augment: Augment | None = None,
    checkpoint: str | os.PathLike | None = None,
    T: int | None = None,
    encoder: Encoder | None = None,
    loss: str = "mean",
    progress: bool = True,
    threads: int | None = None,
) -> History:
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
        Passes over the data, and images per step (the last step of an epoch takes what is left).
    rng : numpy.random.Generator
        Orders the images, drops (Dropout), disturbs (NoisyQCFS), draws spikes (`snn.Poisson`), and
        augments.
    optimiser : SGD or Adam
        Its penalties leave alone what a layer names in `undecayed`.
    validation : (x, y) or None
        Measured after every epoch; never trained on.
    after_epoch : callable or None
        `after_epoch(net, epoch)` is called when epoch 1, 2, ... has ended and may change the
        network's arrays, as `convert.ResidualNoise` does; `snn.Monitor` looks at them.
    augment : callable or None
        `augment(x, rng)` is called with the images (n, ...) of each batch and the training's
        generator, and returns images of the same shape, to be trained on in their place.
    checkpoint : path or None
        Of one .npz file, in an existing folder. After every epoch the state of the run is written
        to it: parameters, buffers, the optimiser's state, the generator and the history. A call
        that finds the file goes on from it, and ends with the same bits as if it had never stopped.
        What `after_epoch` keeps for itself is not in the file.
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
    ValueError
        Also when the file at `checkpoint` is damaged, or of another run: of another network,
        optimiser or generator, of other images or settings.

    Notes
    -----
    Source: backpropagation is derived in chapter 01, through time in chapter 08.
    """
    _check_network(net)
    _check_hooks(optimiser, after_epoch, augment)
    steps, encoder = through_time.check(net, T, encoder)
    x = net.check_input(x, "x", encoder, T)
    shape = encoder.image_shape(x)
    task = _Task(
        x,
        validate.labels(y, len(x), net.classes(shape)),
        _checked_validation(net, validation, encoder, T),
        validate.integer("epochs", epochs),
        validate.integer("batch_size", batch_size),
        optimiser,
        steps,
        encoder,
        validate.one_of("loss", loss, ("mean", "per_step")),
        augment,
    )
    generators = [validate.generator(rng)]
    threads = validate.threads(threads)
    path = None if checkpoint is None else validate.file_to_write(checkpoint, ".npz")
    if net.input_shape is None:
        net.input_shape = shape

    # The state of the run: at its beginning, or where a file left it.
    unrolled = net.unrolled(steps, encoder.constant)  # the same layers
    if not encoder.constant:
        generators += rng.spawn(1)  # for validation: training draws the same without it
    batches = -(-len(x) // batch_size)
    updates = Updates(unrolled.layers, optimiser, epochs * batches)
    state = RunState(unrolled, updates, generators, rows=[])
    if path is not None:
        settings = checkpoints.settings(unrolled, rng, vars(task))
        if path.exists():
            checkpoints.restore(path, settings, state)

    done = len(state.rows)
    bar = _bar(done * batches, epochs * batches, progress)
    with np.errstate(over="ignore", invalid="ignore"), workers(threads) as run_all, bar:
        for epoch in range(done + 1, epochs + 1):
            row = _train_epoch(task, state, epoch, run_all, bar)
            if validation is not None:
                row += _evaluate(task, net, generators[-1], threads)
            state.rows.append(row)
            if after_epoch is not None:
                after_epoch(net, epoch)
            if path is not None:
                checkpoints.write(path, settings, state)
            bar.set_postfix(loss=f"{row[0]:.3f}", accuracy=f"{row[1]:.3f}")
    return in_columns(state.rows)


def _train_epoch(task, state, epoch, run_all, bar):
    """One pass over the images in random order: the mean loss and accuracy of its batches."""
    net = state.net
    rng = state.generators[0]
    run = Run(T=task.T, train=True, rng=rng)
    order = rng.permutation(len(task.x))
    total_loss = 0.0
    correct = 0
    for start in range(0, len(order), task.batch_size):
        images = order[start : start + task.batch_size]
        x_seq, y = task.batch(images, net, rng)
        step = gradient_step(net, x_seq, y, run, run_all, task.loss)
        if not np.isfinite(step.loss):
            raise FloatingPointError(
                f"The loss became {step.loss} in epoch {epoch}, step "
                f"{start // task.batch_size + 1}: lower the learning rate (it is "
                f"{task.optimiser.learning_rate:g}) or scale the inputs."
            )

        # One step along the gradients; the new statistics of batch norm are written.
        state.updates.apply(step.gradients)
        for i, statistics in step.statistics.items():
            for name, array in statistics.items():
                net[i].buffers[name][...] = array

        total_loss += step.loss * len(images)
        correct += step.correct
        bar.update()
    return total_loss / len(order), correct / len(order)


def _evaluate(task, net, rng, threads):
    """Cross-entropy and accuracy on the validation images, outside training."""
    x, y = task.validation
    outputs = scores(net, x, task.T, task.encoder, rng, threads)
    return cross_entropy(outputs, y)[0], metrics.accuracy(outputs, y)


def _bar(done, total, shown):
    """The progress bar, on what stderr is now."""
    return tqdm(
        initial=done, total=total, disable=not shown, file=sys.stderr, desc="fit", unit="step"
    )


def _check_network(net):
    """Raise TypeError unless `net` is a network whose layers can all be trained."""
    validate.instance("net", net, Sequential, "an nn.Sequential")
    for i, layer in enumerate(net):
        if not layer.trainable:
            raise TypeError(
                f"Layer {i} ({layer!r}) cannot be trained: give it a surrogate such as "
                "snn.Rectangular(), or train the artificial network and convert it."
            )


def _check_hooks(optimiser, after_epoch, augment):
    """Raise TypeError unless the optimiser is one and the hooks can be called."""
    validate.instance("optimiser", optimiser, (SGD, Adam), "nn.SGD(...) or nn.Adam(...)")
    hooks = (("after_epoch", "(net, epoch)", after_epoch), ("augment", "(x, rng)", augment))
    for name, arguments, hook in hooks:
        if hook is not None and not callable(hook):
            raise TypeError(
                f"{name} must be a function of {arguments}, not {validate.short_repr(hook)}."
            )


def _checked_validation(net, validation, encoder, T):
    """Images and labels to validate on, ready for use, or None."""
    if validation is None:
        return None
    if not isinstance(validation, (list, tuple)) or len(validation) != 2:
        raise TypeError(f"validation must be a pair (x, y), not {validate.short_repr(validation)}.")
    x = net.check_input(validation[0], "validation x", encoder, T)
    classes = net.classes(encoder.image_shape(x))
    return x, validate.labels(validation[1], len(x), classes, "validation y")
