r"""Penalties on potentials: what training adds to the loss so that the potentials before firing
keep a distribution.

Training minimises the cross-entropy plus, for each layer that has one, weight times its penalty.
What the loss asks of a potential directly joins what comes back through time, before it is carried
to the step before (chapter 10).
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from refsnn import validate
from refsnn.nn.layer import Array
from refsnn.snn.soft_histogram import soft_histogram
from refsnn.theory import (
    gaussian_jeffreys,
    gaussian_soft_histogram,
    histogram_jensen_shannon,
    soft_bins,
)

# Of a target's: added in square to a measured one, so that equal potentials have a finite penalty.
LEAST_STD = 0.01
# Soft bins as far as 4 of the target's standard deviations to each side, a quarter apart.
BINS_REACH = 4.0
BINS = 33
MIXED = 1e-3  # part of the target in a histogram, so that an empty bin has a finite slope


class PotentialLoss(NamedTuple):
    """A penalty and its derivatives in each potential, and in its neuron's threshold through that
    potential.
    """

    value: float
    du: Array
    dthreshold: Array

    def scaled(self, factor: float) -> "PotentialLoss":
        """All of it times a number."""
        return PotentialLoss(factor * self.value, factor * self.du, factor * self.dthreshold)


class Penalty:
    """Base of the penalties: settings, of which `weight`, at least 0, is what the penalty is
    multiplied by before it is added to the loss.
    """

    weight: float

    def __post_init__(self) -> None:
        validate.number("weight", self.weight, low=0)

    def loss(self, u: Array, v_threshold: float | Array) -> PotentialLoss:
        """The penalty, without its weight, of potentials before firing.

        Parameters
        ----------
        u : array (T, n, ...)
            Potentials of n images in T steps, channels last.
        v_threshold : float or array
            Above 0, broadcasts against one image's potentials.

        Returns
        -------
        PotentialLoss
            `value` is NaN where a potential is not finite.
        """
        raise NotImplementedError(f"{type(self).__name__} has no loss.")

    def weighted(self, u: Array, v_threshold: float | Array, share: float) -> PotentialLoss:
        """What the potentials of a `share` of a batch's images add to the batch's loss."""
        return self.loss(u, v_threshold).scaled(self.weight * share)  # eq. pda-loss


@dataclass(frozen=True)
class PotentialDistribution(Penalty):
    """Divergence between the distribution of the potentials and a normal one:

        total loss = cross-entropy + weight * sum over layers of D,

    where D is the divergence between a layer's potentials and N(mean, std^2). It is taken of the
    images that pass a layer at once, in training one slab of a batch, over all their steps; the
    loss of a batch is the mean over its slabs. A slab's distribution is a noisier one than the
    batch's (chapter 10).

    Parameters
    ----------
    target : (float, float)
        Mean and standard deviation to be kept, the latter above 0, in units of potential.
    weight : float
        At least 0.
    form : "jeffreys" or "jensen_shannon"
        Jeffreys divergence between the target and the normal distribution of the potentials' mean
        and standard deviation; or Jensen-Shannon divergence between the target's and the
        potentials' soft histograms, which sees their whole shape, is at most log 2, and lets go of
        potentials beyond 4 standard deviations of the target.
    per : "layer" or "channel"
        One distribution for all of a layer's neurons, or one for each channel (each neuron of a
        dense layer); then D is the mean over channels.

    Notes
    -----
    Source: Wang et al. 2025 for the idea, a symmetric divergence between the potentials'
    distribution and a target that is added to the loss. Both forms are reconstructions, for the
    paper's equations could not be read; so are the slab, the mean over channels, bins and their
    mixture with a thousandth of the target. Chapter 10.
    """

    target: tuple[float, float] = (0.0, 1.0)
    weight: float = 0.1
    form: str = "jeffreys"
    per: str = "layer"

    def __post_init__(self) -> None:
        super().__post_init__()
        if not isinstance(self.target, (list, tuple)) or len(self.target) != 2:
            raise TypeError(
                f"target must be a pair (mean, std), not {validate.short_repr(self.target)}."
            )
        mean = validate.number("target's mean", self.target[0])
        std = validate.number("target's std", self.target[1], above=0)
        object.__setattr__(self, "target", (mean, std))  # a file has lists
        validate.one_of("form", self.form, ("jeffreys", "jensen_shannon"))
        validate.one_of("per", self.per, ("layer", "channel"))

    def loss(self, u: Array, v_threshold: float | Array) -> PotentialLoss:
        """The divergence of the potentials from the target, the mean over channels if `per` says
        so.
        """
        groups = u.shape[-1] if self.per == "channel" else 1
        x = u.reshape(-1, groups).astype(np.float64)  # (samples, groups)
        if np.isfinite(x.sum()):
            divergence = self._jeffreys if self.form == "jeffreys" else self._jensen_shannon
            values, dx = divergence(x)
        else:
            values = np.nan
            dx = np.full(x.shape, np.nan)
        du = (dx / groups).reshape(u.shape).astype(u.dtype)
        return PotentialLoss(float(np.mean(values)), du, np.zeros_like(du))

    def _jeffreys(self, x):
        """Divergences of the columns of `x` (samples, groups), as normal, and their gradients."""
        mean = x.mean(axis=0)
        centred = x - mean
        std = np.sqrt(np.mean(centred**2, axis=0) + (LEAST_STD * self.target[1]) ** 2)
        divergence = gaussian_jeffreys(mean, std, *self.target)  # eq. jeffreys-penalty
        dx = (divergence.d_mean + divergence.d_std * centred / std) / len(x)
        return divergence.value, dx

    def _jensen_shannon(self, x):
        """Divergences of the soft histograms of the columns of `x`, and their gradients."""
        mean, std = self.target
        where = soft_bins(mean - BINS_REACH * std, mean + BINS_REACH * std, BINS)
        q = gaussian_soft_histogram(mean, std, where)
        shares, backward = soft_histogram(x, where)
        mixed = (1 - MIXED) * shares + MIXED * q
        value, gradient = histogram_jensen_shannon(mixed, q)  # eq. jensen-shannon-penalty
        return value, backward((1 - MIXED) * gradient)


@dataclass(frozen=True)
class RMPLoss(Penalty):
    """Mean squared distance of the potentials, in thresholds, from what is sent:

        mean of min(|x|, |1 - x|)^2,    x = u / v_threshold.

    Notes
    -----
    Source: Guo et al. 2023, as a loss of that type; potentials in thresholds and a constant weight
    are our choice.
    """

    weight: float = 0.1

    def loss(self, u: Array, v_threshold: float | Array) -> PotentialLoss:
        """The mean of min(|x|, |1 - x|)^2."""
        x = u / v_threshold
        distance = x - (x > 0.5)
        value = np.mean(np.square(distance, dtype=np.float64))  # eq. rmp
        du = (2 / u.size) * distance / v_threshold
        dthreshold = -du * x
        return PotentialLoss(float(value), du.astype(u.dtype), dthreshold.astype(u.dtype))


@dataclass(frozen=True)
class IMLoss(Penalty):
    """Squared distance of the mean potential from the threshold, where half of the neurons would
    fire:

        (mean of u - v_threshold)^2.

    Notes
    -----
    Source: Guo et al. 2022, as a loss of that type; one mean for all neurons of a layer is our
    choice.
    """

    weight: float = 0.1

    def loss(self, u: Array, v_threshold: float | Array) -> PotentialLoss:
        """The square of the mean of u - v_threshold."""
        mean = np.mean(u - v_threshold, dtype=np.float64)
        du = np.full(u.shape, 2 * mean / u.size, u.dtype)
        return PotentialLoss(float(mean**2), du, -du)  # eq. im
