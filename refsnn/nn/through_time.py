"""Time for layers: how images become the input of every step, and how the outputs of all steps
become a loss.
"""

from collections.abc import Iterable
from typing import Protocol, runtime_checkable

import numpy as np

from refsnn import validate
from refsnn.nn.layer import Layer, Run
from refsnn.nn.loss import cross_entropy


@runtime_checkable
class Encoder(Protocol):
    """What turns images into the input of every step: `snn.Direct`, `snn.Poisson`, `snn.Frames`."""

    constant: bool  # the same input in every step
    moving: bool  # x holds T frames for each image, (N, T, ...)
    amplitude: float  # what one spike carries

    def check(self, x: np.ndarray) -> np.ndarray:
        """The images, if they can be encoded; raises ValueError or TypeError."""

    def draw_key(self, rng: np.random.Generator | None) -> np.uint64 | None:
        """The number on which the spikes depend, or None where nothing is random."""

    def counts(
        self, x: np.ndarray, T: int, key: np.uint64 | None, index: np.ndarray, t0: int = 0
    ) -> np.ndarray:
        """Spike counts (T, n, ...) of the steps from `t0` for checked images numbered `index`."""


class Repeat(Layer):
    """The same rows in each of T steps, (N, ...) to (T * N, ...): where a constant image enters
    time.
    """

    def __init__(self, T: int) -> None:
        self.T = T

    def config(self) -> dict:
        """The number of steps."""
        return {"T": self.T}

    def forward(self, x: np.ndarray, run: Run = Run()) -> tuple:
        """The rows (N, ...) T times over: (T * N, ...)."""
        return np.broadcast_to(x, (self.T, *x.shape)).reshape(-1, *x.shape[1:]), None

    def backward(self, cache: None, dy: np.ndarray) -> tuple[np.ndarray, dict]:
        """The gradients (T * N, ...) added over time: (N, ...)."""
        return dy.reshape(self.T, -1, *dy.shape[1:]).sum(axis=0), {}


def check(net: Iterable[Layer], T: int | None, encoder: Encoder | None) -> int:
    """The number of time steps, 1 for an artificial network; raises ValueError or TypeError where
    network, T and encoder do not fit each other.
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
        return 1

    T = validate.integer("T", T)
    if not spiking:
        raise ValueError("T must be None for a network without spiking neurons: it has no time.")
    check_encoder(encoder)
    return T


def check_encoder(encoder: Encoder | None) -> None:
    """Refuse, with TypeError, what is no encoder: a class, for one, is not."""
    if encoder is not None and (isinstance(encoder, type) or not isinstance(encoder, Encoder)):
        raise TypeError(
            "encoder must be None, snn.Direct(), snn.Poisson(...) or snn.Frames(), not "
            f"{validate.short_repr(encoder)}."
        )


def constant(encoder: Encoder | None) -> bool:
    """Whether each step gets the same input, so that what comes before the first neurons is
    computed once.
    """
    return encoder is None or encoder.constant


def image_shape(x: np.ndarray, encoder: Encoder | None) -> tuple[int, ...]:
    """The shape of what the network sees of one image in one step: x is (N, ...), or (N, T, ...)
    where it moves.
    """
    return x.shape[2:] if encoder is not None and encoder.moving else x.shape[1:]


def draw_key(encoder: Encoder | None, rng: np.random.Generator | None) -> np.uint64 | None:
    """The number on which the spikes of a sequence depend; none where its steps are constant."""
    return None if encoder is None or encoder.constant else encoder.draw_key(rng)


def sequence(
    x: np.ndarray, T: int, encoder: Encoder | None, key: np.uint64 | None = None
) -> np.ndarray:
    """The input (T, N, ...) of every step from checked images, or (1, N, ...) where it is constant;
    frames are not copied.
    """
    if encoder is None or encoder.constant:
        return x[None]
    counts = encoder.counts(x, T, key, np.arange(len(x)))
    if encoder.moving:
        return counts
    return np.multiply(counts, np.float32(encoder.amplitude), dtype=np.float32)


def rows(x_seq: np.ndarray, part: slice = slice(None)) -> np.ndarray:
    """One slab of a sequence as the layers take it: (steps * n, ...), time-major."""
    return x_seq[:, part].reshape(-1, *x_seq.shape[2:])


def over_time(outputs: np.ndarray, T: int) -> np.ndarray:
    """Mean over the steps: (T * N, classes) to (N, classes)."""
    return outputs if T == 1 else outputs.reshape(T, -1, outputs.shape[1]).mean(axis=0)


def loss_over_time(
    outputs: np.ndarray, y: np.ndarray, T: int, loss: str
) -> tuple[float, np.ndarray, np.ndarray]:
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
