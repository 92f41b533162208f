r"""Where a converted neuron's rate differs from the activation it stands for, term by term.

A neuron of threshold $\theta$ sends the value $\theta N_T / T$ for what should be $a =
\max(z_\mathrm{ann}, 0)$. Four things come between: its input is not what the ANN's was, the rate is
clipped at $\theta$, it is one of T + 1 levels, and spikes that come unevenly are miscounted. The
split below is an identity: the four add up for every path.
"""

from typing import NamedTuple

import numpy as np

from refsnn.theory.arguments import steps
from refsnn.validate import integer, number, real


class ErrorSplit(NamedTuple):
    """The four parts of $a - \\theta N_T / T$, in units of activation."""

    propagated: np.ndarray
    clipping: np.ndarray
    quantisation: np.ndarray
    unevenness: np.ndarray


def quantised_activation(z, levels, v_threshold=1.0, v_init=None):
    r"""The staircase that a neuron of constant input computes: clipped and quantised ReLU.

    $$h(z) = \theta\, \mathrm{clip}\!\left(
      \frac{1}{L} \left\lfloor \frac{zL + v_\mathrm{init}}{\theta} \right\rfloor, 0, 1 \right)$$

    With $L = T$ this is $\theta N_T / T$ of a neuron with constant input z and $0 \le
    v_\mathrm{init} \le \theta$; with $v_\mathrm{init} = \theta/2$ and $\theta = \lambda$ it is the
    activation QCFS trains with.

    Parameters
    ----------
    z : float or array (...)
        Pre-activation, or mean input per step, in units of activation.
    levels : int
        Quantisation levels L, or time steps T; at least 1.
    v_threshold : float
        Threshold $\theta$, the largest value; above 0.
    v_init : float or array, optional
        Initial potential; half the threshold if not given.

    Returns
    -------
    array (...), float64
        Values in $0, \theta/L, \dots, \theta$.

    Notes
    -----
    Source: T. Bu et al., "Optimal ANN-SNN conversion for high-accuracy and ultra-low-latency
    spiking neural networks", ICLR 2022; the identity with a spike count is chapter 06. Needs firing
    on >=.

    Examples
    --------
    >>> quantised_activation([-0.5, 0.124, 0.125, 0.6, 3.0], levels=4)
    array([0.  , 0.  , 0.25, 0.5 , 1.  ])
    """
    z = real("z", z)
    levels = integer("levels", levels)
    theta = number("v_threshold", v_threshold, above=0.0)
    v_init = real("v_init", theta / 2 if v_init is None else v_init)
    level = np.clip((z * levels + v_init) // theta, 0, levels)
    return (theta * (level / levels))[()]  # eq. quantised


def split_error(z_ann, v_free, count, T, v_threshold=1.0, v_init=0.0):
    r"""Split the conversion error of each neuron into four parts that add up exactly.

    With the mean input that really arrived, $z = (V_T - v_\mathrm{init})/T$, and $c(z) =
    \mathrm{clip}(z, 0, \theta)$,

    $$\underbrace{z_\mathrm{ann}^+ - z^+}_\text{propagated}
      + \underbrace{z^+ - c(z)}_\text{clipping}
      + \underbrace{c(z) - h_T(z)}_\text{quantisation}
      + \underbrace{h_T(z) - \theta N_T / T}_\text{unevenness} = a - \theta N_T / T$$

    Parameters
    ----------
    z_ann : array (...)
        The ANN's pre-activation in the units of the threshold.
    v_free : array (...)
        Free potential after T steps (from a record, by `charge`).
    count : array (...)
        Spikes in T steps.
    T : int
        Time steps, at least 1.
    v_threshold : float
        Threshold, above 0.
    v_init : float or array
        Potential before the first step.

    Returns
    -------
    ErrorSplit
        Four arrays (...), in units of activation.

    Notes
    -----
    Source: the split of Bu et al. (ICLR 2022) with the propagated part added, own derivation,
    chapter 06. For input that does not change in time unevenness is 0 (for v_init in [0, theta]).

    Examples
    --------
    >>> split_error(z_ann=1.5, v_free=4.7, count=3, T=4, v_init=0.5).clipping.round(2)
    np.float64(0.05)
    """
    z_ann = real("z_ann", z_ann)
    v_free = real("v_free", v_free)
    count = real("count", count, low=0.0)
    T = steps(T)
    theta = number("v_threshold", v_threshold, above=0.0)

    # From the activation to the rate, one step closer at a time: eq. error-split.
    activation = np.maximum(z_ann, 0.0)
    z = (v_free - real("v_init", v_init)) / T
    rectified = np.maximum(z, 0.0)
    clipped = np.clip(z, 0.0, theta)
    quantised = theta * (np.clip(v_free // theta, 0, T) / T)  # z T + v_init is v_free
    rate = theta * (count / T)
    return ErrorSplit(
        activation - rectified, rectified - clipped, clipped - quantised, quantised - rate
    )


def expected_activation(survival, levels, v_threshold=1.0, v_init=None):
    r"""Mean of the quantised activation of a random input: a quadrature rule for its clipped mean.

    $$\mathrm{E}[h(z)] = \frac{\theta}{L} \sum_{k=1}^{L}
      P\!\left(z \ge \frac{k\theta - v_\mathrm{init}}{L}\right)$$

    With $v_\mathrm{init} = \theta/2$ this is the midpoint rule with L cells for
    $\mathrm{E}[\mathrm{clip}(z, 0, \theta)] = \int_0^\theta P(z \ge x)\,\mathrm{d}x$. It is exact
    if the density of z is constant on each cell; so two numbers of levels have the same mean if it
    is constant on the cells of both.

    Parameters
    ----------
    survival : callable
        $x \mapsto P(z \ge x)$ on arrays.
    levels : int
        Quantisation levels L, or time steps T; at least 1.
    v_threshold : float
        Threshold $\theta$, above 0.
    v_init : float, optional
        Initial potential; half the threshold if not given.

    Returns
    -------
    float
        In units of activation.

    Notes
    -----
    Source: own derivation, chapter 06; with it Theorem 2 of Bu et al. (ICLR 2022), "the expected
    conversion error is 0 for every L and T", and its hypothesis: z uniform on the cells of both
    grids, potentials that end in [0, theta]. For |z| half-normal of standard deviation 0.4 the
    error at L = 4, T = 1 is 0.10.

    Examples
    --------
    >>> expected_activation(lambda x: np.clip(1 - x, 0, 1), levels=4)    # z uniform on [0, 1]
    0.5
    """
    levels = integer("levels", levels)
    theta = number("v_threshold", v_threshold, above=0.0)
    v_init = number("v_init", theta / 2 if v_init is None else v_init)
    edges = (np.arange(1, levels + 1) * theta - v_init) / levels
    probability = real("survival", survival(edges), low=0.0, high=1.0)
    return float(theta * np.mean(probability))  # eq. midpoint
