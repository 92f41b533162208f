"""The kernels of the count moments: the bound, the slopes, the sums over k, the count under large
noise.
"""

from math import comb

import numpy as np
import pytest
from scipy.special import log_ndtr, ndtr

from refsnn import theory
from refsnn.kernels.spike_counts import (
    CERTAIN,
    SIEGMUND,
    TAIL,
    count_moments,
    large_noise,
    survival,
)
from tests.oracles import caught

RNG = np.random.default_rng(0)
CASES = [
    (int(k), m, s, int(T), v0)
    for k, m, s, T, v0 in zip(
        RNG.integers(1, 30, 300),
        RNG.uniform(-6, 30, 300),
        RNG.uniform(0.05, 6, 300),
        RNG.integers(1, 100, 300),
        RNG.uniform(-1, 0.9, 300),
        strict=True,
    )
]


def reflection(k, m, s, T, v0):
    """P(N >= k) by the reflection principle with Siegmund's shift alone, in logarithms."""
    b = k - v0 + SIEGMUND * s / np.sqrt(T)
    return ndtr((m - b) / s) + np.exp(2 * m * b / s**2 + log_ndtr(-(b + m) / s))


def end(k, m, s, T, v0):
    """P(the potential ends at or above threshold k)."""
    return ndtr((m - k + v0) / s)


@pytest.mark.parametrize(
    "formula", [survival, survival.py_func] if hasattr(survival, "py_func") else [survival]
)
def test_survival_is_the_reflection_formula_but_at_least_the_end(formula):
    """1e-10: erfcx is good to 5e-11 and enters with a probability below 1; exponents below 700
    round to 1e-13.
    """
    for case in CASES:
        assert formula(*case)[0] == pytest.approx(max(reflection(*case), end(*case)), abs=1e-10)


def test_twin_the_kernel_is_the_closed_form_of_theory():
    """Value, and slope in the mean per step, which is T times that in the total; 1e-10 as above."""
    for k, m, s, T, v0 in CASES:
        p, dm = survival(k, m, s, T, v0)
        assert p == pytest.approx(
            theory.spike_count_survival(k, m / T, s / np.sqrt(T), T, v_init=v0), abs=1e-10
        )
        assert T * dm == pytest.approx(
            theory.survival_slope(k, m / T, s / np.sqrt(T), T, v_init=v0), rel=1e-8, abs=1e-8
        )


def test_bound_the_count_is_at_least_that_of_the_end_and_the_shifted_formula_alone_breaks_it():
    """max over t of V_t >= V_T, so P(N_T >= k) >= P(V_T >= k); Siegmund's shift over-subtracts at
    small T.
    """
    assert all(survival(*case)[0] >= end(*case) - 1e-15 for case in CASES)
    broken = [case for case in CASES if reflection(*case) < end(*case) - 1e-3]
    assert len(broken) >= 10


def test_the_slope_of_the_survival_is_its_difference():
    """Central differences in m, h = 1e-5 s: relative error h^2 f'''/6 < 1e-9 and rounding 1e-10 /
    h; no case at the kink.
    """
    checked = 0
    for case in CASES:
        k, m, s, T, v0 = case
        h = 1e-5 * s
        low, high = (k, m - h, s, T, v0), (k, m + h, s, T, v0)
        if np.sign(reflection(*low) - end(*low)) != np.sign(reflection(*high) - end(*high)):
            continue
        difference = (survival(*high)[0] - survival(*low)[0]) / (2 * h)
        assert survival(*case)[1] == pytest.approx(difference, abs=2e-5 / s)
        checked += 1
    assert checked > 280


def inputs(T=40, low=0.02, high=3.0):
    """Means, variances and initial potentials of 5 x 60 neurons; standard deviations of a step from
    low to high.
    """
    m, s = T * RNG.uniform(-0.4, 1.4, (5, 60)), np.sqrt(T) * RNG.uniform(low, high, (5, 60))
    return m, s**2, RNG.uniform(-0.5, 1.4, 60), T


def moments(m, s2, v0, T):
    """Mean, variance and gain from the kernel."""
    found = [np.empty_like(m) for _ in range(3)]
    count_moments(m, s2, v0, T, *found)
    return found


def test_moments_are_sums_of_the_survival_over_all_k():
    """Skipped: at most CERTAIN-quantile below (3e-7 a term, T terms) and a tail that starts below
    TAIL and falls off.
    """
    m, s2, v0, T = inputs(high=0.74)
    mean, variance, gain = moments(m, s2, v0, T)
    mirror = m > T / 2
    m, start = np.where(mirror, T - m, m), np.where(mirror, 1 - v0, v0)
    k = np.arange(1, T + 1)
    p, dm = np.array(
        [
            [
                [survival(float(j), m[i, f], np.sqrt(s2[i, f]), T, start[i, f]) for j in k]
                for f in range(60)
            ]
            for i in range(5)
        ]
    ).transpose(3, 0, 1, 2)
    cut = T * max(ndtr(-CERTAIN), TAIL)
    np.testing.assert_allclose(np.where(mirror, T - mean, mean), p.sum(-1), rtol=0, atol=cut)
    np.testing.assert_allclose(
        variance, (p * (2 * k - 1)).sum(-1) - p.sum(-1) ** 2, rtol=0, atol=4 * T * cut
    )
    np.testing.assert_allclose(
        gain, dm.sum(-1), rtol=0, atol=cut / 0.1
    )  # slope of a term: below P times 1/s


@pytest.mark.parametrize("T", [1, 4, 40, 300])
def test_twin_mean_counts_are_those_of_theory_with_large_noise_and_without(T):
    """Sums are cut off as above; the count under large noise is the same."""
    m, s2, v0, _ = inputs(T)
    expected = theory.expected_spike_count(m / T, np.sqrt(s2 / T), T, v_init=v0)
    np.testing.assert_allclose(moments(m, s2, v0, T)[0], expected, rtol=0, atol=2e-6 * T)


def test_a_count_of_large_noise_and_that_of_its_mirror_add_up_to_T():
    """Exactly in the formula; 1e-12: the mirror is taken of the same sum, rounded otherwise."""
    m, s2, v0, T = inputs(low=0.75)
    for i in range(5):
        for f in range(60):
            found, image = (
                large_noise(*case)
                for case in ((m[i, f], s2[i, f], v0[f], T), (T - m[i, f], s2[i, f], 1 - v0[f], T))
            )
            assert found[0] + image[0] == pytest.approx(T, rel=1e-12)
            assert found[1] == pytest.approx(image[1], rel=0, abs=1e-12)


def large_noise_by_euler(m, s2, v0, T, order=11):
    """The count under large noise in NumPy, its Laplace transform inverted by the Euler algorithm
    (J. Abate and W. Whitt, "A unified framework for numerically inverting Laplace transforms",
    INFORMS Journal on Computing 18, 2006): at nodes with a positive real part, to 10^(-0.6 order).
    """
    k = np.arange(2 * order + 1)
    nodes = order * np.log(10) / 3 + 1j * np.pi * k
    weights = np.ones(k.size)
    weights[0] = 0.5
    tails = np.cumsum([comb(order, j) for j in range(order)]) / 2**order
    weights[-order:] = tails[::-1]
    weights *= (-1.0) ** k * 10 ** (order / 3)

    before = np.clip(v0, 0, 1)
    x = v0 - 0.75 + 0.5 * before
    count = -0.5 * before
    for node, weight in zip(nodes, weights, strict=True):
        p = (m - T + np.sqrt((m - T) ** 2 + 2 * node * s2)) / s2
        q = (-m + np.sqrt(m**2 + 2 * node * s2)) / s2
        from_below = p / (p + q) * np.exp(q * np.minimum(x, 0))
        from_above = 1 - q / (p + q) * np.exp(-p * np.maximum(x, 0))
        transform = np.where(x < 0, from_below, from_above) / node
        count = count + weight * (transform * (T / node + 0.5)).real
    return count


@pytest.mark.parametrize("T", [1, 4, 40, 300])
def test_twin_the_count_of_large_noise_by_another_inversion(T):
    """Two algorithms on two sets of nodes: Talbot's is good to 10^(-0.6 * 12) of T, Euler's to
    10^(-0.6 * 11); without the start's shift they part.
    """
    m, s2, v0, _ = inputs(T, low=0.75)
    found = np.vectorize(lambda *case: large_noise(*case)[0])(m, s2, v0, T)

    def statement(expected):
        np.testing.assert_allclose(found, expected, rtol=0, atol=(10**-6.6 + 10**-7.2) * T)

    statement(large_noise_by_euler(m, s2, v0, T))
    caught(statement, large_noise_by_euler(m, s2, v0 - 0.01, T))


@pytest.mark.parametrize("T", [4, 40])
def test_the_slope_of_the_count_of_large_noise_is_its_difference(T):
    """Central differences in m, h = 1e-4 s: truncation h^2 times a third derivative below 1/s^2,
    rounding 1e-15 T / h.
    """
    m, s2, v0, _ = inputs(T, low=0.75)
    count = np.vectorize(large_noise, otypes=[float, float])
    h = 1e-4 * np.sqrt(s2)
    difference = (count(m + h, s2, v0, T)[0] - count(m - h, s2, v0, T)[0]) / (2 * h)
    np.testing.assert_allclose(count(m, s2, v0, T)[1], difference, rtol=0, atol=1e-7)


def test_under_large_noise_the_variance_keeps_its_ratio_to_the_mean():
    """Against theory's sum over k; a kernel that kept the sum's variance would be caught."""
    m, s2, v0, T = inputs(low=1.01)
    mean, variance, _ = moments(m, s2, v0, T)
    plain = theory.spike_count_moments(m / T, np.sqrt(s2 / T), T, v_init=v0)
    np.testing.assert_allclose(variance, plain.variance * mean / plain.mean, rtol=1e-3, atol=1e-3)
    assert not np.allclose(variance, plain.variance, rtol=0.05)


@pytest.mark.parametrize("T", [4, 40])
def test_the_gain_is_the_mean_s_derivative(T):
    """Central differences, h = 1e-4 s; a term that enters or leaves the sum moves it by TAIL or
    less.
    """
    m, s2, v0, T = inputs(T)
    h = 1e-4 * np.sqrt(s2)
    low, high = moments(m - h, s2, v0, T)[0], moments(m + h, s2, v0, T)[0]
    error = np.abs(moments(m, s2, v0, T)[2] - (high - low) / (2 * h)) * np.sqrt(s2)
    assert np.median(error) < 1e-6
    assert np.mean(error < 0.02) > 0.97  # the rest straddle a change of formula


def test_without_noise_the_count_is_the_whole_part_and_at_most_one_a_step():
    m = np.array([[-1.0, 0.25, 0.75, 3.25, 100.0]])
    mean, variance, gain = (np.full_like(m, np.nan) for _ in range(3))
    count_moments(m, np.zeros_like(m), np.full(5, 0.5), 8, mean, variance, gain)
    np.testing.assert_array_equal(mean, [[0, 0, 1, 3, 8]])
    assert not variance.any() and not gain.any()
