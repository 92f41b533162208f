"""What activation a neuron's full rate, one spike a step, stands for: the scale lambda of a layer.

Each object has one method, `scale(activations, prefix, x)`: the activations (N, ..., C) of the
layer on calibration data, the network converted so far up to the layer's input current (in units of
the activations), and the calibration data. It returns lambda, a number for the layer or one a
channel (C,).
"""

from dataclasses import dataclass

import numpy as np

from refsnn import validate
from refsnn.nn.sequential import Sequential
from refsnn.snn import engine as engines
from refsnn.snn.encoders import Direct, Poisson, image_numbers

FLOOR = 0.25  # a neuron's own scale is at least this share of its layer's


@dataclass(frozen=True)
class Unscaled:
    """No scaling, lambda = 1 everywhere: activations above 1 saturate, whatever the network was
    trained to.

    Notes
    -----
    The baseline that the others repair.
    """

    def scale(self, activations, prefix, x):
        """lambda = 1."""
        return 1.0


@dataclass(frozen=True)
class ModelBased:
    """The largest current that the weights allow if every input spikes at every step: no neuron can
    ever saturate.

    Notes
    -----
    Needs no data, and is far too careful: rates become tiny in deep networks. Source: model-based
    normalisation of Diehl et al. 2015, as known in the field; with biases added where they are
    positive.
    """

    def scale(self, activations, prefix, x):
        """lambda = max over neurons of the sum of the positive incoming weights, and of the bias if
        positive.
        """
        linear = prefix[-1]
        largest = np.maximum(linear.weight, 0).sum(
            axis=tuple(range(linear.weight.ndim - 1)), dtype=np.float64
        )
        if linear.bias is not None:
            largest = largest + np.maximum(linear.bias, 0)
        return float(largest.max())


@dataclass(frozen=True)
class Max:
    """The largest activation of the layer: no neuron saturates on the calibration data, most stay
    slow.

    Notes
    -----
    Source: data-based normalisation of Diehl et al. 2015, without its comparison with the largest
    weight.
    """

    def scale(self, activations, prefix, x):
        """lambda = max over images and neurons of the activation."""
        return float(activations.max())


@dataclass(frozen=True)
class Percentile:
    """A percentile of the layer's non-zero activations: a few saturate, all others get higher
    rates.

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

    def scale(self, activations, prefix, x):
        """lambda = the q-th percentile of the activations above 0."""
        positive = activations[activations > 0]
        return float(np.percentile(positive, self.q)) if positive.size else 0.0


@dataclass(frozen=True)
class PerNeuron:
    """A percentile for every neuron (channel of a convolution); the next layer's weights undo the
    difference.

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

    def scale(self, activations, prefix, x):
        """lambda[c] = the q-th percentile of the activations of c above 0, at least a quarter of
        the layer's.
        """
        layer = Percentile(self.q).scale(activations, prefix, x)
        rows = activations.reshape(-1, activations.shape[-1])
        own = [Percentile(self.q).scale(column, prefix, x) for column in rows.T]
        return np.maximum(own, FLOOR * layer)


@dataclass(frozen=True)
class Balanced:
    """Threshold balancing: the largest input current in one step that the layer receives in the
    spiking network itself.

    Layers are done in order, each with those before it already converted and spiking.

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
    Source: Sengupta et al. 2019. A threshold of lambda is a threshold of 1 with the layer's weights
    and biases divided by lambda, which is how it is stored here.
    """

    T: int = 64
    encoder: Direct | Poisson = Direct()
    rng: np.random.Generator | None = None

    def __post_init__(self):
        validate.integer("T", self.T)
        if not isinstance(self.encoder, (Direct, Poisson)):
            raise TypeError(
                "encoder must be snn.Direct() or snn.Poisson(...), not "
                f"{validate.short_repr(self.encoder)}."
            )
        if isinstance(self.encoder, Poisson):
            validate.generator(self.rng, "rng of Balanced with a Poisson encoder")

    def scale(self, activations, prefix, x):
        """lambda = max over images, neurons and steps of the input current."""

        def largest(part, make_blocks):
            return max(float(current.max()) for _, current in make_blocks())

        x = self.encoder.check(x)
        return max(
            engines.run(
                Sequential(prefix),
                x,
                self.T,
                self.encoder,
                self.rng,
                "slab",
                image_numbers(None, len(x)),
                None,
                largest,
            )
        )
