r"""The whole law of the free potential: cumulants, characteristic function, distance to a Gaussian,
tail.

The potential $V_T = v_\mathrm{init} + \sum_i w_i \sum_t B_{i,t}$ is a sum of independent terms, so
the logarithm of its characteristic function and all its cumulants are sums over inputs and steps.
The Gaussian that shares its first two moments is what the later chapters compute with; the bound
and the tail here say when that is too crude.
"""

import numpy as np
import scipy

from refsnn.theory.arguments import leak, one_neuron, real, steps, weight_and_rates
from refsnn.theory.moments import leak_sum, membrane_std
from refsnn.theory.roots import bracket
from refsnn.validate import integer

# Korolev and Shevtsova (2012) for Poisson random sums; Shevtsova (2010) for independent summands.
BERRY_ESSEEN_POISSON = 0.3041
BERRY_ESSEEN_INDEPENDENT = 0.5600


def input_cumulants(rates, order, process="bernoulli"):
    r"""Cumulants $c_1, \dots, c_\mathrm{order}$ of one input's spikes in one step, stacked on the
    first axis.

    A Poisson count has $c_n = r$; for a Bernoulli spike $c_1 = r$ and $c_{n+1} = r (1 - r)\,
    \mathrm{d}c_n/\mathrm{d}r$.
    """
    if process == "poisson":
        return np.stack([rates] * order)
    cumulant = np.polynomial.Polynomial([0.0, 1.0])  # in r
    variance = np.polynomial.Polynomial([0.0, 1.0, -1.0])
    values = []
    for _ in range(order):
        values.append(cumulant(rates))
        cumulant = variance * cumulant.deriv()  # eq. bernoulli-cumulants
    return np.stack(values)


def generating(s, weight, rates, process):
    r"""The cumulant generating function $K(s) = \log \mathrm{E}[e^{sI}]$ of one step's input I, and
    its first three derivatives.

    `s` is (..., out), `weight` (in, out) and `rates` (..., in, 1); all four are (..., out).
    """
    turn = s[..., None, :] * weight  # (..., in, out)
    with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
        if process == "bernoulli":
            near_0 = np.log1p(rates * np.expm1(np.clip(turn, -1.0, 1.0)))  # without cancellation
            far = np.logaddexp(np.log1p(-rates), np.log(rates) + turn)  # without overflow
            K = np.where(np.abs(turn) < 1.0, near_0, far)
            mean = scipy.special.expit(scipy.special.logit(rates) + turn)  # of the tilted input
            variance = mean * (1 - mean)
            third = variance * (1 - 2 * mean)
        else:
            K = rates * np.expm1(turn)
            mean = variance = third = rates * np.exp(turn)
        terms = K, mean * weight, variance * weight**2, third * weight**3
        return [np.sum(term, axis=-2) for term in terms]


def cumulants(weight, rates, T, order, beta=1.0, process="bernoulli"):
    r"""Cumulants of the free potential after T steps, from a start at 0.

    $$\kappa_n = \sum_i w_i^n \, c_n(r_i) \sum_{k<T} \beta^{nk}$$

    with $c_n(r) = r$ for Poisson counts and $c_1 = r$, $c_2 = r(1-r)$, $c_3 = r(1-r)(1-2r)$, ...
    for Bernoulli spikes.

    Parameters
    ----------
    weight : array (in,) or (in, out)
        Weights, in units of potential per spike.
    rates : array (in,) or (..., in)
        Expected spikes per input and time step; in [0, 1] for Bernoulli.
    T : int
        Time steps, at least 1.
    order : int
        Highest order, at least 1.
    beta : float
        Decay of the potential per step, in (0, 1]; 1 is no leak.
    process : {"bernoulli", "poisson"}
        At most one spike per input and step, or Poisson counts.

    Returns
    -------
    array (order, ...) or (order, ..., out), float64
        $\kappa_1$ (mean), $\kappa_2$ (variance), ..., in powers of units of potential.

    Notes
    -----
    Source: own derivation, chapter 03. The skewness is $\kappa_3 / \kappa_2^{3/2}$: it falls as
    $1/\sqrt{T}$.

    Examples
    --------
    >>> cumulants(weight=[1.0, -1.0], rates=[0.25, 0.25], T=8, order=3, process="poisson")
    array([0., 4., 0.])
    """
    weight, rates = weight_and_rates(weight, rates, process)
    values = []
    for n, c in enumerate(input_cumulants(rates, integer("order", order), process), start=1):
        values.append(c @ weight**n * leak_sum(T, beta, n))  # eq. cumulants
    return np.stack(values)


def characteristic_function(weight, rates, T, u, beta=1.0, process="bernoulli"):
    r"""Characteristic function $\mathrm{E}[e^{iuV_T}]$ of the free potential, from a start at 0.

    $$\varphi(u) = \prod_{k<T} \prod_i \left(1 + r_i (e^{i u \beta^k w_i} - 1)\right)
      \quad\text{or}\quad \exp \sum_{k<T} \sum_i r_i (e^{i u \beta^k w_i} - 1) \text{ for Poisson
      counts}$$

    Parameters
    ----------
    weight, rates, T, beta, process
        As in `cumulants`.
    u : float or array (m,)
        Frequencies, in inverse units of potential.

    Returns
    -------
    array (..., m) or (..., out, m), complex128
        Without the last axis for a single frequency.

    Notes
    -----
    Source: own derivation, chapter 03. Exact: it determines the law.

    Examples
    --------
    >>> abs(characteristic_function(weight=[1.0], rates=[0.5], T=3, u=np.pi).round(12))
    np.float64(0.0)
    """
    weight, rates = weight_and_rates(weight, rates, process)
    u = real("u", u)
    beta = leak(beta)
    columns = weight.reshape(weight.shape[0], -1, 1)  # (in, out, 1)
    rate = rates[..., :, None, None]  # (..., in, 1, 1)

    result = 1.0
    for k in range(steps(T)):
        turn = rate * np.expm1(1j * beta**k * columns * u.reshape(-1))  # (..., in, out, m)
        if process == "bernoulli":
            factor = np.prod(1 + turn, axis=-3)
        else:
            factor = np.exp(turn.sum(axis=-3))
        if beta == 1.0:
            result = factor**T  # eq. characteristic
            break
        result = result * factor
    return result.reshape(rates.shape[:-1] + weight.shape[1:] + u.shape)


def berry_esseen_bound(weight, rates, T, beta=1.0, process="bernoulli"):
    r"""Bound on the distance between the law of the free potential and the Gaussian of the same
    mean and variance.

    $$\sup_x \left| P(V_T \le x) - \Phi\!\left(\tfrac{x - \mathrm{E}V}{\sigma}\right) \right|
      \le \frac{C}{\sigma^3} \sum_i |w_i|^3 \, a(r_i) \sum_{k<T} \beta^{3k}$$

    with *absolute* third moments: $a(r) = r$ and C = 0.3041 for Poisson counts, $a(r) = r (1-r)
    (r^2 + (1-r)^2)$ and C = 0.5600 for Bernoulli spikes. The third cumulant will not do: it
    vanishes for w = (1, -1) at equal rates.

    Parameters
    ----------
    weight, rates, T, beta, process
        As in `cumulants`.

    Returns
    -------
    array (...,) or (..., out), float64
        The bound, no unit; infinite where the variance is 0. Without leak it falls as $1/\sqrt{T}$.

    Notes
    -----
    Source: V. Korolev and I. Shevtsova, "An improvement of the Berry-Esseen inequality with
    applications to Poisson and mixed Poisson random sums", Scandinavian Actuarial Journal 2012; I.
    Shevtsova, "An improvement of convergence rate estimates in the Lyapunov theorem", Doklady
    Mathematics 82 (2010). Chapter 03.

    Examples
    --------
    >>> berry_esseen_bound(weight=[1.0], rates=[0.5], T=4).round(3)
    np.float64(0.28)
    """
    weight, rates = weight_and_rates(weight, rates, process)
    if process == "bernoulli":
        constant = BERRY_ESSEEN_INDEPENDENT
        third = rates * (1 - rates) * (rates**2 + (1 - rates) ** 2)
    else:
        constant = BERRY_ESSEEN_POISSON
        third = rates
    sigma = membrane_std(weight, rates, T, beta, process)
    moment = third @ np.abs(weight) ** 3 * leak_sum(T, beta, 3)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(sigma > 0, constant * moment / sigma**3, np.inf)[()]  # eq. berry-esseen


def saddlepoint_tail(level, weight, rates, T, process="bernoulli"):
    r"""Probability that the free potential of one neuron, started at 0, is at or above a level:
    Lugannani and Rice.

    With the cumulant generating function $K$ and the saddlepoint $K'(s) = x$,

    $$P(V_T \ge x) \approx 1 - \Phi(a) + \varphi(a) \left(\frac{1}{b} - \frac{1}{a}\right), \qquad
      a = \mathrm{sgn}(s) \sqrt{2 (s x - K(s))}, \quad b = s \sqrt{K''(s)}$$

    Parameters
    ----------
    level : float or array (...,)
        Levels x, in units of potential.
    weight : array (in,)
        Weights, in units of potential per spike.
    rates : array (in,)
        Expected spikes per input and step; in [0, 1] for Bernoulli.
    T : int
        Time steps, at least 1.
    process : {"bernoulli", "poisson"}
        At most one spike per input and step, or Poisson counts.

    Returns
    -------
    array (...,), float64
        Its *relative* error is small far out in the tail too, where the Gaussian's is not, and
        falls as 1/T there.

    Notes
    -----
    Source: R. Lugannani and S. Rice, "Saddle point approximation for the distribution of the sum of
    independent random variables", Advances in Applied Probability 12 (1980). Chapter 03. Made for
    laws without atoms: if all weights are multiples of a coarse d, ask for the level half a d lower
    (continuity correction).

    Examples
    --------
    >>> weight, rates = [1.0, -1.0, 0.5, -0.5], [0.5, 0.5, 0.5, 0.5]
    >>> saddlepoint_tail([4.0, 0.0], weight, rates, T=10).round(2)
    array([0.06, 0.5 ])
    """
    level = real("level", level)
    weight, rates = one_neuron(weight, rates, process)
    T = steps(T)

    # An input that always fires only moves the level; one without effect is left out.
    sure = (rates == 1.0) & (process == "bernoulli")
    level = level - T * weight[sure].sum()
    used = (weight != 0) & (rates > 0) & ~sure
    weight, rates = weight[used], rates[used]
    if not weight.size:
        return np.where(level <= 0, 1.0, 0.0)[()]

    # Beyond what the potential can reach the tail is 1 or 0.
    lowest = T * weight[weight < 0].sum()
    highest = T * weight[weight > 0].sum()
    if process == "poisson":
        lowest = -np.inf if lowest < 0 else 0.0
        highest = np.inf if highest > 0 else 0.0
    inside = (level > lowest) & (level < highest)
    outside = np.where(level <= lowest, 1.0, 0.0)
    x = np.where(inside, level, T * (rates @ weight))

    def K(s):  # of the potential, and its derivatives
        parts = generating(s[..., None], weight[:, None], rates[:, None], process)
        return [T * part[..., 0] for part in parts]

    # The saddlepoint, where K' is the level, by Lugannani and Rice.
    low, high = bracket(lambda s: K(s)[1] - x, np.full(x.shape, -1.0), np.full(x.shape, 1.0))
    s = (low + high) / 2
    height, _, curvature, _ = K(s)
    a = np.sign(s) * np.sqrt(np.maximum(2 * (s * x - height), 0))
    b = s * np.sqrt(curvature)

    # At the mean a and b are 0, and 1/b - 1/a has a limit.
    _, _, variance, third = K(np.zeros(()))
    near = np.abs(s) * np.sqrt(variance) < 1e-4
    with np.errstate(divide="ignore", invalid="ignore"):
        correction = np.where(near, -third / (6 * variance**1.5), 1 / b - 1 / a)
        density = np.exp(-a * a / 2) / np.sqrt(2 * np.pi)
        tail = scipy.special.ndtr(-a) + density * correction  # eq. saddlepoint
    return np.where(inside, np.clip(tail, 0.0, 1.0), outside)[()]
