r"""Which norm of the weights governs the noise: a statement about the inputs.

The variance of the free potential per step is $\sum_i w_i^2 q_i$, a product of the squared weights
and the variances of the inputs. What its worst case is depends on what is known about the rates: a
bound on $|r|_p$ gives $|w|_{2q}$ with $1/p + 1/q = 1$ by Hoelder's inequality. p = 1 (a few spikes
to share out) gives the largest weight, p = 2 the L4 norm, p = infinity (each rate bounded) the L2
norm.
"""

import numpy as np

from refsnn.theory.arguments import real, steps
from refsnn.theory.roots import bracket
from refsnn.validate import number


def _weight(weight):
    weight = real("weight", weight)
    if weight.ndim not in (1, 2) or weight.shape[0] == 0:
        raise ValueError(
            "weight must have shape (in,) or (in, out) with at least one input, not "
            f"{weight.shape}."
        )
    return weight


def _exponent(p):
    return p if p == np.inf else number("p", p, low=1.0)


def conjugate(p):
    """The exponent q with 1/p + 1/q = 1, for p from 1 to infinity."""
    if p == 1:
        return np.inf
    return 1.0 if p == np.inf else p / (p - 1)


def weight_norm(weight, p):
    r"""The $p$-norm of each neuron's incoming weights, $|w|_p = (\sum_i |w_i|^p)^{1/p}$.

    Parameters
    ----------
    weight : array (in,) or (in, out)
        Weights, in units of potential per spike.
    p : float
        Exponent, at least 1; `numpy.inf` is the largest absolute weight.

    Returns
    -------
    array () or (out,), float64
        In the units of the weights.

    Notes
    -----
    Source: definition. Computed on weights divided by their largest, so that nothing over- or
    underflows.

    Examples
    --------
    >>> weight_norm([3.0, 4.0], p=2), weight_norm([3.0, -4.0], p=np.inf)
    (np.float64(5.0), np.float64(4.0))
    """
    size = np.abs(_weight(weight))
    p = _exponent(p)
    largest = size.max(axis=0)
    if p == np.inf:
        return largest
    share = size / np.where(largest > 0, largest, 1.0)
    return largest * np.sum(share**p, axis=0) ** (1 / p)


def std_bound(weight, rho, p, T):
    r"""The largest standard deviation of the free potential that rates with $|r|_p \le \rho$ can
    cause.

    $$\sup_{|r|_p \le \rho} \sigma = \sqrt{T \rho}\; |w|_{2q}, \qquad \tfrac{1}{p} + \tfrac{1}{q} =
    1$$

    Parameters
    ----------
    weight : array (in,) or (in, out)
        Weights, in units of potential per spike.
    rho : float
        Bound on the p-norm of the rates, at least 0.
    p : float
        Exponent of the bound on the rates: 1, 2 and infinity give the max, the L4 and the L2 norm
        of the weights.
    T : int
        Time steps, at least 1.

    Returns
    -------
    array () or (out,), float64
        In units of potential. Attained by Poisson counts at `worst_case_rates`; for Bernoulli
        spikes it is a bound that is not attained (see `bernoulli_std_maximum`).

    Notes
    -----
    Source: Hoelder's inequality, chapter 03. p = 2 is the setting in which noise is proportional to
    the L4 norm (Allred and Roy 2021).

    Examples
    --------
    >>> std_bound([3.0, 4.0], rho=1.0, p=np.inf, T=4)
    np.float64(10.0)
    """
    rho = number("rho", rho, low=0.0)
    norm = weight_norm(weight, 2 * conjugate(_exponent(p)))
    return np.sqrt(steps(T) * rho) * norm  # eq. std-bound


def worst_case_rates(weight, rho, p):
    r"""The rates with $|r|_p = \rho$ that make Poisson input noisiest: $r_i \propto
    |w_i|^{2(q-1)}$.

    For p = 1 all spikes go to the largest weight (shared between ties), for p = 2 the rates are
    proportional to the squared weights, for p = infinity all are equal.

    Parameters
    ----------
    weight : array (in,) or (in, out)
        Weights, in units of potential per spike.
    rho : float
        The p-norm of the rates, at least 0.
    p : float
        Exponent, from 1 to infinity.

    Returns
    -------
    array (in,) or (in, out), float64
        Expected spikes per step, for each neuron its own; zeros for a neuron without weights unless
        p is infinite.

    Notes
    -----
    Source: the case of equality in Hoelder's inequality, chapter 03.

    Examples
    --------
    >>> worst_case_rates([1.0, -2.0], rho=1.0, p=1)
    array([0., 1.])
    """
    size = np.abs(_weight(weight))
    rho = number("rho", rho, low=0.0)
    p = _exponent(p)
    if p == np.inf:
        return np.full(size.shape, rho)
    largest = size.max(axis=0)
    share = size / np.where(largest > 0, largest, 1.0)
    if p == 1:
        direction = (share == 1.0).astype(float)
    else:
        direction = share ** (2 * (conjugate(p) - 1))  # eq. worst-rates
    length = weight_norm(direction, p)
    return rho * direction / np.where(length > 0, length, 1.0)


def _bernoulli_worst_rates(weight, rho):
    """The maximiser of sum_i w_i^2 r_i (1 - r_i) for |r|_2 <= rho, one column per neuron."""
    if rho == 0:
        return np.zeros(weight.shape)
    squares = weight.reshape(weight.shape[0], -1) ** 2
    largest = squares.max(axis=0)
    share = squares / np.where(largest > 0, largest, 1.0)  # in [0, 1], and so the multiplier

    def rates(multiplier):
        with np.errstate(invalid="ignore"):  # an input of weight 0 gets rate 0
            free = share / (2 * (share + multiplier))
            return np.where(share > 0, free, 0.0)  # eq. bernoulli-worst-rates

    def room(multiplier):
        return rho - np.linalg.norm(rates(multiplier), axis=0)

    # Without a multiplier every rate is 1/2; if that is too long, the multiplier makes |r|_2 = rho.
    unbound = np.zeros(share.shape[1])
    high = max(np.sqrt(share.shape[0]) / (2 * rho), 1.0)  # there |r|_2 <= sqrt(n) / (2 high) <= rho
    _, high = bracket(room, unbound, np.full(unbound.shape, high))
    multiplier = np.where(room(unbound) >= 0, unbound, high)
    return rates(multiplier).reshape(weight.shape)


def bernoulli_worst_case_rates(weight, rho):
    r"""The rates with $|r|_2 \le \rho$ that make Bernoulli input noisiest.

    $$r_i = \frac{w_i^2}{2 (w_i^2 + \lambda)}$$

    with $\lambda \ge 0$ such that $|r|_2 = \rho$, and $\lambda = 0$ (every rate 1/2) once $\rho \ge
    \sqrt{n}/2$ for $n$ non-zero weights. No rate exceeds 1/2, where a Bernoulli spike is noisiest.

    Parameters
    ----------
    weight : array (in,) or (in, out)
        Weights, in units of potential per spike.
    rho : float
        Bound on the 2-norm of the rates, at least 0.

    Returns
    -------
    array (in,) or (in, out), float64
        Expected spikes per step, for each neuron its own.

    Notes
    -----
    Source: own derivation (a concave maximum under one constraint, Lagrange multiplier), chapter
    03.

    Examples
    --------
    >>> bernoulli_worst_case_rates([1.0, 2.0], rho=10.0)
    array([0.5, 0.5])
    """
    return _bernoulli_worst_rates(_weight(weight), number("rho", rho, low=0.0))


def bernoulli_std_maximum(weight, rho, T):
    r"""The largest standard deviation of the free potential that Bernoulli rates with $|r|_2 \le
    \rho$ can cause.

    It leaves the Poisson bound $\sqrt{T\rho}\,|w|_4$ at small $\rho$ and ends at $\sqrt{T}\,|w|_2 /
    2$ for $\rho \ge \sqrt{n}/2$: the crossover from the L4 to the L2 norm, between them below both.

    Parameters
    ----------
    weight : array (in,) or (in, out)
        Weights, in units of potential per spike.
    rho : float
        Bound on the 2-norm of the rates, at least 0.
    T : int
        Time steps, at least 1.

    Returns
    -------
    array () or (out,), float64
        In units of potential.

    Notes
    -----
    Source: own derivation, chapter 03. The two asymptotes meet at `crossover_rho`.

    Examples
    --------
    >>> bernoulli_std_maximum([3.0, 4.0], rho=10.0, T=4)
    np.float64(5.0)
    """
    weight = _weight(weight)
    rates = _bernoulli_worst_rates(weight, number("rho", rho, low=0.0))
    variance = np.sum(weight**2 * rates * (1 - rates), axis=0)
    return np.sqrt(steps(T) * variance)  # eq. bernoulli-maximum


def crossover_rho(weight):
    r"""The $|r|_2$ at which the noise of Bernoulli input turns from the L4 to the L2 norm, $|w|_2^2
    / (4 |w|_4^2)$.

    Parameters
    ----------
    weight : array (in,) or (in, out)
        Weights, not all zero.

    Returns
    -------
    array () or (out,), float64
        Between 1/4 (one weight) and $\sqrt{n}/4$ (n equal ones); no unit.

    Notes
    -----
    Source: own derivation, chapter 03: where $\sqrt{\rho}\,|w|_4 = |w|_2/2$.

    Examples
    --------
    >>> crossover_rho([1.0])
    np.float64(0.25)
    """
    return weight_norm(weight, 2) ** 2 / (4 * weight_norm(weight, 4) ** 2)  # eq. crossover
