"""Theorems about distances between distributions of the membrane potential."""

import numpy as np
import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.special import rel_entr

from refsnn.theory import (
    gaussian_jeffreys,
    gaussian_jensen_shannon,
    histogram_jeffreys,
    histogram_jensen_shannon,
)
from tests.oracles import caught

MEANS = st.floats(-3, 3)
STDS = st.floats(0.5, 2.0)
# Central differences, h = 1e-5: third derivatives below 1e4 give 1e-10 1e4/6 = 2e-7, rounding 100
# eps/h = 2e-9.
STEP, DIFFERENCE = 1e-5, 3e-6


@st.composite
def histograms(draw, bins=5, positive=True):
    """Shares (bins,) that sum to 1; `positive`: no empty bin."""
    counts = draw(
        st.lists(st.integers(1 if positive else 0, 20), min_size=bins, max_size=bins).filter(any)
    )
    return np.array(counts) / sum(counts)


def log_normal(x, mean, std):
    return -(((x - mean) / std) ** 2) / 2 - np.log(std) - np.log(2 * np.pi) / 2


def test_theorem_jeffreys_divergence_of_gaussians_has_a_closed_form():
    """KL(p|q) + KL(q|p) by the integral of the definition is (s^2 + d^2)/(2 r^2) + (r^2 + d^2)/(2
    s^2) - 1, symbolically.
    """
    x, mu, nu = sympy.symbols("x mu nu", real=True)
    s, r = sympy.symbols("s r", positive=True)
    log_p, log_q = (-((x - m) ** 2) / (2 * d**2) - sympy.log(d) for m, d in ((mu, s), (nu, r)))
    ratio = sympy.expand(log_p - log_q)

    def mean(expression, m, d):  # Gaussian moments of a polynomial of second order in x
        polynomial = sympy.Poly(expression, x)
        moments = {0: 1, 1: m, 2: m**2 + d**2}
        return sum(c * moments[n] for (n,), c in polynomial.terms())

    jeffreys = mean(ratio, mu, s) - mean(ratio, nu, r)

    def statement(sign):
        d = mu - nu
        assert (
            sympy.simplify(
                jeffreys - ((s**2 + d**2) / (2 * r**2) + (r**2 + d**2) / (2 * s**2) + sign)
            )
            == 0
        )

    statement(-1)
    caught(statement, 0)


@given(MEANS, STDS, MEANS, STDS)
def test_theorem_gradients_of_gaussian_divergences_are_their_differences(
    mean, std, target_mean, target_std
):
    """Jeffreys and Jensen-Shannon, in the mean and in the standard deviation of the moving
    Gaussian.
    """

    def statement(divergence, factor, *example):
        mean, std, *target = example
        found = divergence(mean, std, *target)
        up, down = (divergence(mean + h, std, *target).value for h in (STEP, -STEP))
        assert factor * found.d_mean == pytest.approx((up - down) / (2 * STEP), abs=DIFFERENCE)
        up, down = (divergence(mean, std + h, *target).value for h in (STEP, -STEP))
        assert factor * found.d_std == pytest.approx((up - down) / (2 * STEP), abs=DIFFERENCE)

    for divergence in (gaussian_jeffreys, gaussian_jensen_shannon):
        statement(divergence, 1, mean, std, target_mean, target_std)
        caught(statement, divergence, 2, 1.0, 0.5, 0.0, 1.0)


@given(MEANS, STDS, MEANS, STDS)
def test_law_the_quadrature_of_jensen_shannon_is_the_integral(mean, std, target_mean, target_std):
    """The trapezoid rule against adaptive quadrature of the definition: 1e-9, standard deviations
    within a factor of 4. The Jeffreys divergence is another number.
    """

    def integrand(x):
        log_p, log_q = log_normal(x, mean, std), log_normal(x, target_mean, target_std)
        log_m = np.logaddexp(log_p, log_q) - np.log(2)
        return (np.exp(log_p) * (log_p - log_m) + np.exp(log_q) * (log_q - log_m)) / 2

    exact = quad(integrand, -25, 25, points=[mean, target_mean], epsabs=1e-11, limit=400)[0]

    def statement(value, exact):
        assert value == pytest.approx(exact, abs=1e-9)

    statement(gaussian_jensen_shannon(mean, std, target_mean, target_std).value, exact)
    caught(statement, gaussian_jeffreys(1.0, 1.0).value, gaussian_jensen_shannon(1.0, 1.0).value)


@given(MEANS, STDS, MEANS, STDS)
def test_law_gaussian_divergences_are_symmetric_and_vanish_only_for_equals(
    mean, std, target_mean, target_std
):
    """D(p, q) = D(q, p) >= 0, 0 at p = q with zero gradient; Jensen-Shannon is at most log 2 and at
    most a quarter of Jeffreys. A Kullback-Leibler divergence is not symmetric.
    """

    def statement(value):
        there, back = (
            value(mean, std, target_mean, target_std),
            value(target_mean, target_std, mean, std),
        )
        # Weights sum to 1 to 1e-15.
        assert there == pytest.approx(back, abs=1e-9) and there >= -1e-12
        assert abs(value(mean, std, mean, std)) < 1e-12

    statement(lambda *args: gaussian_jeffreys(*args).value)
    statement(lambda *args: gaussian_jensen_shannon(*args).value)
    for divergence in (gaussian_jeffreys, gaussian_jensen_shannon):
        assert np.allclose(divergence(mean, std, mean, std), 0, atol=1e-12)
    shannon = gaussian_jensen_shannon(mean, std, target_mean, target_std).value
    assert (
        shannon
        <= min(np.log(2), gaussian_jeffreys(mean, std, target_mean, target_std).value / 4) + 1e-9
    )
    mean, std, target_mean, target_std = 0.0, 1.0, 0.0, 2.0
    caught(statement, lambda m, s, n, r: np.log(r / s) + (s**2 + (m - n) ** 2) / (2 * r**2) - 0.5)


@given(MEANS, STDS, MEANS, STDS, st.sampled_from([0.5, 2.0, 8.0]))
def test_law_divergences_do_not_depend_on_the_unit_of_potential(
    mean, std, target_mean, target_std, unit
):
    """Potentials, threshold and target measured in another unit: the same divergence, gradients
    divided by the unit.
    """

    def statement(factor_of_target):
        for divergence in (gaussian_jeffreys, gaussian_jensen_shannon):
            one = divergence(mean, std, target_mean, target_std)
            other = divergence(
                unit * mean,
                unit * std,
                factor_of_target * target_mean,
                factor_of_target * target_std,
            )
            assert np.allclose(
                [other.value, unit * other.d_mean, unit * other.d_std], one, rtol=1e-9, atol=1e-9
            )

    statement(unit)
    mean, std, target_mean, target_std = 0.0, 1.0, 1.0, 1.0
    caught(statement, 2 * unit)


@given(histograms(), histograms())
def test_theorem_histogram_divergences_are_their_definitions(p, q):
    """Jeffreys is KL(p|q) + KL(q|p), Jensen-Shannon the mean of the two KL divergences to the
    mixture (scipy's rel_entr, sums of 5 terms: 1e-14).
    """
    m = (p + q) / 2

    def statement(jeffreys, shannon):
        assert jeffreys == pytest.approx(rel_entr(p, q).sum() + rel_entr(q, p).sum(), abs=1e-13)
        assert shannon == pytest.approx(
            (rel_entr(p, m).sum() + rel_entr(q, m).sum()) / 2, abs=1e-13
        )

    statement(histogram_jeffreys(p, q)[0], histogram_jensen_shannon(p, q)[0])
    p, q = np.array([0.5, 0.5]), np.array([0.25, 0.75])
    m = (p + q) / 2
    caught(statement, histogram_jeffreys(p, q)[0], histogram_jeffreys(p, q)[0] / 4)


@given(histograms(), histograms(), histograms())
def test_theorem_gradients_of_histogram_divergences_are_directional_derivatives(p, q, other):
    """Along any direction that keeps the sum at 1 (towards another histogram), by central
    differences, h = 1e-5.
    """

    def statement(divergence, gradient_of):
        towards = other - p
        up, down = (divergence(p + h * towards, q)[0] for h in (STEP, -STEP))
        assert gradient_of(p, q) @ towards == pytest.approx(
            (up - down) / (2 * STEP), abs=DIFFERENCE
        )

    for divergence in (histogram_jeffreys, histogram_jensen_shannon):
        statement(divergence, lambda p, q, divergence=divergence: divergence(p, q)[1])
    p, q, other = np.array([0.5, 0.5]), np.array([0.25, 0.75]), np.array([1.0, 0.0])
    caught(statement, histogram_jeffreys, lambda p, q: histogram_jensen_shannon(p, q)[1])


@given(histograms(positive=False), histograms(positive=False), histograms(positive=False))
def test_theorem_the_root_of_jensen_shannon_is_a_metric(p, q, other):
    """sqrt(JS) obeys the triangle inequality, also with empty bins, and JS <= log 2. JS itself does
    not obey it.
    """

    def statement(distance, p, q, other):
        # The root of a rounding of 1e-15.
        assert distance(p, q) <= distance(p, other) + distance(other, q) + 1e-7

    def root(p, q):
        return np.sqrt(max(histogram_jensen_shannon(p, q)[0], 0))

    statement(root, p, q, other)
    assert 0 <= histogram_jensen_shannon(p, q)[0] + 1e-15 <= np.log(2) + 2e-15
    corners = np.array([1.0, 0.0]), np.array([0.0, 1.0]), np.array([0.5, 0.5])
    caught(statement, lambda p, q: histogram_jensen_shannon(p, q)[0], *corners)


def test_counterexample_an_empty_bin_makes_jeffreys_infinite():
    """p = (1, 0), q = (1/2, 1/2): Jeffreys is infinite, however fine the histogram; Jensen-Shannon
    is finite and smooth in the filled bins. A loss on histograms needs the second.
    """
    p, q = np.array([1.0, 0.0]), np.array([0.5, 0.5])

    def statement(divergence):
        value, gradient = divergence(p, q)
        assert np.isfinite(value) and np.isfinite(gradient[0])

    statement(histogram_jensen_shannon)
    caught(statement, histogram_jeffreys)
