"""Theorems about distances between distributions of the membrane potential."""

import numpy as np
import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import rel_entr

from refsnn.theory import gaussian_jeffreys, histogram_jensen_shannon
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


def histogram_jeffreys(p, q):
    return rel_entr(p, q).sum() + rel_entr(q, p).sum()


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
def test_theorem_the_gradient_of_the_jeffreys_divergence_is_its_difference(
    mean, std, target_mean, target_std
):
    """In the mean and in the standard deviation of the moving Gaussian."""

    def statement(factor, *example):
        mean, std, *target = example
        found = gaussian_jeffreys(mean, std, *target)
        up, down = (gaussian_jeffreys(mean + h, std, *target).value for h in (STEP, -STEP))
        assert factor * found.d_mean == pytest.approx((up - down) / (2 * STEP), abs=DIFFERENCE)
        up, down = (gaussian_jeffreys(mean, std + h, *target).value for h in (STEP, -STEP))
        assert factor * found.d_std == pytest.approx((up - down) / (2 * STEP), abs=DIFFERENCE)

    statement(1, mean, std, target_mean, target_std)
    caught(statement, 2, 1.0, 0.5, 0.0, 1.0)


@given(MEANS, STDS, MEANS, STDS)
def test_law_the_jeffreys_divergence_is_symmetric_and_vanishes_for_equals(
    mean, std, target_mean, target_std
):
    """J(p, q) = J(q, p) >= 0, 0 at p = q with zero gradient. A Kullback-Leibler divergence is not
    symmetric.
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
    assert np.allclose(gaussian_jeffreys(mean, std, mean, std), 0, atol=1e-12)
    mean, std, target_mean, target_std = 0.0, 1.0, 0.0, 2.0
    caught(statement, lambda m, s, n, r: np.log(r / s) + (s**2 + (m - n) ** 2) / (2 * r**2) - 0.5)


@given(MEANS, STDS, MEANS, STDS, st.sampled_from([0.5, 2.0, 8.0]))
def test_law_the_jeffreys_divergence_does_not_depend_on_the_unit_of_potential(
    mean, std, target_mean, target_std, unit
):
    """Potentials, threshold and target measured in another unit: the same divergence, gradients
    divided by the unit.
    """

    def statement(factor_of_target):
        one = gaussian_jeffreys(mean, std, target_mean, target_std)
        target = factor_of_target * target_mean, factor_of_target * target_std
        other = gaussian_jeffreys(unit * mean, unit * std, *target)
        in_units = [other.value, unit * other.d_mean, unit * other.d_std]
        assert np.allclose(in_units, one, rtol=1e-9, atol=1e-9)

    statement(unit)
    mean, std, target_mean, target_std = 0.0, 1.0, 1.0, 1.0
    caught(statement, 2 * unit)


@given(histograms(), histograms())
def test_theorem_the_jensen_shannon_divergence_is_its_definition(p, q):
    """The mean of the two Kullback-Leibler divergences to the mixture (scipy's rel_entr, sums of 5
    terms: 1e-14); at most a quarter of the Jeffreys divergence, which is another number.
    """

    def statement(divergence, p, q):
        m = (p + q) / 2
        exact = (rel_entr(p, m).sum() + rel_entr(q, m).sum()) / 2
        assert divergence(p, q) == pytest.approx(exact, abs=1e-13)
        assert divergence(p, q) <= histogram_jeffreys(p, q) / 4 + 1e-13

    statement(lambda p, q: histogram_jensen_shannon(p, q)[0], p, q)
    caught(statement, histogram_jeffreys, np.array([0.5, 0.5]), np.array([0.25, 0.75]))


@given(histograms(), histograms(), histograms())
def test_theorem_the_gradient_of_jensen_shannon_is_its_directional_derivative(p, q, other):
    """Along any direction that keeps the sum at 1 (towards another histogram), by central
    differences, h = 1e-5.
    """

    def statement(gradient_of, p, q, other):
        towards = other - p
        up, down = (histogram_jensen_shannon(p + h * towards, q)[0] for h in (STEP, -STEP))
        difference = (up - down) / (2 * STEP)
        assert gradient_of(p, q) @ towards == pytest.approx(difference, abs=DIFFERENCE)

    def gradient(p, q):
        return histogram_jensen_shannon(p, q)[1]

    statement(gradient, p, q, other)
    example = np.array([0.5, 0.5]), np.array([0.25, 0.75]), np.array([1.0, 0.0])
    caught(statement, lambda p, q: 2 * gradient(p, q), *example)


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

    def statement(value):
        assert np.isfinite(value)

    value, gradient = histogram_jensen_shannon(p, q)
    statement(value)
    statement(gradient[0])
    caught(statement, histogram_jeffreys(p, q))
