"""Paper 1: weights adjusted for the noise of their neuron's potential, when a network is converted.

With Poisson input the potential of neuron j has a standard deviation that a norm n_j of its
incoming weights bounds (chapter 03). The adjustment multiplies the neuron's input by a factor
(eq. weight-norm)

    f_j = (c / n_j)^gamma,     c the mean of n_j over the layer's neurons,

so that large norms are brought down and small ones up. The paper's exact rule could not be read:
this is our reading, and `form` names two versions of it.
"""

import copy
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from refsnn import validate
from refsnn.convert.scaling import over_slabs
from refsnn.nn import Conv2d, Dense, Flatten
from refsnn.nn.layer import Array
from refsnn.snn.encoders import Poisson

LARGEST_FACTOR = 4.0  # factors lie in [1/4, 4]: that of a nearly dead neuron would be vast

# Below the first layer the standard deviation is measured, over repeated runs of a few images.
SIGMA_IMAGES = 16
SIGMA_REPEATS = 32
SIGMA_STEPS = 16


def norm_factors(norms: npt.ArrayLike, gamma: float) -> Array:
    """Factors (mean(norms) / norms)^gamma of a layer's neurons, kept in [1/4, 4] (our choice).

    Parameters
    ----------
    norms : array (C,) of float
        At least 0. Where all are 0 (a layer without weights, or one that no spike reaches) all
        factors are 1.
    gamma : float

    Returns
    -------
    array (C,) of float64
    """
    norms = np.asarray(norms, np.float64)
    if not norms.any():
        return np.ones_like(norms)
    with np.errstate(divide="ignore"):
        factors = (norms.mean() / norms) ** gamma  # eq. weight-norm, equalised
    return np.clip(factors, 1 / LARGEST_FACTOR, LARGEST_FACTOR)


def weight_vectors(layer: Dense | Conv2d) -> Array:
    """The neurons' incoming weights as columns (inputs, C); a filter is its channel's column."""
    return layer.weight.reshape(-1, layer.weight.shape[-1]).astype(np.float64)


def _first_layer_std(prefix, x, encoder):
    """Standard deviation per step of the potentials of a first layer, (C,): chapter 03, exact.

    The pixels are independent, and each has the variance x (1 / max_rate - x) per step when sent as
    Bernoulli spikes, x / max_rate as Poisson counts.
    """
    variance = np.float32(encoder.amplitude) * x
    if encoder.process == "bernoulli":
        variance = variance - x * x

    squared = copy.copy(prefix[-1])
    squared.weight = squared.weight**2
    squared.bias = None
    for layer in [*prefix[:-1], squared]:
        variance = layer.forward(variance)[0]
    return np.sqrt(variance.reshape(-1, variance.shape[-1]).mean(axis=0, dtype=np.float64))


def std_per_step(
    prefix: list, x: Array, encoder: Poisson, rng: np.random.Generator | None
) -> Array:
    """Standard deviation per step of the neurons' free potentials, (C,): sqrt(mean of Var[V_T] /
    T), the mean over images and positions.

    `prefix` is the spiking network up to the neurons' input current. For a first layer there is a
    formula. Below it, spikes are neither Poisson nor independent, and the variance is measured over
    repeated runs of the network.
    """
    if all(isinstance(layer, Flatten) for layer in prefix[:-1]):
        return _first_layer_std(prefix, x, encoder)

    def charge(currents):
        return sum(current.sum(axis=0, dtype=np.float64) for current in currents)

    repeated = np.repeat(encoder.check(x[:SIGMA_IMAGES]), SIGMA_REPEATS, axis=0)
    v = np.concatenate(over_slabs(prefix, repeated, SIGMA_STEPS, encoder, rng, charge))
    v = v.reshape(len(x[:SIGMA_IMAGES]), SIGMA_REPEATS, -1, v.shape[-1])  # (..., positions, C)
    return np.sqrt(v.var(axis=1, ddof=1).mean(axis=(0, 1)) / SIGMA_STEPS)


@dataclass(frozen=True)
class WeightNorm:
    """Multiply every hidden neuron's weights and bias by f_j = (c / n_j)^gamma, n_j a norm of its
    weights.

    Parameters
    ----------
    p : 1, 2, 4, any number of at least 1, infinity, or "sigma"
        The norm |w_j|_p; "sigma" takes the standard deviation of the potential itself.
    gamma : float
        In [0, 1]: 0 changes nothing, 1 gives all neurons of a layer the same norm unless a factor
        meets its bound.
    form : "incoming" or "compensated"
        Incoming changes the function that the network computes. Compensated folds 1 / f_j into the
        outgoing weights (a channel's factor is carried through pooling and Flatten), so that the
        rectifier network's function stays.
    encoder : snn.Poisson
        The input for "sigma".
    rng : numpy.random.Generator or None
        Needed by "sigma", which is measured below the first layer.

    Notes
    -----
    The output layer is left alone. Norms are those of the weights that spikes see: in units of the
    layer before, with batch norm folded and earlier layers already adjusted. Adjusting thresholds
    by 1 / f_j is the incoming form (chapter 05).

    Source: reconstruction of Allred and Roy 2021, whose abstract names the L4 norm but not the
    rule; the forms, gamma, the bound on the factors and the other norms are our choice.
    """

    p: float | Literal["sigma"] = 4
    gamma: float = 1.0
    form: str = "incoming"
    encoder: Poisson = Poisson()
    rng: np.random.Generator | None = None

    def __post_init__(self):
        validate.number("gamma", self.gamma, low=0, high=1)
        validate.one_of("form", self.form, ("incoming", "compensated"))
        if self.p == "sigma":
            validate.instance("encoder", self.encoder, Poisson, "snn.Poisson(...)")
            validate.generator(self.rng, "rng of WeightNorm with p='sigma'")
        elif isinstance(self.p, str):
            raise ValueError(
                f"p must be a number of at least 1, infinity or 'sigma', not {self.p!r}."
            )
        elif self.p != np.inf:
            validate.number("p", self.p, low=1)

    def norms(self, activations: Array, prefix: list, x: Array) -> Array:
        """n_j (C,) of the last layer of `prefix`, the network converted so far; the activations are
        not used.
        """
        if self.p == "sigma":
            return std_per_step(prefix, x, self.encoder, self.rng)
        return np.linalg.norm(weight_vectors(prefix[-1]), self.p, axis=0)

    def factors(self, activations: Array, prefix: list, x: Array) -> Array:
        """f_j (C,): `norm_factors` of the norms."""
        return norm_factors(self.norms(activations, prefix, x), self.gamma)
