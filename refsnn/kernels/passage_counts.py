"""Moments of spike counts from first passage, and their gradients, for many neurons at once.

Potentials are in units of the threshold, at most one spike a step. The formulas for one neuron,
derived in chapter 04, are those of `refsnn.theory.expected_spike_count`, to which these kernels are
held by a test; they add what a network needs: mean, variance and gain in one pass over k, only
where a term is neither 0 nor 1, and their gradients.
"""

import math

import numpy as np
from numba import njit

# -zeta(1/2) / sqrt(2 pi): how far a random walk of unit steps overshoots, on average
SIEGMUND = 0.5825971579390107
LARGE_NOISE = (
    0.75,
    1.0,
)  # deviation of a step from which one spike a step is a limit: mean not negative, negative
REACH = 5.0  # below this many standard deviations under the mean, P(N >= k) is 1 to within 3e-7
TAIL = 1e-6  # the sum over k ends at the first P(N >= k) below this


def talbot(order=12):
    """Nodes and weights that invert a Laplace transform at time 1, f(1) = Re sum weight * F(node):
    to 10^(-0.6 order).

    Source: J. Abate and P. Valko, "Multi-precision Laplace transform inversion", International
    Journal for Numerical Methods in Engineering 60 (2004).
    """
    angle = np.pi * np.arange(1, order) / order
    cotangent = 1 / np.tan(angle)
    nodes = 0.4 * order * np.concatenate([[1], angle * (cotangent + 1j)])
    turns = np.concatenate([[0.5], 1 + 1j * (angle * (1 + cotangent**2) - cotangent)])
    return nodes, 0.4 * turns * np.exp(nodes)


NODES, WEIGHTS = talbot()


@njit(nogil=True, cache=True)
def erfcx(x):
    """exp(x^2) erfc(x) for x >= 0 without overflow."""
    if x < 25.0:
        return math.exp(x * x) * math.erfc(x)
    y = 0.5 / (x * x)  # asymptotic series: the next term is 105 y^4 < 5e-11
    return (1.0 - y * (1.0 - 3.0 * y * (1.0 - 5.0 * y))) / (x * math.sqrt(math.pi))


@njit(nogil=True, cache=True)
def survival(k, m, s, T, v0):
    """P(N >= k), any number of spikes a step, and its derivatives in m, s and v0.

    `m` and `s` are mean and standard deviation of the total input of T steps; s > 0.
    """
    b0 = k - v0
    b = b0 + SIEGMUND * s / math.sqrt(T)  # eq. siegmund
    if b <= 0.0:
        return 1.0, 0.0, 0.0, 0.0
    u, z = (m - b) / s, (m + b) / s
    phi = math.exp(-0.5 * u * u) / math.sqrt(2.0 * math.pi)
    if z >= 0.0:
        reflected = 0.5 * math.exp(-0.5 * u * u) * erfcx(z / math.sqrt(2.0))
    else:
        reflected = 0.5 * math.exp(2.0 * m * b / (s * s)) * math.erfc(z / math.sqrt(2.0))
    p = 0.5 * math.erfc(-u / math.sqrt(2.0)) + reflected  # eq. first-passage
    u0 = (m - b0) / s
    end = 0.5 * math.erfc(-u0 / math.sqrt(2.0))
    if end > p:  # eq. end-bound: a path's maximum is at least its end
        slope = math.exp(-0.5 * u0 * u0) / (s * math.sqrt(2.0 * math.pi))
        return end, slope, -u0 * slope, slope
    dm = 2.0 * b / (s * s) * reflected  # eq. passage-slope
    db = 2.0 * m / (s * s) * reflected - 2.0 * phi / s
    ds = -b / s * db + SIEGMUND / math.sqrt(T) * db - 2.0 * m * b / (s * s * s) * reflected
    return p, dm, ds, -db


@njit(nogil=True, cache=True)
def large_noise(m, s2, v0, T):
    """Expected spikes where noise is large beside the threshold, and its derivatives in m, s2 and
    v0; s2 > 0.
    """
    before = min(max(v0, 0.0), 1.0)
    x = v0 - 0.75 + 0.5 * before  # eq. large-noise-start
    mirror = x > 0.0
    if mirror:  # eq. mirror
        m, x, before = T - m, -x, 1.0 - before
    e = dm = ds2 = dx = 0.0
    for k in range(len(NODES)):
        node = NODES[k]
        low, high = np.sqrt(m * m + 2.0 * node * s2), np.sqrt((m - T) * (m - T) + 2.0 * node * s2)
        p, q = (m - T + high) / s2, (low - m) / s2
        above = (
            WEIGHTS[k] * (T / node + 0.5) / node * p / (p + q) * np.exp(q * x)
        )  # eq. two-drifts, large-noise
        e += above.real
        above *= q
        dx += above.real
        dm += (above * ((1.0 / high + 1.0 / low) / (p + q) - x / low)).real
        ds2 += 0.5 * (above * ((q / low - p / high) / (p + q) - x * q / low)).real
    e -= 0.5 * before
    dv0 = 1.5 * dx - 0.5 if 0.0 < v0 < 1.0 else dx
    return (T - e, dm, -ds2, dv0) if mirror else (e, dm, ds2, dv0)


@njit(nogil=True, cache=True)
def first_term(m, s, T, v0):
    """The first k of the sum: those below are certain. At most T."""
    return min(float(T), max(0.0, math.floor(m - REACH * s + v0)))


@njit(nogil=True, cache=True)
def passage(m, s, v0, T):
    """Mean, variance and gain of the count by first passage, at most T spikes; strong input through
    its mirror.
    """
    if m > 0.5 * T and s > 0.0:  # eq. mirror
        e, variance, g = passage(T - m, s, 1.0 - v0, T)
        return T - e, variance, g
    k = first_term(m, s, T, v0)
    e, second, g = k, k * k, 0.0
    while s > 0.0 and k < T:
        k += 1.0
        p, dm, _, _ = survival(k, m, s, T, v0)
        if p < TAIL:  # and so a silent neuron is silent: no denormal numbers, on which BLAS crawls
            break
        e += p
        second += (2.0 * k - 1.0) * p  # eq. count-moments
        g += dm
    return e, max(0.0, second - e * e), g


@njit(nogil=True, cache=True)
def is_large(m, s2, T):
    """Whether noise is so large that the limit of one spike a step is felt at every drift."""
    return s2 > (LARGE_NOISE[1] if m < 0.0 else LARGE_NOISE[0]) ** 2 * T


@njit(nogil=True, cache=True)
def count_moments(m, s2, v0, T, mean, variance, gain):
    """Mean and variance of the spike count, and the mean's derivative in m: m, s2 and the outputs
    (n, F), v0 (F,).
    """
    n, features = m.shape
    for i in range(n):
        for f in range(features):
            e, v, g = passage(m[i, f], math.sqrt(s2[i, f]), v0[f], T)
            if e > 0.0 and is_large(m[i, f], s2[i, f], T):
                fano = v / e
                e, g, _, _ = large_noise(m[i, f], s2[i, f], v0[f], T)
                if e <= 0.0:  # a silent neuron: the inversion is good to 1e-7
                    e, g = 0.0, 0.0
                v = fano * e  # eq. large-variance
            mean[i, f], variance[i, f], gain[i, f] = e, v, g


@njit(nogil=True, cache=True)
def count_moments_backward(m, s2, v0, T, d_mean, d_variance, dm, ds2, dv0):
    """A loss's gradients in m, s2 and v0, each (n, F), from those in the counts' mean and
    variance.
    """
    n, features = m.shape
    for i in range(n):
        for f in range(features):
            s, mirror = math.sqrt(s2[i, f]), m[i, f] > 0.5 * T
            e, v, _ = passage(m[i, f], s, v0[f], T)
            of_mean, of_variance = d_mean[i, f], d_variance[i, f]
            dm[i, f], ds2[i, f], dv0[i, f] = 0.0, 0.0, 0.0
            if e > 0.0 and is_large(m[i, f], s2[i, f], T):
                large, by_m, by_s2, by_v0 = large_noise(m[i, f], s2[i, f], v0[f], T)
                if large <= 0.0:
                    continue
                direct = of_mean + of_variance * v / e
                dm[i, f], ds2[i, f], dv0[i, f] = direct * by_m, direct * by_s2, direct * by_v0
                of_variance *= large / e
                of_mean = -of_variance * v / e
            sign, x, start = (-1.0, T - m[i, f], 1.0 - v0[f]) if mirror else (1.0, m[i, f], v0[f])
            e = T - e if mirror else e
            k = first_term(x, s, T, start)
            while s > 0.0 and k < T:
                k += 1.0
                p, p_m, p_s, p_v = survival(k, x, s, T, start)
                if p < TAIL:
                    break
                weight = sign * of_mean + of_variance * (2.0 * k - 1.0 - 2.0 * e)
                dm[i, f] += sign * weight * p_m
                ds2[i, f] += weight * p_s / (2.0 * s)
                dv0[i, f] += sign * weight * p_v
