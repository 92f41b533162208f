"""Backpropagation through time: the way back through a scan, where a surrogate stands for the
spike.

A surrogate is a smooth step g(x) = G(k x) of x = u - v_threshold, with the slope h(x) = k G'(k x);
k is its sharpness, one over its width. G and G' of the six families come first: plain Python on one
number, and compiled.
"""

from math import atan, erfc, exp, pi, sqrt

import numpy as np
from numba import njit

from refsnn.kernels import compiled


@compiled
def rectangular_spike(z):
    """G: a ramp from z = -1 to 1."""
    return min(max(0.5 + z / 2, 0.0), 1.0)


@compiled
def rectangular_slope(z):
    """G'."""
    return 0.5 if abs(z) < 1 else 0.0


@compiled
def triangular_spike(z):
    """G: two parabolas, from z = -1 to 1."""
    inside = min(max(z, -1.0), 1.0)
    return 0.5 + inside - inside * abs(inside) / 2


@compiled
def triangular_slope(z):
    """G'."""
    return max(0.0, 1 - abs(z))


@compiled
def sigmoid_spike(z):
    """G = 1 / (1 + exp(-z)), without overflow."""
    e = exp(-abs(z))
    return (1.0 if z >= 0 else e) / (1 + e)


@compiled
def sigmoid_slope(z):
    """G' = G (1 - G)."""
    e = exp(-abs(z))
    return e / ((1 + e) * (1 + e))


@compiled
def arctan_spike(z):
    """G."""
    return 0.5 + atan(pi * z / 2) / pi


@compiled
def arctan_slope(z):
    """G'."""
    z = pi * z / 2
    return 0.5 / (1 + z * z)


@compiled
def fast_sigmoid_spike(z):
    """G."""
    return 0.5 + z / (2 * (1 + abs(z)))


@compiled
def fast_sigmoid_slope(z):
    """G'."""
    z = 1 + abs(z)
    return 0.5 / (z * z)


@compiled
def gaussian_spike(z):
    """G: the normal distribution function."""
    return erfc(-z / sqrt(2.0)) / 2


@compiled
def gaussian_slope(z):
    """G': the normal density."""
    return exp(-z * z / 2) / sqrt(2 * pi)


SPIKES = (
    rectangular_spike,
    triangular_spike,
    sigmoid_spike,
    arctan_spike,
    fast_sigmoid_spike,
    gaussian_spike,
)
SLOPES = (
    rectangular_slope,
    triangular_slope,
    sigmoid_slope,
    arctan_slope,
    fast_sigmoid_slope,
    gaussian_slope,
)


@compiled
def spike_of(family, z):
    """G of the family of this number: compiled code cannot pick a function from a tuple."""
    if family == 0:
        return rectangular_spike(z)
    if family == 1:
        return triangular_spike(z)
    if family == 2:
        return sigmoid_spike(z)
    if family == 3:
        return arctan_spike(z)
    if family == 4:
        return fast_sigmoid_spike(z)
    return gaussian_spike(z)


@compiled
def smooth_spikes(family, k, x, out):
    """g = G(k x) at every element of a flat array."""
    for f in range(x.size):
        out[f] = spike_of(family, k * x[f])


@njit(inline="always")
def _fill(slope, k, u, v_threshold, out):
    """One family's loop."""
    for f in range(u.size):
        x = u[f] - v_threshold[f]
        out[f] = k * slope(k * x)


@compiled
def slopes(family, k, u, v_threshold, out):
    """h = k G'(k x), x = u - v_threshold, on flat arrays; one loop per family, so that each is
    vectorised.
    """
    if family == 0:
        _fill(rectangular_slope, k, u, v_threshold, out)
    elif family == 1:
        _fill(triangular_slope, k, u, v_threshold, out)
    elif family == 2:
        _fill(sigmoid_slope, k, u, v_threshold, out)
    elif family == 3:
        _fill(arctan_slope, k, u, v_threshold, out)
    elif family == 4:
        _fill(fast_sigmoid_slope, k, u, v_threshold, out)
    else:
        _fill(gaussian_slope, k, u, v_threshold, out)


def reset(u, s, one, v_threshold, v_reset, subtract):
    """The potential after a spike of any size s: 0, 1 or a smooth step; `one` is 1 in its type."""
    if subtract:
        return u - v_threshold * s
    return (one - s) * u + v_reset * s


compiled_reset = njit(inline="always")(reset)


def smooth_scan(current, v, v_threshold, beta, v_reset, subtract, fire):
    """Neurons (n, F) that send fractions of a spike, in NumPy on any numbers: potentials before the
    reset, and what is sent, both (T, n, F).

    `fire(u - v_threshold)` says what a neuron sends. With 0 or 1 these are the neurons of
    `neuron.scan_potentials`.
    """
    u_seq, s_seq = [], []
    for i_t in current:
        u = beta * v + i_t  # integrate
        s = fire(u - v_threshold)  # fire
        v = reset(u, s, 1, v_threshold, v_reset, subtract)
        u_seq.append(u)
        s_seq.append(s)
    return np.stack(u_seq), np.stack(s_seq)


def backward_reference(
    dy, direct, u_seq, s_seq, v_init, v_threshold, beta, v_reset, subtract, through_reset, h
):
    """Gradients in the current (T, n, F) and, (3, F) in float64, in v_threshold, in beta, and the
    sum of x h(x) ds, from which that in the surrogate's shape follows.

    `direct` (T, n, F), of size 0 without a penalty, is what the loss asks of the potentials
    themselves: it joins the rest before the recursion carries it to the step before.
    `through_reset`: whether the gradient passes from the reset to the spike that caused it.
    """
    du = np.zeros_like(dy[0])
    du_seq = np.empty_like(dy)
    sums = np.zeros((3, dy.shape[2]))

    for t in reversed(range(len(dy))):
        # From the next step's integration back to the reset of this one: eq. bptt.
        u = u_seq[t]
        s = s_seq[t]
        v = reset(u, s, 1, v_threshold, v_reset, subtract)
        dv = beta * du
        dbeta = v * du

        # From the reset and the output back to the spike.
        change = -v_threshold if subtract else v_reset - u  # dv/ds
        ds = dy[t] + change * dv if through_reset else dy[t]

        # From the spike and the reset back to the potential.
        slope = h(u - v_threshold).astype(dy.dtype)
        hs = slope * ds
        du = (dv if subtract else (1 - s) * dv) + hs
        if direct.size:
            du = du + direct[t]
        du_seq[t] = du

        # Parameters are shared by all images and steps: row after row, as the kernel adds.
        of_threshold = hs + s * dv if subtract else hs
        of_width = (u - v_threshold) * hs
        for row in range(len(u)):
            sums[0] -= of_threshold[row]
            sums[1] += dbeta[row]
            sums[2] += of_width[row]

    for row in range(len(du)):
        sums[1] += v_init * du[row]
    return du_seq, sums


@compiled
def add_sums(u_t, s_t, du_next, hs, v_threshold, beta, v_reset, subtract, sums):
    """Add one step and image's part to the sums (3, F)."""
    one = hs.dtype.type(1)
    for f in range(hs.size):
        u = u_t[f]
        s = s_t[f]
        theta = v_threshold[f]
        v = compiled_reset(u, s, one, theta, v_reset, subtract)
        du = du_next[f]
        of_threshold = hs[f] + s * (beta * du) if subtract else hs[f]
        sums[0, f] -= of_threshold  # eq. bptt-parameters
        sums[1, f] += v * du
        sums[2, f] += (u - theta) * hs[f]  # eq. psg


@compiled
def backward(
    dy,
    direct,
    u_seq,
    s_seq,
    v_init,
    v_threshold,
    beta,
    v_reset,
    subtract,
    through_reset,
    family,
    k,
    learned,
    du_seq,
    sums,
):
    """The same into `du_seq` (T, n, F) and, if anything is `learned`, zeros `sums` (3, F)."""
    n_steps, n, features = dy.shape
    one = dy.dtype.type(1)
    hs = np.empty(features, dy.dtype)
    nothing = np.zeros(features, dy.dtype)

    for t in range(n_steps - 1, -1, -1):
        for i in range(n):
            u_t = u_seq[t, i]
            s_t = s_seq[t, i]
            dy_t = dy[t, i]
            du_t = du_seq[t, i]
            du_next = nothing if t == n_steps - 1 else du_seq[t + 1, i]

            # Next potential -> reset -> spike -> potential: eq. bptt.
            slopes(family, k, u_t, v_threshold, hs)
            for f in range(features):
                dv = beta * du_next[f]
                change = -v_threshold[f] if subtract else v_reset - u_t[f]  # dv/ds
                hs[f] *= dy_t[f] + change * dv if through_reset else dy_t[f]
                du_t[f] = (dv if subtract else (one - s_t[f]) * dv) + hs[f]

            if direct.size:
                direct_t = direct[t, i]
                for f in range(features):
                    du_t[f] += direct_t[f]  # eq. penalised-bptt
            if learned:
                add_sums(u_t, s_t, du_next, hs, v_threshold, beta, v_reset, subtract, sums)

    # The first step's leak acts on the initial potential.
    if learned:
        for i in range(n):
            du_t = du_seq[0, i]
            for f in range(features):
                sums[1, f] += v_init[f] * du_t[f]
