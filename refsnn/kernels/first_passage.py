"""Moments of spike counts from first passage, and their gradients, for many neurons at once.

Potentials are in units of the threshold. The formula for one neuron, derived in chapter 04, is that of
`refsnn.theory.spike_count_survival`, to which these kernels are held by a test; they add what a network needs: mean,
variance and gain in one pass over k, only where a term is neither 0 nor 1.
"""
import math

from numba import njit

SIEGMUND = 0.5825971579390107     # -zeta(1/2) / sqrt(2 pi): how far a random walk of unit steps overshoots, on average
REACH = 5.0      # below this many standard deviations under the mean, P(N >= k) is 1 to within 3e-7
TAIL = 1e-6      # the sum over k ends at the first P(N >= k) below this


@njit(nogil=True, cache=True)
def erfcx(x):
    """exp(x^2) erfc(x) for x >= 0 without overflow."""
    if x < 25.0:
        return math.exp(x * x) * math.erfc(x)
    y = 0.5 / (x * x)      # asymptotic series: the next term is 105 y^4 < 5e-11
    return (1.0 - y * (1.0 - 3.0 * y * (1.0 - 5.0 * y))) / (x * math.sqrt(math.pi))


@njit(nogil=True, cache=True)
def survival(k, m, s, T, v0):
    """P(N >= k) and its derivatives in m, s and v0.

    `m` and `s` are mean and standard deviation of the total input of T steps; s > 0.
    """
    b0 = k - v0
    b = b0 + SIEGMUND * s / math.sqrt(T)      # eq. siegmund
    if b <= 0.0:
        return 1.0, 0.0, 0.0, 0.0
    u, z = (m - b) / s, (m + b) / s
    phi = math.exp(-0.5 * u * u) / math.sqrt(2.0 * math.pi)
    if z >= 0.0:
        reflected = 0.5 * math.exp(-0.5 * u * u) * erfcx(z / math.sqrt(2.0))
    else:
        reflected = 0.5 * math.exp(2.0 * m * b / (s * s)) * math.erfc(z / math.sqrt(2.0))
    p = 0.5 * math.erfc(-u / math.sqrt(2.0)) + reflected      # eq. first-passage
    u0 = (m - b0) / s
    end = 0.5 * math.erfc(-u0 / math.sqrt(2.0))
    if end > p:      # eq. end-bound: a path's maximum is at least its end
        slope = math.exp(-0.5 * u0 * u0) / (s * math.sqrt(2.0 * math.pi))
        return end, slope, -u0 * slope, slope
    dm = 2.0 * b / (s * s) * reflected      # eq. passage-slope
    db = 2.0 * m / (s * s) * reflected - 2.0 * phi / s
    ds = -b / s * db + SIEGMUND / math.sqrt(T) * db - 2.0 * m * b / (s * s * s) * reflected
    return p, dm, ds, -db


@njit(nogil=True, cache=True)
def first_term(m, s, T, v0):
    """The first k of the sum: those below are certain. At most T."""
    return min(float(T), max(0.0, math.floor(m - REACH * s + v0)))


@njit(nogil=True, cache=True)
def count_moments(m, s2, v0, T, mean, variance, gain):
    """Mean and variance of the spike count, and the mean's derivative in m: m, s2 and the outputs (n, F), v0 (F,)."""
    n, features = m.shape
    for i in range(n):
        for f in range(features):
            s = math.sqrt(s2[i, f])
            k = first_term(m[i, f], s, T, v0[f])
            e, second, g = k, k * k, 0.0
            while s > 0.0 and k < T:
                k += 1.0
                p, dm, _, _ = survival(k, m[i, f], s, T, v0[f])
                if p < TAIL:      # and so a silent neuron is silent: no denormal numbers, on which BLAS crawls
                    break
                e += p
                second += (2.0 * k - 1.0) * p      # eq. count-moments
                g += dm
            mean[i, f], variance[i, f], gain[i, f] = e, max(0.0, second - e * e), g


@njit(nogil=True, cache=True)
def count_moments_backward(m, s2, v0, T, d_mean, d_variance, mean, dm, ds2, dv0):
    """A loss's gradients in m, s2 and v0, each (n, F), from those in the counts' mean and variance."""
    n, features = m.shape
    for i in range(n):
        for f in range(features):
            s = math.sqrt(s2[i, f])
            k = first_term(m[i, f], s, T, v0[f])
            a, b, c = 0.0, 0.0, 0.0
            while s > 0.0 and k < T:
                k += 1.0
                p, p_m, p_s, p_v = survival(k, m[i, f], s, T, v0[f])
                if p < TAIL:
                    break
                weight = d_mean[i, f] + d_variance[i, f] * (2.0 * k - 1.0 - 2.0 * mean[i, f])
                a += weight * p_m
                b += weight * p_s
                c += weight * p_v
            dm[i, f], ds2[i, f], dv0[i, f] = a, (b / (2.0 * s) if s > 0.0 else 0.0), c
