r"""The staircase: how many spikes a path of the free potential makes.

An integrate-and-fire neuron with reset by subtraction loses nothing: what it integrated is either
left in the potential or has left as spikes, each worth one threshold. Its spike count is therefore
a functional of the *free* potential $V_t = v_\mathrm{init} + \sum_{s \le t} I_s$ alone, and no loop
over resets is needed to know it. Everything here is exact in the real numbers, and in float64 for
dyadic numbers; it fires on >=.
"""

import numpy as np

from refsnn.theory.arguments import leak, real, steps
from refsnn.validate import number, one_of

PER_STEP = ("one", "any")


def free_potential(current, v_init=0.0, beta=1.0):
    r"""The potential a neuron would have if it never fired: $V_t = \beta V_{t-1} + I_t$, $V_0 =
    v_\mathrm{init}$.

    Parameters
    ----------
    current : array (T, ...)
        Input per time step, in units of potential.
    v_init : float or array (...)
        Potential before the first step.
    beta : float
        Decay of the potential per step, in (0, 1]; 1 is no leak.

    Returns
    -------
    array (T, ...), float64
        $V_1, \dots, V_T$.

    Notes
    -----
    Source: definition.

    Examples
    --------
    >>> free_potential([1.0, -0.5, 2.0], v_init=0.5)
    array([1.5, 1. , 3. ])
    """
    current = _path("current", current)
    v = real("v_init", v_init)
    beta = leak(beta)
    v_free = np.empty(np.broadcast_shapes(current.shape, v.shape))
    for t in range(len(current)):
        v = v_free[t] = beta * v + current[t]  # eq. free-potential
    return v_free


def _path(name, values):
    values = real(name, values)
    if values.ndim < 1 or values.shape[0] < 1:
        raise ValueError(
            f"{name} must have time as its first axis, with at least one step, not shape "
            f"{values.shape}."
        )
    return values


def staircase_count(v_free, v_threshold=1.0, spikes_per_step="one"):
    r"""Spikes of an integrate-and-fire neuron up to each step, from its free potential alone.

    At most one spike per step: $N_T$ is the largest $k$ for which there are steps $s_1 < \dots <
    s_k \le T$ with $V_{s_j} \ge j\theta$, found by climbing one stair at a time. Any number of
    spikes per step: $N_T = \max(0, \lfloor \max_{t \le T} V_t / \theta \rfloor)$.

    Parameters
    ----------
    v_free : array (T, ...)
        Free potential after each step, in units of potential.
    v_threshold : float
        Threshold, above 0.
    spikes_per_step : {"one", "any"}
        How many spikes the neuron can send in one step.

    Returns
    -------
    array (T, ...), int64
        Number of spikes after 1, ..., T steps; the last row is $N_T$.

    Notes
    -----
    Source: own derivation, chapter 02. Reset by subtraction, no leak; with a reset to zero charge
    is lost and the count depends on more than the free potential.

    Examples
    --------
    >>> staircase_count([0.5, 2.5, 1.0, 2.0])
    array([0, 1, 1, 2])
    >>> staircase_count([0.5, 2.5, 1.0, 2.0], spikes_per_step="any")
    array([0, 2, 2, 2])
    """
    v_free = _path("v_free", v_free)
    v_threshold = number("v_threshold", v_threshold, above=0.0)
    if one_of("spikes_per_step", spikes_per_step, PER_STEP) == "any":
        height = np.maximum.accumulate(v_free, axis=0)
        return np.maximum(height // v_threshold, 0).astype(np.int64)  # eq. staircase-any
    counts = np.zeros(v_free.shape, np.int64)
    stair = np.zeros(v_free.shape[1:], np.int64)
    for t in range(len(v_free)):
        stair = stair + (v_free[t] >= (stair + 1) * v_threshold)  # eq. staircase
        counts[t] = stair
    return counts


def charge(v, count, v_threshold=1.0):
    r"""The free potential, read off a neuron that fires: $V_T = v_T + \theta N_T$.

    What is left in the potential after the reset is the part of the input that the spike count does
    not show.

    Parameters
    ----------
    v : array (...)
        Potential after the reset, in units of potential.
    count : array (...)
        Spikes so far.
    v_threshold : float
        Threshold, above 0.

    Returns
    -------
    array (...), float64

    Notes
    -----
    Source: sum of the neuron's update over time, chapter 02. Reset by subtraction, no leak.

    Examples
    --------
    >>> charge(v=0.25, count=3)
    np.float64(3.25)
    """
    v_threshold = number("v_threshold", v_threshold, above=0.0)
    return real("v", v) + v_threshold * real("count", count)  # eq. charge


def constant_input_count(a, T, v_threshold=1.0, v_init=0.0):
    r"""Spikes in T steps of constant input, at most one per step.

    $$N_T = \mathrm{clip}\!\left(\left\lfloor \frac{v_\mathrm{init} + aT}{\theta} \right\rfloor, 0,
    T\right)$$

    if (1) $a \ge 0$ or $v_\mathrm{init} \le \theta$ and (2) $a \le \theta$ or $v_\mathrm{init} \ge
    0$. If 2 is violated (a start below 0 and more input per step than the threshold) the neuron is
    silent until its potential first reaches the threshold, at step $s = \lceil (\theta -
    v_\mathrm{init}) / a \rceil$, and fires in every step from there on: $N_T = \max(0, T + 1 - s)$.
    If 1 is violated (it starts above the threshold and loses charge) it fires in every step until
    that charge is used up: $N_T = \min(T, \lfloor v_\mathrm{init} / (\theta - a) \rfloor)$.

    Parameters
    ----------
    a : float or array (...)
        Input per step, in units of potential.
    T : int
        Time steps, at least 1.
    v_threshold : float
        Threshold, above 0.
    v_init : float or array (...)
        Potential before the first step.

    Returns
    -------
    array (...), int64

    Notes
    -----
    Source: own derivation, chapter 02. True of the real numbers. In float64 both a simulation and
    this formula round: a = 0.1, v_init = 0.5, T = 5 gives 1 spike here, as it must, and none step
    by step.

    Examples
    --------
    >>> constant_input_count([-1.0, 0.25, 0.5, 3.0], T=8, v_init=0.5)
    array([0, 2, 4, 8])
    """
    a, v_init = real("a", a), real("v_init", v_init)
    v_threshold = number("v_threshold", v_threshold, above=0.0)
    T = steps(T)
    count = np.clip((v_init + a * T) // v_threshold, 0, T)  # eq. constant-count

    # A start below 0 under strong input: silent, and then a spike in every step.
    late = (v_init < 0) & (a > v_threshold)
    first = -((v_init - v_threshold) // np.where(late, a, 1.0))
    count = np.where(late, np.maximum(0, T + 1 - first), count)  # eq. late-start

    # A start above the threshold that loses charge: a spike in every step, and then silent.
    early = (v_init > v_threshold) & (a < 0)
    used_up = np.minimum(T, v_init // (v_threshold - np.minimum(a, 0)))
    count = np.where(early, used_up, count)  # eq. early-end
    return count.astype(np.int64)[()]


def spitzer_maximum(positive_parts):
    r"""Expected maximum of a sum of exchangeable steps, from the expected positive parts: Spitzer's
    identity.

    $$\mathrm{E}\!\left[\max_{0 \le t \le T} S_t\right] = \sum_{t=1}^{T}
    \frac{\mathrm{E}[S_t^+]}{t}$$

    The mean height of the staircase is so fixed by the final potentials alone, and the *order* of
    the input makes the difference between $S_T^+$ and the maximum: what it costs to fire along the
    way.

    Parameters
    ----------
    positive_parts : array (T, ...)
        $\mathrm{E}[\max(S_t, 0)]$ for t = 1, ..., T, at least 0.

    Returns
    -------
    array (T, ...), float64
        The expected maximum over the first 1, ..., T steps.

    Notes
    -----
    Source: F. Spitzer, "A combinatorial lemma and its application to probability theory",
    Transactions of the AMS 82 (1956). Needs exchangeable steps (independent and identically
    distributed, or a random order of fixed ones).

    Examples
    --------
    >>> spitzer_maximum([1.0, 1.0])
    array([1. , 1.5])
    """
    parts = real("positive_parts", _path("positive_parts", positive_parts), low=0.0)
    t = np.arange(1, len(parts) + 1).reshape((-1,) + (1,) * (parts.ndim - 1))
    return np.cumsum(parts / t, axis=0)  # eq. spitzer
