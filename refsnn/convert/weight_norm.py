"""Paper 1: weights adjusted for the noise of their neuron's potential, when a network is converted.

With Poisson input the potential of neuron j has a standard deviation that a norm n_j of its
incoming weights bounds (chapter 03). The adjustment multiplies what comes into the neuron by a
factor (eq. weight-norm)

    f_j = (c / n_j)^gamma,     c the mean of n_j over the layer's neurons,

so that large norms are brought down and small ones up. The paper's exact rule could not be read:
this is our reading, and `form` names two versions of it.
"""

import copy
from dataclasses import dataclass

import numpy as np

from refsnn import validate
from refsnn.nn import Flatten, Sequential
from refsnn.snn import engine as engines
from refsnn.snn.encoders import Poisson, image_numbers

LARGEST = 4.0  # a factor is kept in [1/4, 4]: a neuron that is nearly dead would get a vast one
IMAGES, REPEATS, STEPS = (
    16,
    32,
    16,
)  # what a standard deviation is measured on, below the first layer


def norm_factors(norms, gamma):
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
        return np.clip((norms.mean() / norms) ** gamma, 1 / LARGEST, LARGEST)  # eq. weight-norm


def weight_vectors(layer):
    """A layer's incoming weight vectors as columns (inputs, C); a convolution's filter is its
    channel's vector.
    """
    return layer.weight.reshape(-1, layer.weight.shape[-1]).astype(np.float64)


def potential_std(prefix, x, encoder, rng):
    """Standard deviation a step of each neuron's free potential, (C,): sqrt(mean of Var[V_T] / T).

    The mean is over images and positions. `prefix` is the spiking network up to the neurons' input
    current. Where independent pixels come in, the formula of chapter 03 holds, with variance x (1 /
    max_rate - x) for a pixel x sent as Bernoulli spikes, x / max_rate for Poisson counts. Below,
    spikes are neither Poisson nor independent, and the standard deviation is measured over repeated
    runs of the network.
    """
    *before, linear = prefix
    if all(isinstance(layer, Flatten) for layer in before):
        variance = np.float32(encoder.amplitude) * x - (
            x * x if encoder.process == "bernoulli" else 0
        )
        for layer in before:
            variance = layer.forward(variance)[0]
        squared = copy.copy(linear)
        squared.weight, squared.bias = linear.weight**2, None
        variance = squared.forward(variance)[0]
        return np.sqrt(variance.reshape(-1, variance.shape[-1]).mean(axis=0, dtype=np.float64))

    x = np.repeat(encoder.check(x[:IMAGES]), REPEATS, axis=0)

    def totals(part, make_blocks):
        return sum(current.sum(axis=0, dtype=np.float64) for _, current in make_blocks())

    v = np.concatenate(
        engines.run(
            Sequential(prefix),
            x,
            STEPS,
            encoder,
            rng,
            "slab",
            image_numbers(None, len(x)),
            None,
            totals,
        )
    )
    v = v.reshape(
        -1, REPEATS, int(np.prod(v.shape[1:-1])), v.shape[-1]
    )  # (images, repeats, positions, C)
    return np.sqrt(v.var(axis=1, ddof=1).mean(axis=(0, 1)) / STEPS)


@dataclass(frozen=True)
class WeightNorm:
    """Adjust every hidden neuron's weights and bias by a norm of its weights: w_j <- f_j w_j, f_j =
    (c / n_j)^gamma.

    Parameters
    ----------
    p : 1, 2, 4, any number of at least 1, infinity, or "sigma"
        The norm |w_j|_p; "sigma" takes the standard deviation of the potential itself.
    gamma : float
        In [0, 1]: 0 changes nothing, 1 gives all neurons of a layer the same norm where no factor
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
    by 1 / f_j is the incoming form (chapter 05). Source: reconstruction of Allred and Roy 2021,
    whose abstract names the L4 norm but not the rule; the forms, gamma, the bound on the factors
    and the other norms are our choice.
    """

    p: float | str = 4
    gamma: float = 1.0
    form: str = "incoming"
    encoder: Poisson = Poisson()
    rng: np.random.Generator | None = None

    def __post_init__(self):
        validate.number("gamma", self.gamma, low=0, high=1)
        validate.one_of("form", self.form, ("incoming", "compensated"))
        if self.p == "sigma":
            if not isinstance(self.encoder, Poisson):
                raise TypeError(
                    f"encoder must be snn.Poisson(...), not {validate.short_repr(self.encoder)}."
                )
            validate.generator(self.rng, "rng of WeightNorm with p='sigma'")
        elif isinstance(self.p, str):
            raise ValueError(
                f"p must be a number of at least 1, infinity or 'sigma', not {self.p!r}."
            )
        elif self.p != np.inf:
            validate.number("p", self.p, low=1)

    def norms(self, activations, prefix, x):
        """n_j (C,): of the last layer of `prefix`, the network converted so far; the activations
        are not used.
        """
        if self.p == "sigma":
            return potential_std(prefix, x, self.encoder, self.rng)
        return np.linalg.norm(weight_vectors(prefix[-1]), self.p, axis=0)

    def factors(self, activations, prefix, x):
        """f_j (C,), as `norm_factors` of the norms."""
        return norm_factors(self.norms(activations, prefix, x), self.gamma)
