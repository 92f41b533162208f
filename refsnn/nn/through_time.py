"""Time for layers: how images become the input of every step, and how the outputs of all steps
become a loss.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.random import Generator

from refsnn import validate
from refsnn.nn.layer import Array, Layer, Run, Shape
from refsnn.nn.loss import cross_entropy

Key = Any  # the number on which random spikes depend; None where nothing is random


@dataclass(frozen=True)
class Encoder:
    """What turns images into the input of every step: here the image itself. Base of `snn.Direct`,
    `snn.Poisson` and `snn.Frames`.
    """

    constant = True  # the same input in every step
    moving = False  # x holds T frames for each image, (N, T, ...)
    amplitude = 1.0  # what one spike carries
    max_rate = 1.0  # expected spikes a step of a pixel of 1

    def check(self, x: Array, name: str = "x", T: int | None = None) -> Array:
        """The images as float32; raises ValueError or TypeError if they cannot be encoded."""
        return validate.images(x, name)

    def image_shape(self, x: Array) -> Shape:
        """The shape of what the network sees of one image in one step."""
        return x.shape[2:] if self.moving else x.shape[1:]

    def draw_key(self, rng: Generator | None) -> Key:
        """The one number that a simulation draws from the caller's generator; here nothing is
        random.
        """
        return None

    def counts(self, x: Array, T: int, key: Key, index: Array, t0: int = 0) -> Array:
        """Spikes of `T` steps from `t0`, `(T, n, ...)`, for checked images numbered `index`; here
        the image in each, without copying.
        """
        return np.broadcast_to(x, (T, *x.shape))

    def sequence(self, x: Array, T: int, key: Key) -> Array:
        """The input (T, N, ...) of every step from checked images, or (1, N, ...) where it is
        constant; frames are not copied.
        """
        if self.constant:
            return x[None]
        counts = self.counts(x, T, key, np.arange(len(x)))
        if self.moving:
            return counts
        return np.multiply(counts, np.float32(self.amplitude), dtype=np.float32)

    def spikes(
        self,
        x: Array,
        T: int,
        rng: Generator | None = None,
        *,
        index: Array | None = None,
    ) -> Array:
        """What a simulation with the same `rng` uses, `(T, N, ...)`: spike counts, images or
        frames.

        Parameters
        ----------
        x : array (N, ...) of float
            Pixels in [0, 1] for `Poisson`; sequences of T frames, (N, T, ...), for `Frames`.
        T : int
            Time steps.
        rng : numpy.random.Generator
            Needed by `Poisson`: one number is drawn from it.
        index : array (N,) of int or None
            Which images these are; default 0, 1, 2, ...
        """
        T = validate.integer("T", T)
        x = self.check(x, "x", T)
        return self.counts(x, T, self.draw_key(rng), image_numbers(index, len(x)))


def image_numbers(index: Array | None, n: int) -> Array:
    """Image numbers `(n,)` as int64: 0 to n - 1 unless given."""
    return np.arange(n) if index is None else validate.labels(index, n, name="index")


class Repeat(Layer):
    """The same rows in each of T steps, (N, ...) to (T * N, ...): where a constant image enters
    time.
    """

    def __init__(self, T: int) -> None:
        self.T = T

    def forward(self, x: Array, run: Run = Run()) -> tuple[Array, None]:
        """The rows (N, ...) T times over: (T * N, ...)."""
        return np.broadcast_to(x, (self.T, *x.shape)).reshape(-1, *x.shape[1:]), None

    def backward(self, cache: None, dy: Array) -> tuple[Array, dict]:
        """The gradients (T * N, ...) added over time: (N, ...)."""
        return dy.reshape(self.T, -1, *dy.shape[1:]).sum(axis=0), {}


def check(net: Iterable[Layer], T: int | None, encoder: Encoder | None) -> tuple[int, Encoder]:
    """The number of time steps, 1 for an artificial network, and the encoder; raises ValueError or
    TypeError where network, T and encoder do not fit each other.
    """
    spiking = [(i, layer) for i, layer in enumerate(net) if layer.spiking]
    if T is None:
        if spiking:
            i, layer = spiking[0]
            raise ValueError(
                f"T must be given, the number of time steps: layer {i} ({layer!r}) is made of "
                "spiking neurons."
            )
        if encoder is not None:
            raise ValueError("T must be given where an encoder is: the number of time steps.")
        return 1, Encoder()

    T = validate.integer("T", T)
    if not spiking:
        raise ValueError("T must be None for a network without spiking neurons: it has no time.")
    return T, checked_encoder(encoder)


def checked_encoder(encoder: Encoder | None) -> Encoder:
    """The encoder; None is the image in each step, anything else gets a TypeError."""
    if encoder is None:
        return Encoder()
    validate.instance(
        "encoder", encoder, Encoder, "None, snn.Direct(), snn.Poisson(...) or snn.Frames()"
    )
    return encoder


def rows(x_seq: Array, part: slice = slice(None)) -> Array:
    """One slab of a sequence as the layers take it: (steps * n, ...), time-major."""
    return x_seq[:, part].reshape(-1, *x_seq.shape[2:])


def over_time(outputs: np.ndarray, T: int) -> Array:
    """Mean over the steps: (T * N, classes) to (N, classes)."""
    return outputs if T == 1 else outputs.reshape(T, -1, outputs.shape[1]).mean(axis=0)


def loss_over_time(outputs: Array, y: Array, T: int, loss: str) -> tuple[float, Array, Array]:
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
