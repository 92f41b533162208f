r"""One spike per step: the mirror between spikes and silence, and the count under large noise.

A neuron that can spike once per step also has a *silent* step where it could have spiked. The two
sides are mirror images: put $\theta - I$ for the input and $\theta - v$ for the potential, and
silence becomes spikes. So a formula for weak input serves strong input too. Where noise is large
beside the threshold, the limit of one spike per step is felt at every drift; there the potential is
a Brownian path pulled towards the threshold from both sides, with drift $\mu$ below it and $\mu -
\theta$ above it.
"""

import numpy as np

from refsnn.kernels import spike_counts
from refsnn.theory.arguments import steps
from refsnn.validate import number, real


def mirrored(mean, v_init, v_threshold=1.0, where=True):
    r"""Mean input and initial potential of the mirror neuron: $\theta - \mu$ and $\theta -
    v_\mathrm{init}$.

    For a neuron of at most one spike per step, reset by subtraction, no leak: the silent steps
    under input $I_t$ from $v_\mathrm{init}$ are the spikes under input $\theta - I_t$ from
    $\theta - v_\mathrm{init}$, if that neuron fires on > instead of >= (a difference without weight
    for continuous input). Hence $\mathrm{E}[N_T] = T - \mathrm{E}[N'_T]$.

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
    mean = np.where(where, theta - mean, mean)  # eq. mirror
    v_init = np.where(where, theta - v_init, v_init)
    return mean[()], v_init[()]


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

    which `refsnn.kernels.spike_counts` inverts at one point per neuron: to 6e-7 of T, if the noise
    is half a threshold or more.

    Parameters
    ----------
    mean : float or array
        Mean input per step, in units of potential.
    std : float or array
        Standard deviation of the input per step, at least 0.3 thresholds.
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

    Notes
    -----
    Source: own derivation, chapter 04. The shifts by s_0 are an argument, not a proof: they are the
    only ones that obey the mirror and sum F by the trapezoid rule. Gaussian input, std at least one
    threshold, mean from -0.3 to 1.3 thresholds, v_init from -1 to 2 thresholds: within 2 % of the
    exact recursion for T >= 16 (6 % where the mean is negative) and 10 % for T = 4.

    Examples
    --------
    >>> large_noise_spike_count(mean=0.5, std=2.0, T=10, v_init=0.5).round(4)  # T / 2, by symmetry
    np.float64(5.0)
    """
    mean = real("mean", mean)
    theta = number("v_threshold", v_threshold, above=0.0)
    std = real("std", std, low=0.3 * theta)
    v_init = real("v_init", v_init)
    T = steps(T)

    counts = np.vectorize(spike_counts.large_noise, otypes=[float, float])  # and slopes
    total_mean = T * mean / theta
    total_variance = T * (std / theta) ** 2
    return counts(total_mean, total_variance, v_init / theta, T)[0][()]  # eq. large-noise
