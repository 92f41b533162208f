"""Theorems about the whole law of the free potential: cumulants, characteristic function, Gaussian
distance, tail.
"""

from fractions import Fraction
from itertools import product

import numpy as np
import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import ndtr

from refsnn.theory import (
    berry_esseen_bound,
    characteristic_function,
    cumulants,
    membrane_mean,
    membrane_std,
    saddlepoint_tail,
)
from refsnn.theory.recursion import input_step
from tests.oracles import caught
from tests.strategies import arrays, dyadics, rates


def law(weight, rate, T, spacing, process="bernoulli"):
    """Values and probabilities of the free potential after T steps, weights on a lattice."""
    step = input_step(weight, rate, spacing, process)
    size = 2 ** int(np.ceil(np.log2(T * step.probability.size)))
    probability = np.fft.irfft(np.fft.rfft(step.probability, size) ** T, size)
    return (T * step.lowest + np.arange(size)) * spacing, probability


@given(arrays(dyadics(-2, 2), (3,)), rates(3), st.integers(1, 2))
def test_theorem_cumulants_add_over_inputs_and_steps(weight, rate, T):
    """Bernoulli spikes: kappa_1 ... kappa_4 of the free potential are sums over inputs and steps,
    exactly the cumulants computed from the central moments of the law (all outcomes, Fractions).
    """
    w, r = [Fraction(x) for x in weight], [Fraction(x) for x in rate]
    outcomes = []
    for spikes in product((0, 1), repeat=3 * T):
        chance, v = Fraction(1), Fraction(0)
        for i, s in enumerate(spikes):
            chance, v = chance * (r[i % 3] if s else 1 - r[i % 3]), v + s * w[i % 3]
        outcomes.append((v, chance))
    mean = sum(c * v for v, c in outcomes)
    m2, m3, m4 = (sum(c * (v - mean) ** n for v, c in outcomes) for n in (2, 3, 4))

    def statement(process):
        found = cumulants(weight, rate, T, 4, process=process)
        # values below 2^10 of terms on a 2^-64 grid: rounding of the fourth below 1e-12
        assert found == pytest.approx(
            [float(x) for x in (mean, m2, m3, m4 - 3 * m2**2)], rel=1e-12, abs=1e-12
        )

    statement("bernoulli")
    w, r, weight, rate, T = None, None, np.array([1.0]), np.array([0.5]), 1
    mean, m2, m3, m4 = (Fraction(1, n) for n in (2, 4, 1, 16))
    caught(statement, "poisson")


def test_lemma_bernoulli_cumulants_obey_the_recursion():
    """log(1 + r (e^t - 1)) has derivatives c_n at t = 0 with c_(n+1) = r (1 - r) dc_n/dr; for
    Poisson all are r.
    """
    r, t = sympy.symbols("r t")
    generating = sympy.log(1 + r * (sympy.exp(t) - 1))
    c = [sympy.simplify(sympy.diff(generating, t, n).subs(t, 0)) for n in range(1, 6)]

    def statement(factor):
        for n in range(4):
            assert sympy.expand(c[n + 1] - factor * sympy.diff(c[n], r)) == 0

    statement(r * (1 - r))
    caught(statement, r)
    poisson = r * (sympy.exp(t) - 1)
    assert all(sympy.diff(poisson, t, n).subs(t, 0) == r for n in range(1, 6))


@pytest.mark.parametrize("process", ["bernoulli", "poisson"])
@pytest.mark.parametrize("beta", [1.0, 0.75])
def test_theorem_characteristic_function_generates_the_cumulants(process, beta):
    """log phi(u) = sum_n kappa_n (iu)^n / n!, with and without leak, for both processes: the
    remainder after four terms is of fifth order (slope 5 of its size against u).
    """
    rng = np.random.default_rng(1)
    weight, rate, T = rng.normal(size=12), rng.uniform(0, 0.9, 12), 5

    def statement(process_of_cumulants):
        kappa = cumulants(weight, rate, T, 4, beta, process_of_cumulants)
        u = np.array([0.02, 0.04])
        series = sum(
            k * (1j * u) ** n / f
            for n, (k, f) in enumerate(zip(kappa, (1, 2, 6, 24), strict=True), start=1)
        )
        left = np.abs(np.log(characteristic_function(weight, rate, T, u, beta, process)) - series)
        # the sixth-order term bends the slope of 5 by a few percent at these u
        assert abs(np.log2(left[1] / left[0]) - 5) < 0.2

    statement(process)
    caught(statement, "poisson" if process == "bernoulli" else "bernoulli")


@given(
    arrays(st.integers(-32, 32).map(lambda k: k / 16), (4, 2)),
    rates(4),
    st.integers(1, 3),
    st.sampled_from(["bernoulli", "poisson"]),
)
def test_theorem_characteristic_function_is_that_of_the_law(weight, rate, T, process):
    """phi(u) = E exp(i u V_T), without approximation, against the sum over the lattice law; and the
    shapes follow.
    """
    u = np.array([0.0, 0.3, 2.0])
    found = characteristic_function(weight, rate, T, u, process=process)
    assert found.shape == (2, 3)
    values, probability = law(weight[:, 0], rate, T, 1 / 16, process)

    def statement(phi):
        # the lattice law comes from transforms of up to 2^16 points, each probability rounded by
        # 1e-16 to 1e-15
        assert np.abs(np.exp(1j * np.outer(u, values)) @ probability - phi).max() < 1e-10

    statement(found[0])
    caught(
        statement,
        characteristic_function(weight[:, 0] + 0.5, rate + (1 - rate) / 2, T, u, process=process),
    )


@pytest.mark.parametrize("process", ["bernoulli", "poisson"])
def test_theorem_berry_esseen_bounds_the_distance_to_the_gaussian(process):
    """sup |P(V <= x) - Phi| is below the bound with absolute third moments, for concentrated,
    symmetric and spread weights; with the third *cumulant* in its place it is not, since that
    vanishes for w = (1, -1).
    """

    def distance(weight, rate, T):
        values, probability = law(weight, rate, T, 1 / 16, process)
        gauss = ndtr(
            (values - membrane_mean(weight, rate, T))
            / membrane_std(weight, rate, T, process=process)
        )
        above = np.cumsum(probability)
        return max(np.abs(above - gauss).max(), np.abs(above - probability - gauss).max())

    def statement(bound):
        rng = np.random.default_rng(2)
        cases = [
            (np.array([1.0, -1.0]), np.full(2, 0.3)),
            (np.array([2.0]), np.array([0.1])),
            (np.round(16 * rng.normal(size=40)) / 16, rng.uniform(0, 0.4, 40)),
        ]
        for weight, rate in cases:
            for T in (1, 4, 16):
                assert distance(weight, rate, T) <= bound(weight, rate, T)

    def with_cumulant(weight, rate, T):
        kappa = cumulants(weight, rate, T, 3, process=process)
        return 0.56 * abs(kappa[2]) / kappa[1] ** 1.5

    statement(lambda weight, rate, T: berry_esseen_bound(weight, rate, T, process=process))
    caught(statement, with_cumulant)


def test_law_the_distance_to_the_gaussian_and_its_bound_fall_as_one_over_root_T():
    """Lattice weights: both have the slope -1/2 in log-log, the law of the jumps; the *skewness*
    does too.
    """
    weight, rate, steps = (
        np.array([1.0, -1.0, 2.0]),
        np.array([0.3, 0.2, 0.1]),
        np.array([64, 256, 1024]),
    )
    bound, skew, distance = [], [], []
    for T in steps:
        values, probability = law(weight, rate, int(T), 1.0)
        gauss = ndtr(
            (values - membrane_mean(weight, rate, int(T))) / membrane_std(weight, rate, int(T))
        )
        distance.append(np.abs(np.cumsum(probability) - gauss).max())
        bound.append(berry_esseen_bound(weight, rate, int(T)))
        kappa = cumulants(weight, rate, int(T), 3)
        skew.append(kappa[2] / kappa[1] ** 1.5)

    def statement(values, slope):
        assert abs(np.polyfit(np.log(steps), np.log(np.abs(values)), 1)[0] - slope) < 0.02

    for values in (bound, skew, distance):
        statement(values, -0.5)
    caught(statement, distance, -1)


@pytest.mark.parametrize("process", ["bernoulli", "poisson"])
def test_law_the_saddlepoint_knows_the_tail_that_the_gaussian_misses(process):
    """P(V_T >= T x), x half a standard deviation of a step above the mean, T = 9, 16, 36, 64 (1.5
    to 4 standard deviations): the relative error of the saddlepoint tail is below 1e-4 at the end
    and falls with a power between 1 and 3/2 of 1/T (its orders at a fixed x and at a fixed number
    of standard deviations), while the Gaussian's grows. Weights on a 1/256 grid, levels half-way
    between its points, so that no atom is cut: what the lattice adds is (s/256)^2/24 relative,
    below 1e-6.
    """
    rng = np.random.default_rng(4)
    weight, rate = np.round(256 * rng.gamma(2, 0.5, 20)) / 256, rng.uniform(0.02, 0.2, 20)
    steps = np.array([9, 16, 36, 64])

    def statement(tail):
        errors = []
        for T in steps:
            values, probability = law(weight, rate, int(T), 1 / 256, process)
            level = T * (
                membrane_mean(weight, rate, 1) + membrane_std(weight, rate, 1, process=process) / 2
            )
            level = (np.floor(256 * level) + 0.5) / 256
            errors.append(abs(tail(level, int(T)) / probability[values > level].sum() - 1))
        assert errors[-1] < 1e-4 and -1.5 <= np.polyfit(np.log(steps), np.log(errors), 1)[0] <= -1

    def gaussian(level, T):
        return ndtr(
            (membrane_mean(weight, rate, T) - level)
            / membrane_std(weight, rate, T, process=process)
        )

    statement(lambda level, T: saddlepoint_tail(level, weight, rate, T, process))
    caught(statement, gaussian)


@given(arrays(dyadics(-2, 2), (5,)), rates(5), st.integers(1, 20), st.floats(-3, 3))
def test_law_the_saddlepoint_tail_mirrors(weight, rate, T, z):
    """P(V >= x) of weights w is 1 - P(V >= -x) of weights -w, also in the approximation."""
    std = membrane_std(weight, rate, T)
    x = membrane_mean(weight, rate, T) + z * std

    def statement(level):
        tail = saddlepoint_tail(x, weight, rate, T)
        # cancellation in 1/b - 1/a near the mean leaves 8 digits
        assert tail + saddlepoint_tail(level, -weight, rate, T) == pytest.approx(1, abs=1e-7)

    if std > 0:
        statement(-x)
    weight, rate, T, x = np.array([1.0, 0.5]), np.array([0.5, 0.25]), 5, 4.0
    caught(statement, x)


def test_lemma_the_saddlepoint_tail_is_continuous_at_the_mean():
    """At the mean both 1/a and 1/b are infinite and their difference is -kappa_3 / (6
    kappa_2^(3/2)): values on both sides lie on one line with it. Curvature over 1e-3 standard
    deviations is below 1e-6, cancellation below 1e-7.
    """
    weight, rate = np.array([1.0, 0.5, -0.25, 0.75]), np.array([0.2, 0.4, 0.3, 0.1])

    def statement(shift):
        std = membrane_std(weight, rate, 20)
        x = membrane_mean(weight, rate, 20) + np.array([-1e-3, shift, 1e-3]) * std
        below, at, above = saddlepoint_tail(x, weight, rate, 20)
        assert abs(below + above - 2 * at) < 1e-6

    statement(0.0)
    caught(statement, 1e-4)
