"""Time for layers: how images become the input of every step, and how outputs of every step become
a loss.
"""

import numpy as np

from refsnn import validate
from refsnn.nn.layer import Layer, Run
from refsnn.nn.loss import cross_entropy


class Repeat(Layer):
    """The same rows in each of T steps, (N, ...) to (T * N, ...): where a constant image enters
    time.
    """

    def __init__(self, T):
        self.T = T

    def config(self):
        return {"T": self.T}

    def forward(self, x, run=Run()):
        return np.broadcast_to(x, (self.T, *x.shape)).reshape(-1, *x.shape[1:]), None

    def backward(self, cache, dy):
        return dy.reshape(self.T, -1, *dy.shape[1:]).sum(axis=0), {}


def check(net, T, encoder):
    """T as a number, if the network, T and the encoder fit each other; else one sentence."""
    spiking = [i for i, layer in enumerate(net) if layer.spiking]
    if T is None:
        if spiking:
            raise ValueError(
                f"T must be given, the number of time steps: layer {spiking[0]} "
                f"({net[spiking[0]]!r}) is made of spiking neurons."
            )
        if encoder is not None:
            raise ValueError("T must be given where an encoder is: the number of time steps.")
        return 1
    T = validate.integer("T", T)
    if not spiking:
        raise ValueError("T must be None for a network without spiking neurons: it has no time.")
    if encoder is not None and not (
        hasattr(encoder, "spikes")
        and hasattr(encoder, "amplitude")
        and not isinstance(encoder, type)
    ):
        raise TypeError(
            "encoder must be None, snn.Direct(), snn.Poisson(...) or snn.Frames(), not "
            f"{validate.short_repr(encoder)}."
        )
    return T


def constant(encoder):
    """Whether each step gets the same input, so that what comes before the first neurons is
    computed once.
    """
    return encoder is None or encoder.constant


def image_shape(x, encoder):
    """The shape of what the network sees of one image in one step: x is (N, ...), or (N, T, ...)
    where it moves.
    """
    return x.shape[2:] if encoder is not None and encoder.moving else x.shape[1:]


def sequence(x, T, encoder, rng):
    """The input (T, N, ...) of every step, or (1, N, ...) where it is constant; frames are not
    copied.
    """
    if constant(encoder):
        return x[None]
    spikes = encoder.spikes(x, T, rng)
    return (
        spikes
        if encoder.moving
        else np.multiply(spikes, np.float32(encoder.amplitude), dtype=np.float32)
    )


def rows(x_seq, part):
    """One slab of a sequence as the layers take it: (steps * n, ...), time-major."""
    return x_seq[:, part].reshape(-1, *x_seq.shape[2:])


def over_time(outputs, T):
    """Mean over the steps: (T * N, classes) to (N, classes)."""
    return outputs if T == 1 else outputs.reshape(T, -1, outputs.shape[1]).mean(axis=0)


def loss_over_time(outputs, y, T, loss):
    """The loss of outputs (T * N, classes), its gradient in them, and the scores, which are their
    mean over time.

    "mean":      cross-entropy of the mean output
    "per_step":  mean of the outputs' cross-entropies; by convexity at least the other
    """
    scores = over_time(outputs, T)
    if T == 1:
        return *cross_entropy(outputs, y), scores
    if loss == "per_step":
        return *cross_entropy(outputs, np.tile(y, T)), scores  # eq. loss-per-step
    value, dscores = cross_entropy(scores, y)  # eq. loss-mean
    return value, np.tile(dscores / dscores.dtype.type(T), (T, 1)), scores
