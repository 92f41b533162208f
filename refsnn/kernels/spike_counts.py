"""Moments of spike counts for many neurons at once: by first passage, and under large noise.

Potentials are in units of the threshold, with at most one spike per step. `m` and `s` are the mean
and the standard deviation of a neuron's total input of T steps, `v0` is its potential before the
first. Chapter 04 derives the formulas; `refsnn.theory` has first passage in NumPy, to which these
kernels are held by tests, and takes the count under large noise from here.
"""

from math import erfc, exp, floor, pi, sqrt

import numpy as np

from refsnn.kernels import compiled

# -zeta(1/2) / sqrt(2 pi): by how many standard deviations of a step a barrier moves up if a path is
# watched at discrete steps only
SIEGMUND = 0.5825971579390107
# Standard deviation of a step, in thresholds, above which one spike per step is a limit: where the
# errors of the two formulas cross, for a mean that is not negative and for one that is.
LARGE_NOISE = (0.75, 1.0)
CERTAIN = 5.0  # deviations below the mean at which P(N >= k) is 1 to within 3e-7
TAIL = 1e-6  # the sum over k ends at the first P(N >= k) below this


def talbot(order=12):
    """Nodes and weights that invert a Laplace transform at time 1, f(1) = Re sum weight * F(node):
    to 10^(-0.6 order).

    Source: J. Abate and P. Valko, "Multi-precision Laplace transform inversion", International
    Journal for Numerical Methods in Engineering 60 (2004).
    """
    angle = np.pi * np.arange(1, order) / order
    cotangent = 1 / np.tan(angle)
    path = angle * (cotangent + 1j)
    turn = 1 + 1j * (angle * (1 + cotangent**2) - cotangent)
    nodes = 0.4 * order * np.concatenate([[1], path])
    turns = np.concatenate([[0.5], turn])
    return nodes, 0.4 * turns * np.exp(nodes)


TALBOT_NODES, TALBOT_WEIGHTS = talbot()


@compiled
def erfcx(x):
    """exp(x^2) erfc(x) for x >= 0 without overflow."""
    if x < 25.0:
        return exp(x * x) * erfc(x)
    y = 0.5 / (x * x)
    series = 1.0 - y * (1.0 - 3.0 * y * (1.0 - 5.0 * y))  # the next term is 105 y^4 < 5e-11
    return series / (x * sqrt(pi))


@compiled
def survival(k, m, s, T, v0):
    """P(N >= k), any number of spikes per step, and its slope in m; s > 0."""
    height = k - v0
    barrier = height + SIEGMUND * s / sqrt(T)  # eq. siegmund
    if barrier <= 0.0:
        return 1.0, 0.0

    # Paths that end above the barrier, and paths that met it and came back.
    u = (m - barrier) / s
    z = (m + barrier) / s
    ends_above = 0.5 * erfc(-u / sqrt(2.0))
    if z >= 0.0:
        came_back = 0.5 * exp(-0.5 * u * u) * erfcx(z / sqrt(2.0))
    else:
        ever = exp(2.0 * m * barrier / (s * s))
        came_back = 0.5 * ever * erfc(z / sqrt(2.0))
    passage = ends_above + came_back  # eq. first-passage

    # At few steps the shifted barrier is too high: the maximum of a path is at least its end.
    u = (m - height) / s
    end = 0.5 * erfc(-u / sqrt(2.0))  # eq. end-bound
    if end > passage:
        density = exp(-0.5 * u * u) / (s * sqrt(2.0 * pi))
        return end, density
    slope = 2.0 * barrier / (s * s) * came_back  # eq. passage-slope
    return passage, slope


@compiled
def large_noise(m, s2, v0, T):
    """Expected spikes where noise is large beside the threshold, and the slope in m; the variance
    s2 > 0.
    """
    # The path starts a little lower, unless a spike came just before it.
    before = min(max(v0, 0.0), 1.0)
    x = v0 - 0.75 + 0.5 * before  # eq. large-noise-start

    # Above 0 take the mirror image: the silent steps are its spikes.
    mirror = x > 0.0
    if mirror:
        m = T - m  # eq. mirror
        x = -x
        before = 1.0 - before

    # Invert the transform of the probability to be above 0: its integral to T, and half its end.
    count = 0.0
    slope = 0.0
    for k in range(len(TALBOT_NODES)):
        node = TALBOT_NODES[k]
        low = np.sqrt(m * m + 2.0 * node * s2)
        high = np.sqrt((m - T) * (m - T) + 2.0 * node * s2)
        p = (m - T + high) / s2
        q = (low - m) / s2
        weight = TALBOT_WEIGHTS[k] * (T / node + 0.5) / node
        above = weight * p / (p + q) * np.exp(q * x)  # eq. two-drifts, large-noise
        count += above.real
        slope += (above * q * ((1.0 / high + 1.0 / low) / (p + q) - x / low)).real
    count -= 0.5 * before
    return (T - count, slope) if mirror else (count, slope)


@compiled
def passage(m, s, v0, T):
    """Mean, variance and gain of the count by first passage, at most T spikes; strong input through
    its mirror.
    """
    if m > 0.5 * T and s > 0.0:  # eq. mirror
        mean, variance, gain = passage(T - m, s, 1.0 - v0, T)
        return T - mean, variance, gain

    # The first terms of the sums over k are certain.
    first = floor(m - CERTAIN * s + v0)
    k = min(float(T), max(0.0, first))
    mean = k
    second = k * k
    gain = 0.0

    while s > 0.0 and k < T:
        k += 1.0
        p, slope = survival(k, m, s, T, v0)
        if p < TAIL:  # and so a silent neuron is silent: no denormal numbers, on which BLAS crawls
            break
        mean += p
        second += (2.0 * k - 1.0) * p  # eq. count-moments
        gain += slope
    return mean, max(0.0, second - mean * mean), gain


@compiled
def is_large(m, s2, T):
    """Whether noise is so large that the limit of one spike per step is felt at every drift."""
    least = LARGE_NOISE[1] if m < 0.0 else LARGE_NOISE[0]
    return s2 > least**2 * T


@compiled
def count_moments(m, s2, v0, T, mean, variance, gain):
    """Mean and variance of the spike count, and the mean's slope in m: the variance s2, m and the
    outputs are (n, F), v0 is (F,).
    """
    n, features = m.shape
    for i in range(n):
        for f in range(features):
            total = m[i, f]
            noise = s2[i, f]
            start = v0[f]
            e, v, g = passage(total, sqrt(noise), start, T)
            if e > 0.0 and is_large(total, noise, T):
                fano = v / e
                e, g = large_noise(total, noise, start, T)
                if e <= 0.0:  # a silent neuron: the inversion is good to 1e-7
                    e = 0.0
                    g = 0.0
                v = fano * e  # eq. large-variance
            mean[i, f] = e
            variance[i, f] = v
            gain[i, f] = g
