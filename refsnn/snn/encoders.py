"""How pixels become the input of every time step."""

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from refsnn import validate
from refsnn.kernels import random_spikes
from refsnn.nn.layer import Array
from refsnn.nn.through_time import Encoder, Key


@dataclass(frozen=True)
class Direct(Encoder):
    """The image itself at every step: constant analog input, no randomness."""


@dataclass(frozen=True)
class Poisson(Encoder):
    """Random spikes at rates proportional to the pixels, in [0, 1]; a spike carries 1 / max_rate.

    "bernoulli": one spike or none in a step, with probability max_rate * x. "poisson": a Poisson
    number of spikes with that mean. Either way the mean input is x, at any rate, and its variance a
    step is x (1 / max_rate - x) or x / max_rate.

    Parameters
    ----------
    max_rate : float
        Expected spikes a step of a pixel of 1; at most 1 for "bernoulli", at most 16 for "poisson".
    process : "bernoulli" or "poisson"

    Notes
    -----
    Spikes of image i at step t depend on one number drawn from `rng`, on i and on t: any subset of
    the images, in any order and with any number of threads, sees the same spikes (`index` says
    which images they are). A probability is rounded up to a multiple of 2**-24.
    """

    max_rate: float = 1.0
    process: str = "bernoulli"
    constant = False

    def __post_init__(self) -> None:
        validate.one_of("process", self.process, ("bernoulli", "poisson"))
        highest = 1 if self.process == "bernoulli" else 16
        validate.number("max_rate", self.max_rate, above=0, high=highest)

    @property
    def amplitude(self) -> float:  # type: ignore[override]
        """What one spike carries."""
        return 1 / self.max_rate

    def check(self, x: Array, name: str = "x", T: int | None = None) -> Array:
        """Images with pixels in [0, 1]."""
        return validate.pixels(x, name)

    def draw_key(self, rng: Generator | None) -> Key:
        """The one number that a simulation draws from the caller's generator."""
        return validate.generator(rng).integers(2**64, dtype=np.uint64)

    def counts(self, x: Array, T: int, key: Key, index: Array, t0: int = 0) -> Array:
        """Spikes of `T` steps from `t0`: `(T, n, ...)` of uint8, for checked images numbered
        `index`.
        """
        counts = np.empty((T, *x.shape), np.uint8)
        flat = x.reshape(len(x), -1)
        out = counts.reshape(T, len(x), -1)
        if self.process == "bernoulli":
            random_spikes.bernoulli(flat * np.float32(self.max_rate), key, index, t0, out)
        else:
            rate = flat.astype(np.float64) * self.max_rate
            random_spikes.poisson(rate, np.exp(-rate), key, index, t0, out)
        return counts


@dataclass(frozen=True)
class Frames(Encoder):
    """Frame t of a sequence at step t, as it is, no randomness: for events, or any images that
    move.

    `x` holds T frames each, `(N, T, ...)`, as `datasets.frames` makes them, and T must be the T of
    the call. N comes first, as in every `x`, so that a batch is `x[batch]`; frames are read where
    they lie, without a second copy of `x`.

    Notes
    -----
    Source: the usual input of networks for event cameras; chapter 11.
    """

    constant = False
    moving = True

    def check(self, x: Array, name: str = "x", T: int | None = None) -> Array:
        """Any finite frames (N, T, ...), as many as there are steps."""
        x = validate.images(x, name)
        if x.ndim < 3:
            raise ValueError(
                f"{name} must hold T frames each, (N, T, ...), not have shape {x.shape}."
            )
        if T is not None and x.shape[1] != T:
            raise ValueError(
                f"{name} must hold T = {T} frames each, (N, T, ...), not {x.shape[1]}."
            )
        return x

    def counts(self, x: Array, T: int, key: Key, index: Array, t0: int = 0) -> Array:
        """The frames of `T` steps from `t0`: `(T, n, ...)` of float32, a view."""
        return x[:, t0 : t0 + T].swapaxes(0, 1)
