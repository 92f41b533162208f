"""How pixels become the input of every time step."""

from dataclasses import dataclass

import numpy as np

from refsnn import validate
from refsnn.kernels import random_spikes


@dataclass(frozen=True)
class Direct:
    """The image itself at every step: constant analog input, no randomness."""

    amplitude = 1.0
    constant = True  # the same input in every step
    moving = False  # x holds one image, not a sequence of them

    def check(self, x, name="x"):
        """Any finite images."""
        return validate.images(x, name)

    @staticmethod
    def draw_key(rng):
        """Nothing: nothing is random."""

    def counts(self, x, T, key, index, t0=0):
        """The image in each of `T` steps: `(T, n, ...)`, without copying."""
        return np.broadcast_to(x, (T, *x.shape))

    def spikes(self, x, T, rng=None, *, index=None):
        """The image repeated `(T, N, ...)`, without copying; `rng` and `index` are not used."""
        return self.counts(self.check(x), validate.integer("T", T), None, index)


@dataclass(frozen=True)
class Poisson:
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
    moving = False

    def __post_init__(self):
        validate.one_of("process", self.process, ("bernoulli", "poisson"))
        validate.number(
            "max_rate",
            self.max_rate,
            high=1 if self.process == "bernoulli" else 16,
            above=0,
        )

    @property
    def amplitude(self):
        """What one spike carries."""
        return 1 / self.max_rate

    def check(self, x, name="x"):
        """Images with pixels in [0, 1]."""
        return validate.pixels(x, name)

    @staticmethod
    def draw_key(rng):
        """The one number that a simulation draws from the caller's generator."""
        return validate.generator(rng).integers(2**64, dtype=np.uint64)

    def counts(self, x, T, key, index, t0=0):
        """Spikes of `T` steps from `t0`: `(T, n, ...)` of uint8, for checked images numbered
        `index`.
        """
        counts = np.empty((T, *x.shape), np.uint8)
        flat, out = x.reshape(len(x), -1), counts.reshape(T, len(x), -1)
        if self.process == "bernoulli":
            random_spikes.bernoulli(flat * np.float32(self.max_rate), key, index, t0, out)
        else:
            rate = flat.astype(np.float64) * self.max_rate
            random_spikes.poisson(rate, np.exp(-rate), key, index, t0, out)
        return counts

    def spikes(self, x, T, rng, *, index=None):
        """The spike counts `(T, N, ...)` of uint8 that a simulation with the same `rng` uses.

        Parameters
        ----------
        x : array (N, ...) of float
            Pixels in [0, 1].
        T : int
            Time steps.
        rng : numpy.random.Generator
            One number is drawn from it.
        index : array (N,) of int or None
            Which images these are; default 0, 1, 2, ...
        """
        x, T = self.check(x), validate.integer("T", T)
        return self.counts(x, T, self.draw_key(rng), image_numbers(index, len(x)))


@dataclass(frozen=True)
class Frames:
    """Frame t of a sequence at step t, as it is, no randomness: for events, or any images that
    move.

    `x` holds T frames each, `(N, T, ...)`, as `datasets.frames` makes them, and T must be the T of
    the call. N comes first, as in every `x`, so that a batch is `x[batch]`; frames are read where
    they lie, without a second copy of `x`.

    Notes
    -----
    Source: the usual input of networks for event cameras; chapter 11.
    """

    amplitude = max_rate = 1.0
    constant = False
    moving = True

    def check(self, x, name="x"):
        """Any finite frames (N, T, ...)."""
        x = validate.images(x, name)
        if x.ndim < 3:
            raise ValueError(
                f"{name} must hold T frames each, (N, T, ...), not have shape {x.shape}."
            )
        return x

    @staticmethod
    def draw_key(rng):
        """Nothing: nothing is random."""

    def counts(self, x, T, key, index, t0=0):
        """The frames of `T` steps from `t0`: `(T, n, ...)` of float32, a view."""
        return x[:, t0 : t0 + T].swapaxes(0, 1)

    def spikes(self, x, T, rng=None, *, index=None):
        """The frames `(T, N, ...)`, without copying; `rng` and `index` are not used."""
        x, T = self.check(x), validate.integer("T", T)
        if x.shape[1] != T:
            raise ValueError(f"x must hold T = {T} frames each, (N, T, ...), not {x.shape[1]}.")
        return self.counts(x, T, None, index)


def image_numbers(index, n):
    """Image numbers `(n,)` as int64: 0 to n - 1 unless given."""
    return np.arange(n) if index is None else validate.labels(index, n, name="index")
