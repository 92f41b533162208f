"""Backpropagation through time: a scan that remembers, and the way back, where a surrogate stands
for the spike.

A surrogate is a smooth step g(x) = G(k x) of x = u - v_threshold, with the slope h(x) = k G'(k x);
k is its sharpness, one over its width. G and G' of the six families come first: plain Python on one
number, and compiled.
"""

import math

import numpy as np
from numba import njit


@njit(nogil=True, cache=True)
def rectangular_step(z):
    """G: a ramp from z = -1 to 1."""
    return min(max(0.5 + z / 2, 0.0), 1.0)


@njit(nogil=True, cache=True)
def rectangular_slope(z):
    """G'."""
    return 0.5 if abs(z) < 1 else 0.0


@njit(nogil=True, cache=True)
def triangular_step(z):
    """G: two parabolas, from z = -1 to 1."""
    inside = min(max(z, -1.0), 1.0)
    return 0.5 + inside - inside * abs(inside) / 2


@njit(nogil=True, cache=True)
def triangular_slope(z):
    """G'."""
    return max(0.0, 1 - abs(z))


@njit(nogil=True, cache=True)
def sigmoid_step(z):
    """G = 1 / (1 + exp(-z)), without overflow."""
    e = math.exp(-abs(z))
    return (1.0 if z >= 0 else e) / (1 + e)


@njit(nogil=True, cache=True)
def sigmoid_slope(z):
    """G' = G (1 - G)."""
    e = math.exp(-abs(z))
    return e / ((1 + e) * (1 + e))


@njit(nogil=True, cache=True)
def arctan_step(z):
    """G."""
    return 0.5 + math.atan(math.pi * z / 2) / math.pi


@njit(nogil=True, cache=True)
def arctan_slope(z):
    """G'."""
    z = math.pi * z / 2
    return 0.5 / (1 + z * z)


@njit(nogil=True, cache=True)
def fast_sigmoid_step(z):
    """G."""
    return 0.5 + z / (2 * (1 + abs(z)))


@njit(nogil=True, cache=True)
def fast_sigmoid_slope(z):
    """G'."""
    return 0.5 / ((1 + abs(z)) * (1 + abs(z)))


@njit(nogil=True, cache=True)
def gaussian_step(z):
    """G: the normal distribution function."""
    return math.erfc(-z / math.sqrt(2.0)) / 2


@njit(nogil=True, cache=True)
def gaussian_slope(z):
    """G': the normal density."""
    return math.exp(-z * z / 2) / math.sqrt(2 * math.pi)


STEPS = (
    rectangular_step,
    triangular_step,
    sigmoid_step,
    arctan_step,
    fast_sigmoid_step,
    gaussian_step,
)
SLOPES = (
    rectangular_slope,
    triangular_slope,
    sigmoid_slope,
    arctan_slope,
    fast_sigmoid_slope,
    gaussian_slope,
)


@njit(nogil=True, cache=True)
def steps(family, k, x, out):
    """g = G(k x) at every element of a flat array."""
    for f in range(x.size):
        z = k * x[f]
        out[f] = (
            rectangular_step(z)
            if family == 0
            else triangular_step(z)
            if family == 1
            else sigmoid_step(z)
            if family == 2
            else arctan_step(z)
            if family == 3
            else fast_sigmoid_step(z)
            if family == 4
            else gaussian_step(z)
        )


@njit(nogil=True, cache=True)
def slopes(family, k, u, v_threshold, out):
    """h = k G'(k x), x = u - v_threshold, on flat arrays; one loop a family, so that each is
    vectorised.
    """
    if family == 0:
        for f in range(u.size):
            out[f] = k * rectangular_slope(k * (u[f] - v_threshold[f]))
    elif family == 1:
        for f in range(u.size):
            out[f] = k * triangular_slope(k * (u[f] - v_threshold[f]))
    elif family == 2:
        for f in range(u.size):
            out[f] = k * sigmoid_slope(k * (u[f] - v_threshold[f]))
    elif family == 3:
        for f in range(u.size):
            out[f] = k * arctan_slope(k * (u[f] - v_threshold[f]))
    elif family == 4:
        for f in range(u.size):
            out[f] = k * fast_sigmoid_slope(k * (u[f] - v_threshold[f]))
    else:
        for f in range(u.size):
            out[f] = k * gaussian_slope(k * (u[f] - v_threshold[f]))


def forward_reference(current, v, v_threshold, beta, v_reset, subtract, fire):
    """Neurons (n, F) in NumPy, on any numbers: potentials before the reset, and what is sent, (T,
    n, F) both.

    `fire(u - v_threshold)` says what a neuron sends: 0 or 1, or a smooth step.
    """
    u_seq, s_seq = [], []
    for i_t in current:
        u = beta * v + i_t  # integrate
        s = fire(u - v_threshold)  # fire
        v = u - v_threshold * s if subtract else (1 - s) * u + v_reset * s  # reset
        u_seq.append(u)
        s_seq.append(s)
    return np.stack(u_seq), np.stack(s_seq)


@njit(nogil=True, cache=True)
def forward(current, v, v_threshold, beta, v_reset, subtract, u_seq, s_seq):
    """The same with spikes of 0 or 1: `current`, `u_seq` and `s_seq` (T, n, F), `v` (n, F)
    updated.
    """
    n_steps, n, features = current.shape
    one, zero = s_seq.dtype.type(1), s_seq.dtype.type(0)
    for t in range(n_steps):
        for i in range(n):
            i_t, v_i, u_t, s_t = current[t, i], v[i], u_seq[t, i], s_seq[t, i]
            for f in range(features):
                u = beta * v_i[f] + i_t[f]  # integrate
                fired = u >= v_threshold[f]  # fire
                v_i[f] = (u - v_threshold[f] if subtract else v_reset) if fired else u  # reset
                u_t[f] = u
                s_t[f] = one if fired else zero


def backward_reference(
    dy, direct, u_seq, s_seq, v_init, v_threshold, beta, v_reset, subtract, kept, h
):
    """Gradients in the current (T, n, F) and, (3, F) in float64, in v_threshold, in beta, and the
    sum of x h(x) ds, from which that in the surrogate's shape follows.

    `direct` (T, n, F), of size 0 without a penalty, is what the loss asks of the potentials
    themselves: it joins the rest before the recursion carries it to the step before. `kept`:
    whether the gradient passes from the reset to the spike that caused it.
    """
    du, du_seq, sums = np.zeros_like(dy[0]), np.empty_like(dy), np.zeros((3, dy.shape[2]))
    for t in reversed(range(len(dy))):
        u, s = u_seq[t], s_seq[t]
        v = u - v_threshold * s if subtract else (1 - s) * u + v_reset * s
        dv, share = beta * du, v * du
        change = -v_threshold if subtract else v_reset - u  # reset: dv/ds
        ds = dy[t] + change * dv if kept else dy[t]
        hs = h(u - v_threshold).astype(dy.dtype) * ds  # fire
        du = (dv if subtract else (1 - s) * dv) + hs  # integrate
        if direct.size:
            du = du + direct[t]
        for row in range(len(u)):
            sums[0] -= hs[row] + s[row] * dv[row] if subtract else hs[row]
            sums[1] += share[row]
            sums[2] += (u[row] - v_threshold) * hs[row]
        du_seq[t] = du
    for row in range(len(du)):
        sums[1] += v_init * du[row]
    return du_seq, sums


@njit(nogil=True, cache=True)
def add_sums(u_t, s_t, du_next, hs, v_threshold, beta, v_reset, subtract, sums):
    """One step and image's part of the sums (3, F)."""
    one = hs.dtype.type(1)
    for f in range(hs.size):
        u, s, theta = u_t[f], s_t[f], v_threshold[f]
        v = u - theta * s if subtract else (one - s) * u + v_reset * s
        sums[0, f] -= hs[f] + s * (beta * du_next[f]) if subtract else hs[f]
        sums[1, f] += v * du_next[f]
        sums[2, f] += (u - theta) * hs[f]


@njit(nogil=True, cache=True)
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
    kept,
    family,
    k,
    learned,
    du_seq,
    sums,
):
    """The same into `du_seq` (T, n, F) and, if anything is `learned`, zeros `sums` (3, F)."""
    n_steps, n, features = dy.shape
    one, hs, nothing = dy.dtype.type(1), np.empty(features, dy.dtype), np.zeros(features, dy.dtype)
    for t in range(n_steps - 1, -1, -1):
        for i in range(n):
            u_t, s_t, dy_t, du_t = u_seq[t, i], s_seq[t, i], dy[t, i], du_seq[t, i]
            du_next = nothing if t == n_steps - 1 else du_seq[t + 1, i]
            slopes(family, k, u_t, v_threshold, hs)
            for f in range(features):
                dv = beta * du_next[f]
                change = -v_threshold[f] if subtract else v_reset - u_t[f]  # reset: dv/ds
                hs[f] *= dy_t[f] + change * dv if kept else dy_t[f]  # fire
                du_t[f] = (dv if subtract else (one - s_t[f]) * dv) + hs[f]  # integrate
            if direct.size:
                for f in range(features):
                    du_t[f] += direct[t, i, f]  # eq. penalised-bptt
            if learned:
                add_sums(u_t, s_t, du_next, hs, v_threshold, beta, v_reset, subtract, sums)
    if learned:
        for i in range(n):
            for f in range(features):
                sums[1, f] += v_init[f] * du_seq[0, i, f]
