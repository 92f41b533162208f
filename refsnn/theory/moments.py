r"""Moments of the free membrane potential under rate-coded input.

$n$ inputs fire independently, input $i$ with rate $r_i$ per time step, through weights $w_i$. The
*free* potential is the one a neuron would have if it never fired,

$$V_t = \beta V_{t-1} + \sum_i w_i B_{i,t}, \qquad V_0 = v_\mathrm{init},$$

where $B_{i,t}$ is 0 or 1 with probability $r_i$ of a one (`process="bernoulli"`, at most one spike
a step) or a Poisson count of mean $r_i$ (`process="poisson"`). Its law is a sum of independent
terms, so every cumulant adds up over inputs and steps. An encoder with `max_rate` sends rate
`max_rate * x` and spikes of size `1 / max_rate`: hand in `weight / max_rate` and `max_rate * x`.
"""

import numpy as np

from refsnn.theory.arguments import leak, real, steps, weight_and_rates


def leak_sum(T, beta=1.0, order=1):
    r"""Sum of the leak's powers, $\sum_{k<T} \beta^{nk}$ for order $n$: what T steps of input weigh
    in a cumulant.

    Without leak it is $T$; with it, it tends to $1 / (1 - \beta^n)$: the memory of the neuron in
    steps.

    Parameters
    ----------
    T : int
        Time steps, at least 1.
    beta : float
        Decay of the potential per step, in (0, 1]; 1 is no leak.
    order : int
        Order of the cumulant: 1 for the mean, 2 for the variance.

    Returns
    -------
    float

    Notes
    -----
    Source: geometric sum.

    Examples
    --------
    >>> leak_sum(T=3, beta=0.5)
    1.75
    """
    return float(np.sum(leak(beta) ** (order * np.arange(steps(T)))))  # eq. leak-sum


def membrane_mean(weight, rates, T, beta=1.0, v_init=0.0):
    r"""Mean of the free potential after T steps.

    $$\mathrm{E}[V_T] = \beta^T v_\mathrm{init} + (w \cdot r) \sum_{k<T} \beta^k$$

    Parameters
    ----------
    weight : array (in,) or (in, out)
        Weights, in units of potential per spike.
    rates : array (in,) or (..., in)
        Expected spikes per input and time step, at least 0.
    T : int
        Time steps, at least 1.
    beta : float
        Decay of the potential per step, in (0, 1]; 1 is no leak.
    v_init : float or array (out,)
        Potential before the first step.

    Returns
    -------
    array (...,) or (..., out), float64
        The mean, in units of potential; the same for both processes.

    Notes
    -----
    Source: own derivation, chapter 03. Assumes nothing about independence.

    Examples
    --------
    >>> membrane_mean(weight=[1.0, -0.5], rates=[0.5, 0.5], T=8)
    np.float64(2.0)
    """
    weight, rates = weight_and_rates(weight, rates)
    of_start = leak(beta) ** steps(T) * real("v_init", v_init)
    return of_start + (rates @ weight) * leak_sum(T, beta)  # eq. free-mean


def input_variance(rates, process="bernoulli"):
    """Variance of one input's spikes in one step: r (1 - r) for Bernoulli, r for Poisson."""
    return rates * (1.0 - rates) if process == "bernoulli" else rates  # eq. input-variance


def membrane_std(weight, rates, T, beta=1.0, process="bernoulli"):
    r"""Standard deviation of the free potential after T steps.

    $$\mathrm{Var}[V_T] = \sum_i w_i^2 \, q_i \sum_{k<T} \beta^{2k}, \qquad
      q_i = r_i (1 - r_i) \text{ (Bernoulli) or } r_i \text{ (Poisson)}$$

    Parameters
    ----------
    weight : array (in,) or (in, out)
        Weights, in units of potential per spike.
    rates : array (in,) or (..., in)
        Expected spikes per input and time step; in [0, 1] for Bernoulli.
    T : int
        Time steps, at least 1.
    beta : float
        Decay of the potential per step, in (0, 1]; 1 is no leak.
    process : {"bernoulli", "poisson"}
        At most one spike per input and step, or Poisson counts.

    Returns
    -------
    array (...,) or (..., out), float64
        The standard deviation, in units of potential. It does not depend on the initial potential.

    Notes
    -----
    Source: own derivation, chapter 03. Assumes spikes independent over inputs and steps: true of
    encoded pixels, not of the spike trains of converted hidden layers.

    Examples
    --------
    >>> membrane_std(weight=[3.0, 4.0], rates=[0.5, 0.5], T=4)
    np.float64(5.0)
    """
    weight, rates = weight_and_rates(weight, rates, process)
    variance = input_variance(rates, process) @ weight**2 * leak_sum(T, beta, 2)
    return np.sqrt(variance)  # eq. free-variance


def membrane_cov(weight, rates, T, beta=1.0, process="bernoulli"):
    r"""Covariance between the free potentials of neurons that share their inputs.

    $$\mathrm{Cov}[V_a, V_b] = \sum_i w_{ia} w_{ib} \, q_i \sum_{k<T} \beta^{2k}$$

    The margin $V_a - V_b$ between two neurons therefore has the variance of one neuron of weights
    $w_a - w_b$.

    Parameters
    ----------
    weight : array (in, out)
        Weights, in units of potential per spike.
    rates, T, beta, process
        As in `membrane_std`.

    Returns
    -------
    array (..., out, out), float64
        The covariance matrix, in squared units of potential; its diagonal is `membrane_std`
        squared.

    Notes
    -----
    Source: own derivation, chapter 03. Assumptions as in `membrane_std`.

    Examples
    --------
    >>> membrane_cov(weight=[[1.0, 1.0], [2.0, -2.0]], rates=[0.5, 0.5], T=4)
    array([[ 5., -3.],
           [-3.,  5.]])
    """
    weight, rates = weight_and_rates(weight, rates, process)
    if weight.ndim != 2:
        raise ValueError(f"weight must have shape (in, out), not {weight.shape}.")
    variance = input_variance(rates, process)[..., :, None]
    scaled = variance * weight * leak_sum(T, beta, 2)  # (..., in, out)
    return weight.T @ scaled  # eq. free-covariance
