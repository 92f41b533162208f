"""Theorems about first passage: how many spikes noise makes."""

import mpmath
import numpy as np
import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import log_ndtr, ndtr

from refsnn.theory import (
    constant_input_count,
    expected_spike_count,
    gaussian_step,
    spike_count_moments,
    spike_count_survival,
    spitzer_maximum,
    survival_slope,
)
from refsnn.theory.first_passage import SIEGMUND
from tests.oracles import caught, maximum_survival
from tests.strategies import dyadics

MEANS = st.floats(-0.5, 1.3)
STDS = st.floats(0.05, 2.0)
STARTS = st.floats(-1.0, 0.75)
STEPS = st.integers(1, 200)


def phi(x):
    return sympy.exp(-(x**2) / 2) / sympy.sqrt(2 * sympy.pi)


def cdf(x):
    return (1 + sympy.erf(x / sympy.sqrt(2))) / 2


def reflection(k, mean, std, T, v_init, shift=SIEGMUND):
    """The two terms of the reflection principle, without the bound."""
    b, m, s = k - v_init + shift * std, mean * T, std * np.sqrt(T)
    return ndtr((m - b) / s) + np.exp(2 * mean * b / std**2 + log_ndtr(-(b + m) / s))


def test_theorem_reflection_solves_the_passage_problem():
    """Brownian motion with drift mu and variance sigma^2, at distance b below a level: u(b, T) =
    P(reached by T) satisfies u_T = sigma^2 u_bb / 2 - mu u_b, is 1 at b = 0 and 0 at T = 0 for b >
    0. Both terms are needed.
    """
    b, T, sigma = sympy.symbols("b T sigma", positive=True)
    mu = sympy.symbols("mu", real=True)
    root = sigma * sympy.sqrt(T)
    first = cdf((mu * T - b) / root)
    second = sympy.exp(2 * mu * b / sigma**2) * cdf((-b - mu * T) / root)

    def statement(u):
        equation = sympy.diff(u, T) - sigma**2 * sympy.diff(u, b, 2) / 2 + mu * sympy.diff(u, b)
        assert sympy.simplify(equation) == 0
        assert sympy.simplify(u.subs(b, 0) - 1) == 0
        assert sympy.limit(u.subs({mu: 1, sigma: 1, b: 1}), T, 0, "+") == 0

    statement(first + second)
    caught(statement, first)
    caught(statement, first + second.subs(mu, -mu))


def test_lemma_the_densities_cancel_in_the_derivative():
    """d/dmu of the two terms is (2b/sigma^2) exp(2 mu b/sigma^2) Phi((-b - mu T)/(sigma sqrt T)):
    the two Gaussian densities are the same and cancel, also for a shifted b that does not depend on
    mu.
    """
    b, T, sigma = sympy.symbols("b T sigma", positive=True)
    mu = sympy.symbols("mu", real=True)
    root = sigma * sympy.sqrt(T)
    reflected = sympy.exp(2 * mu * b / sigma**2) * cdf((-b - mu * T) / root)
    slope = sympy.diff(cdf((mu * T - b) / root) + reflected, mu)

    def statement(factor):
        assert sympy.simplify(slope - factor * reflected) == 0

    statement(2 * b / sigma**2)
    caught(statement, b / sigma**2)


def test_theorem_siegmunds_shift_is_what_looking_once_a_step_costs():
    """Driftless Gaussian steps: by Spitzer's identity the mean maximum is sigma sum_(n<=T) 1/sqrt(2
    pi n), that of a Brownian path sigma sqrt(2T/pi). The difference tends to 0.5826 sigma =
    -zeta(1/2)/sqrt(2 pi) sigma, with an error falling as 1/sqrt(T): slope -1/2 +- 0.01.
    """
    steps = np.array([100, 1_000, 10_000])
    # E[S_n^+] of standard steps.
    positive_parts = np.sqrt(np.arange(1, steps[-1] + 1) / (2 * np.pi))
    gap = np.sqrt(2 * steps / np.pi) - spitzer_maximum(positive_parts)[steps - 1]

    def statement(shift):
        slope = np.polyfit(np.log(steps), np.log(np.abs(gap - shift)), 1)[0]
        assert abs(slope + 0.5) < 0.01

    statement(SIEGMUND)
    assert (
        pytest.approx(float(-mpmath.zeta(0.5) / mpmath.sqrt(2 * mpmath.pi)), abs=1e-15) == SIEGMUND
    )
    caught(statement, 0.6)


@given(st.integers(1, 30), MEANS, STDS, STEPS, STARTS)
def test_theorem_the_survival_is_at_least_that_of_the_end(k, mean, std, T, v_init):
    """A path's maximum is at least its end, so P(N_T >= k) >= Phi((mu T - b0)/(sigma sqrt T)), b0 =
    k theta - v_init. The shifted reflection formula alone breaks this for few steps and strong
    drift.
    """

    def statement(survival, k, mean, std, T, v_init):
        assert (
            survival(k, mean, std, T, v_init=v_init)
            >= ndtr((mean * T - k + v_init) / (std * np.sqrt(T))) - 1e-15
        )

    statement(spike_count_survival, k, mean, std, T, v_init)
    caught(statement, reflection, 2, 1.0, 0.75, 2, 0.0)


@given(st.integers(1, 20), MEANS, STDS, STEPS, STARTS, st.floats(0, 0.5))
def test_law_survival_is_a_probability_that_grows_with_the_mean(k, mean, std, T, v_init, more):
    """P(N_T >= k) lies in [0, 1], does not grow with k, and does not fall when the mean grows. With
    the sign of the exponent wrong it does.
    """

    def statement(survival, k, mean, std, T, v_init, more):
        p = survival(np.array([k, k + 1]), mean, std, T, v_init=v_init)
        assert np.all((p >= 0) & (p <= 1)) and p[1] <= p[0] + 1e-14
        assert survival(k, mean + more, std, T, v_init=v_init) >= p[0] - 1e-14

    statement(spike_count_survival, k, mean, std, T, v_init, more)
    caught(
        statement,
        lambda k, mean, *args, **kwargs: reflection(k, -mean, *args, **kwargs),
        1,
        0.0,
        0.5,
        16,
        0.0,
        0.1,
    )


def at_the_kink(k, mean, std, T, v_init, h):
    """Does the bound take over between mean - h and mean + h?"""
    gaps = [
        reflection(k, m, std, T, v_init) - ndtr((m * T - k + v_init) / (std * np.sqrt(T)))
        for m in (mean - h, mean + h)
    ]
    return np.sign(gaps[0]) != np.sign(gaps[1])


@given(st.integers(1, 20), st.floats(-0.3, 1.3), st.floats(0.1, 2.0), st.integers(1, 64), STARTS)
def test_theorem_the_slope_is_the_derivative_in_the_mean(k, mean, std, T, v_init):
    """dP/dmu in closed form against the central difference, away from the kink where the bound
    takes over.

    Step h = 1e-5 std/sqrt(T): the third derivative is below 2 (sqrt(T)/std)^3, so truncation is
    below 1e-10 sqrt(T)/std and rounding 1e-15/h = 1e-10 sqrt(T)/std; the band is ten times their
    sum.
    """

    def statement(slope, k, mean, std, T, v_init):
        h = 1e-5 * std / np.sqrt(T)
        if not at_the_kink(k, mean, std, T, v_init, h):
            p = spike_count_survival(k, np.array([mean - h, mean + h]), std, T, v_init=v_init)
            assert (
                abs(slope(k, mean, std, T, v_init=v_init) - (p[1] - p[0]) / (2 * h))
                < 2e-9 * np.sqrt(T) / std
            )

    statement(survival_slope, k, mean, std, T, v_init)
    caught(
        statement, lambda *args, **kwargs: survival_slope(*args, **kwargs) / 2, 2, 0.1, 0.5, 16, 0.0
    )


@given(
    st.floats(-0.3, 0.45),
    st.floats(0.1, 1.0),
    st.integers(2, 64),
    STARTS,
    st.sampled_from(["one", "any"]),
)
def test_law_moments_are_sums_of_the_survival(mean, std, T, v_init, spikes_per_step):
    """E[N] = sum_k P_k and Var[N] = sum_k (2k - 1) P_k - E[N]^2, and the gain is the sum of the
    slopes over T: the derivative of E[N] in the total mean T mu. Sums to T for one spike a step.
    """
    k = np.arange(1, (T if spikes_per_step == "one" else 20 * T) + 1)
    p = spike_count_survival(k, mean, std, T, v_init=v_init)
    slope = survival_slope(k, mean, std, T, v_init=v_init)
    moments = spike_count_moments(mean, std, T, v_init=v_init, spikes_per_step=spikes_per_step)

    def statement(p):
        # terms below 1e-12 are left out: at most 20 T of them, weighted with at most 2k in the
        # variance
        assert moments.mean == pytest.approx(p.sum(), abs=1e-9)
        assert moments.variance == pytest.approx(
            max(((2 * k - 1) * p).sum() - p.sum() ** 2, 0), abs=1e-6
        )
        assert moments.gain == pytest.approx(slope.sum() / T, rel=1e-6, abs=1e-9)

    statement(p)
    caught(statement, p + 1e-6)


@given(dyadics(-1, 2), dyadics(0, 1).filter(lambda v: v < 1), st.integers(1, 32))
def test_law_without_noise_the_count_is_the_staircase_of_constant_input(mean, v_init, T):
    """std = 0, v_init in [0, theta): both kinds of count are those of constant input, exactly; std
    = 1e-9 agrees unless the potential ends on a stair.
    """

    def statement(v_init_of_count):
        expected = constant_input_count(mean, T, v_init=v_init_of_count)
        assert expected_spike_count(mean, 0.0, T, v_init=v_init) == expected
        many = max(0, np.floor(v_init + max(mean, mean * T)))
        assert expected_spike_count(mean, 0.0, T, v_init=v_init, spikes_per_step="any") == many
        if (v_init + mean * T) % 1:
            assert expected_spike_count(mean, 1e-9, T, v_init=v_init) == pytest.approx(
                expected, abs=1e-9
            )

    statement(v_init)
    mean, v_init, T = 0.75, 0.5, 2
    caught(statement, 0.0)


@pytest.mark.parametrize("T, band", [(4, 0.035), (8, 0.035), (16, 0.025), (64, 0.025)])
def test_law_the_survival_is_close_to_that_of_gaussian_steps(T, band):
    """Any number of spikes a step, Gaussian input, std 0.1 to 1.5, mean -0.3 to 1.2, v_init -1 to
    1/2: |P - exact| is below 0.035, and below 0.025 for T >= 16. The exact law is the recursion on
    a lattice of std/16 (error below 1e-3). Without Siegmund's shift, the formula of a path watched
    all the time, it is not.
    """
    k = np.arange(1, 20)
    cases = [
        (mean, std, v_init)
        for mean in (-0.3, 0.0, 0.3, 1.2)
        for std in (0.1, 0.5, 1.5)
        for v_init in (-1, 0.5)
    ]
    exact = [
        maximum_survival(gaussian_step(mean, std, std / 16), k - v_init, T)
        for mean, std, v_init in cases
    ]

    def statement(survival):
        found = [survival(k, mean, std, T, v_init=v_init) for mean, std, v_init in cases]
        assert np.abs(np.array(found) - exact).max() < band

    statement(spike_count_survival)
    caught(statement, lambda *args, v_init: np.minimum(reflection(*args, v_init, shift=0.0), 1.0))


@given(
    st.floats(-0.5, 1.5),
    st.floats(0.01, 1.5),
    st.integers(1, 64),
    st.floats(-1, 0.9),
    st.sampled_from([0.25, 4.0]),
)
def test_law_only_ratios_to_the_threshold_matter(mean, std, T, v_init, theta):
    """Mean, std, v_init and threshold scaled together give the same count; the slope is divided by
    the factor.
    """

    def statement(factor_of_std):
        one = expected_spike_count(mean, std, T, v_init=v_init)
        scaled = expected_spike_count(theta * mean, factor_of_std * std, T, theta, theta * v_init)
        assert scaled == pytest.approx(one, rel=1e-9, abs=1e-12)
        assert survival_slope(
            1, theta * mean, factor_of_std * std, T, theta, theta * v_init
        ) == pytest.approx(
            survival_slope(1, mean, std, T, v_init=v_init) / theta, rel=1e-9, abs=1e-12
        )

    statement(theta)
    mean, std, T, v_init = 0.0, 0.5, 16, 0.0
    caught(statement, 1.0)
