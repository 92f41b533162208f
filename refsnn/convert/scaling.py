"""The scale lambda of a layer: the activation for which a neuron fires at its full rate, one spike
per step.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from refsnn import validate
from refsnn.nn.layer import Array
from refsnn.nn.sequential import Sequential
from refsnn.nn.through_time import image_numbers
from refsnn.snn import engine as engines
from refsnn.snn.encoders import Direct, Poisson

LEAST_SHARE = 0.25  # a neuron's own scale is at least this share of its layer's


class Scaling(Protocol):
    """A rule for the scale of a layer, with one method."""

    def scale(self, activations: Array, prefix: list, x: Array) -> float | Array:
        """lambda, one number for the layer or one per channel (C,).

        Parameters
        ----------
        activations : array (N, ..., C)
            Of the layer on the calibration data.
        prefix : list of Layer
            The network converted so far, up to the layer's input current, which is in units of the
            activations.
        x : array (N, ...)
            The calibration data.
        """


def over_slabs(
    prefix: list,
    x: Array,
    T: int,
    encoder: Direct | Poisson,
    rng: np.random.Generator | None,
    reduce: Callable,
) -> list:
    """`reduce(currents)` of every slab of images, where `currents` yields the input current that
    the converted layers `prefix` give, one block of time steps after the other.
    """

    def per_slab(part, make_blocks):
        return reduce(current for _, current in make_blocks())

    net, index = Sequential(prefix), image_numbers(None, len(x))
    return engines.run(net, x, T, encoder, rng, "slab", index, None, per_slab)


@dataclass(frozen=True)
class Unscaled:
    """No scaling, lambda = 1 everywhere: activations above 1 saturate.

    Notes
    -----
    The baseline that the other rules repair.
    """

    def scale(self, activations: Array, prefix: list, x: Array) -> float:
        """lambda = 1."""
        return 1.0


@dataclass(frozen=True)
class ModelBased:
    """The largest current that the weights allow, with spikes at all inputs in every step: no
    neuron can ever saturate.

    Notes
    -----
    Needs no data, and is far too careful: rates become tiny in deep networks.

    Source: model-based normalisation of Diehl et al. 2015, as known in the field; with biases added
    where they are positive.
    """

    def scale(self, activations: Array, prefix: list, x: Array) -> float:
        """lambda = max over neurons of the sum of the positive incoming weights, and of the bias if
        positive.
        """
        linear = prefix[-1]
        inputs = tuple(range(linear.weight.ndim - 1))
        largest = np.maximum(linear.weight, 0).sum(axis=inputs, dtype=np.float64)  # (C,)
        if linear.bias is not None:
            largest = largest + np.maximum(linear.bias, 0)
        return float(largest.max())


@dataclass(frozen=True)
class Max:
    """The largest activation of the layer: no neuron saturates on the calibration data, most fire
    slowly.

    Notes
    -----
    Source: data-based normalisation of Diehl et al. 2015, without its comparison with the largest
    weight.
    """

    def scale(self, activations: Array, prefix: list, x: Array) -> float:
        """lambda = max over images and neurons of the activation."""
        return float(activations.max())


@dataclass(frozen=True)
class Percentile:
    """A percentile of the layer's activations above 0: a few neurons saturate, all others get
    higher rates.

    Parameters
    ----------
    q : float
        From 0 to 100; 99.9 is usual.

    Notes
    -----
    Source: Rueckauer et al. 2017, section 2.2.
    """

    q: float = 99.9

    def __post_init__(self):
        validate.number("q", self.q, above=0, high=100)

    def scale(self, activations: Array, prefix: list, x: Array) -> float:
        """lambda = the q-th percentile of the activations above 0."""
        positive = activations[activations > 0]
        return float(np.percentile(positive, self.q)) if positive.size else 0.0


@dataclass(frozen=True)
class PerNeuron:
    """A percentile for every neuron (every channel of a convolution); the next layer's weights undo
    the differences.

    A neuron that is silent or nearly so on the calibration data would get a vast gain: its scale is
    kept at or above a quarter of the layer's own percentile (our choice).

    Parameters
    ----------
    q : float
        From 0 to 100.
    """

    q: float = 99.9

    def __post_init__(self):
        validate.number("q", self.q, above=0, high=100)

    def scale(self, activations: Array, prefix: list, x: Array) -> Array:
        """lambda[c] = the q-th percentile of the activations of c above 0, at least a quarter of
        the layer's.
        """
        rule = Percentile(self.q)
        of_layer = rule.scale(activations, prefix, x)
        channels = activations.reshape(-1, activations.shape[-1]).T
        of_channels = [rule.scale(channel, prefix, x) for channel in channels]
        return np.maximum(of_channels, LEAST_SHARE * of_layer)


@dataclass(frozen=True)
class Balanced:
    """Threshold balancing: the largest input current in one step that the layer receives in the
    spiking network itself.

    Layers are converted in order; those before the layer spike already.

    Parameters
    ----------
    T : int
        Time steps simulated.
    encoder : snn.Direct or snn.Poisson
        The input to balance for.
    rng : numpy.random.Generator or None
        Needed by `snn.Poisson`.

    Notes
    -----
    A threshold of lambda is a threshold of 1 with the layer's weights and biases divided by lambda,
    which is how it is stored here.

    Source: Sengupta et al. 2019.
    """

    T: int = 64
    encoder: Direct | Poisson = Direct()
    rng: np.random.Generator | None = None

    def __post_init__(self):
        validate.integer("T", self.T)
        validate.instance(
            "encoder", self.encoder, (Direct, Poisson), "snn.Direct() or snn.Poisson(...)"
        )
        if isinstance(self.encoder, Poisson):
            validate.generator(self.rng, "rng of Balanced with a Poisson encoder")

    def scale(self, activations: Array, prefix: list, x: Array) -> float:
        """lambda = max over images, neurons and steps of the input current."""

        def largest(currents):
            return max(float(current.max()) for current in currents)

        x = self.encoder.check(x)
        return max(over_slabs(prefix, x, self.T, self.encoder, self.rng, largest))
