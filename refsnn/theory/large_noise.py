r"""One spike a step: the mirror between spikes and silence, and the spike count under large noise.

A neuron that can spike once a step also has a *silent* step where it could have spiked. The two
sides are mirror images: put $\theta - I$ for the input and $\theta - v$ for the potential, and
silence becomes spikes. So a formula for weak input serves strong input too. Where noise is large
beside the threshold, the limit of one spike per step is felt at every drift; there the potential is
a Brownian path pulled towards the threshold from both sides, with drift $\mu$ below it and $\mu -
\theta$ above it.
"""

from math import comb

import numpy as np

from refsnn.theory.arguments import steps
from refsnn.validate import number, real

ORDER = 11  # of the inversion: errors near 10^(-0.6 * 11)


def mirrored(mean, v_init, v_threshold=1.0, where=True):
    r"""Mean input and initial potential of the mirror neuron: $\theta - \mu$ and $\theta -
    v_\mathrm{init}$.

    For a neuron of at most one spike per step, reset by subtraction, no leak: the silent steps
    under input $I_t$ from $v_\mathrm{init}$ are the spikes under input $\theta - I_t$ from $\theta
    - v_\mathrm{init}$, if that neuron fires on > instead of >= (a difference without weight for
    continuous input). Hence $\mathrm{E}[N_T] = T
    - \mathrm{E}[N'_T]$.

    Parameters
    ----------
    mean : float or array
        Mean input per step (or the input itself), in units of potential.
    v_init : float or array
        Potential before the first step.
    v_threshold : float
        Threshold, above 0.
    where : bool or array
        Where to take the mirror image; elsewhere the values are returned as they are.

    Returns
    -------
    (array, array), float64
        Input and initial potential of the mirror neuron.

    Raises
    ------
    ValueError, TypeError
        If the threshold is not positive or anything is not finite.

    Notes
    -----
    Source: own derivation, chapter 04.

    Examples
    --------
    >>> mirrored(0.75, v_init=0.5)
    (np.float64(0.25), np.float64(0.5))
    """
    mean, v_init = real("mean", mean), real("v_init", v_init)
    theta = number("v_threshold", v_threshold, above=0.0)
    return (
        np.where(where, theta - mean, mean)[()],
        np.where(where, theta - v_init, v_init)[()],
    )  # eq. mirror


def _inversion():
    """Nodes and weights of the Euler algorithm: f(t) is about sum_k weight_k Re F(node_k / t) /
    t.
    """
    nodes = ORDER * np.log(10) / 3 + 1j * np.pi * np.arange(2 * ORDER + 1)
    weights = np.ones(2 * ORDER + 1)
    weights[0], weights[-1] = 0.5, 2.0**-ORDER
    for k in range(1, ORDER):
        weights[2 * ORDER - k] = weights[2 * ORDER - k + 1] + 2.0**-ORDER * comb(ORDER, k)
    return nodes, weights * (-1.0) ** np.arange(2 * ORDER + 1) * 10 ** (ORDER / 3)


NODES, WEIGHTS = _inversion()


def large_noise_spike_count(mean, std, T, v_threshold=1.0, v_init=0.0):
    r"""Expected number of spikes in T steps, at most one per step, where the noise is large beside
    the threshold.

    The potential before the reset is close to a Brownian path $Y$ with drift $\mu$ below 0 and $\mu
    - \theta$ above. With $F(t) = P(Y_t > 0)$ and $s_0 = \mathrm{clip}(v_\mathrm{init}/\theta, 0,
    1)$,

    $$\mathrm{E}[N_T] = \int_0^T F(t)\,\mathrm{d}t + \tfrac12 F(T) - \tfrac12 s_0, \qquad
      Y_0 = v_\mathrm{init} - \tfrac34\theta + \tfrac12\theta s_0$$

    $F$ has the Laplace transform ($x = Y_0$, $\mu_- = \mu$, $\mu_+ = \mu - \theta$)

    $$\hat F(\lambda) = \frac{1}{\lambda} \begin{cases} \frac{p}{p+q}\, e^{qx} & x < 0 \\
      1 - \frac{q}{p+q}\, e^{-px} & x \ge 0 \end{cases} \qquad
      \sigma^2 p = \mu_+ + \sqrt{\mu_+^2 + 2\lambda\sigma^2}, \quad
      \sigma^2 q = -\mu_- + \sqrt{\mu_-^2 + 2\lambda\sigma^2}$$

    which is inverted numerically at one point per neuron.

    Parameters
    ----------
    mean : float or array
        Mean input per step, in units of potential.
    std : float or array
        Standard deviation of the input per step, above 0.
    T : int
        Time steps, at least 1.
    v_threshold : float
        Threshold, above 0.
    v_init : float or array
        Potential before the first step.

    Returns
    -------
    array, float64
        In spikes. It obeys the mirror, and its rate tends to $\mu/\theta$ for means between 0 and
        the threshold.

    Raises
    ------
    ValueError, TypeError
        If std is not positive, T below 1, the threshold not positive, or anything is not finite.

    Notes
    -----
    Source: own derivation, chapter 04; inversion by the Euler algorithm of J. Abate and W. Whitt,
    "A unified framework for numerically inverting Laplace transforms", INFORMS Journal on Computing
    18 (2006). The shifts by s_0 are an argument, not a proof: they are the only ones that obey the
    mirror and sum F by the trapezoid rule. Gaussian input, std at least one threshold, mean from
    -0.3 to 1.3 thresholds, v_init from -1 to 2 thresholds: within 2 % of the exact recursion for T
    >= 16 (6 % where the mean is negative) and 10 % for T = 4.

    Examples
    --------
    >>> large_noise_spike_count(mean=0.5, std=2.0, T=10, v_init=0.5).round(4)  # T / 2, by symmetry
    np.float64(5.0)
    """
    mean, std = real("mean", mean), real("std", std, above=0.0)
    theta = number("v_threshold", v_threshold, above=0.0)
    v_init, T = real("v_init", v_init), steps(T)
    before = np.clip(v_init / theta, 0.0, 1.0)  # s_0: did a spike come just before the start?
    x = v_init - 0.75 * theta + 0.5 * theta * before  # eq. large-noise-start
    integral, last = 0.0, 0.0
    for node, weight in zip(NODES, WEIGHTS, strict=True):
        transform = _laplace_above(node / T, x, mean, std, theta)
        last = last + weight * np.real(transform) / T
        integral = integral + weight * np.real(transform * T / node) / T
    return (integral + 0.5 * last - 0.5 * before)[()]  # eq. large-noise


def _laplace_above(rate, x, mean, std, theta):
    """Laplace transform in time of the probability to be above 0, for two drifts that pull towards
    0.
    """
    below, above, variance = mean, mean - theta, std**2
    p = (above + np.sqrt(above**2 + 2 * rate * variance)) / variance
    q = (-below + np.sqrt(below**2 + 2 * rate * variance)) / variance
    return (
        np.where(
            x < 0,
            p / (p + q) * np.exp(q * np.minimum(x, 0)),
            1 - q / (p + q) * np.exp(-p * np.maximum(x, 0)),
        )
        / rate
    )  # eq. two-drifts
