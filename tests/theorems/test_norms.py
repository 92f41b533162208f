"""Theorems about the norm of the weights that governs the noise of the free potential."""

import numpy as np
import pytest
import sympy
from hypothesis import assume, given
from hypothesis import strategies as st

from refsnn.theory import (
    bernoulli_std_maximum,
    bernoulli_worst_case_rates,
    crossover_rho,
    membrane_std,
    std_bound,
    weight_norm,
    worst_case_rates,
)
from tests.oracles import caught
from tests.strategies import arrays, dyadics

EXPONENTS = [1, 1.25, 1.5, 2, 3, 7, np.inf]
# Powers and roots of up to 8 terms, each rounded to within a few units in the last place (1e-16
# relative).
ROUNDING = 1e-13
# Bisection for the Lagrange multiplier stops at rounding, 1e-16 times the number of terms and roots
# after it.
MULTIPLIER = 1e-12


def weights(n=6):
    """Non-zero dyadic weight vectors (n,)."""
    return arrays(dyadics(-2, 2), (n,)).filter(np.any)


def rate_norm(rates, p):
    return np.linalg.norm(rates, ord=p, axis=0)


@given(
    weights(),
    st.sampled_from(EXPONENTS),
    st.integers(1, 256).map(lambda k: k / 64),
    st.integers(1, 64),
)
def test_theorem_noise_is_bounded_by_the_conjugate_norm_and_the_bound_is_attained(
    weight, p, rho, T
):
    """Poisson counts: over all rates with |r|_p <= rho, sigma is at most sqrt(T rho) |w|_2q with
    1/p + 1/q = 1, attained at r_i proportional to |w_i|^(2(q-1)): p = 1, 2, infinity give the max,
    the L4, the L2 norm.
    """
    rates = worst_case_rates(weight, rho, p)
    assert rate_norm(rates, p) == pytest.approx(rho, rel=ROUNDING)

    def attained(rates, norm_exponent):
        bound = np.sqrt(T * rho) * weight_norm(weight, norm_exponent)
        assert membrane_std(weight, rates, T, process="poisson") == pytest.approx(
            bound, rel=ROUNDING
        )

    q = 1 if p == np.inf else np.inf if p == 1 else p / (p - 1)
    attained(rates, 2 * q)
    assert std_bound(weight, rho, p, T) == pytest.approx(
        np.sqrt(T * rho) * weight_norm(weight, 2 * q), rel=ROUNDING
    )
    weight, rho = np.array([1.0, 2.0]), 1.0
    # The L2 norm is not what rates of one L2 norm reach.
    caught(attained, worst_case_rates(weight, rho, 2), 2)


@given(
    weights(), st.sampled_from(EXPONENTS), arrays(st.integers(0, 256).map(lambda k: k / 256), (6,))
)
def test_law_no_rates_are_noisier_than_the_worst_case(weight, p, rates):
    """Any rates, for both processes: sigma <= std_bound at their own p-norm."""
    assume(rates.any())

    def statement(weight, rates, p, bound):
        for process in ("poisson", "bernoulli"):
            assert membrane_std(weight, rates, 9, process=process) <= bound(weight, rates, p) * (
                1 + ROUNDING
            )

    statement(weight, rates, p, lambda w, r, p: std_bound(w, rate_norm(r, p), p, 9))
    # exchanging the roles of p and q is no bound: rates (1/2, 1/2), p = 1
    caught(
        statement,
        np.array([1.0, 1.0]),
        np.array([0.5, 0.5]),
        1,
        lambda w, r, p: std_bound(w, rate_norm(r, np.inf), 1, 9),
    )


@given(weights(), st.integers(1, 512).map(lambda k: k / 128), st.integers(1, 64))
def test_theorem_bernoulli_noise_has_its_own_maximum(weight, rho, T):
    """Bernoulli spikes, |r|_2 <= rho: the maximum is at r_i = w_i^2 / (2 (w_i^2 + lambda)). It is
    feasible, moving on the sphere or inside the ball from it never helps, and the Poisson worst
    case is not it.
    """
    rates = bernoulli_worst_case_rates(weight, rho)
    assert np.all((rates >= 0) & (rates <= 0.5)) and rate_norm(rates, 2) <= rho * (1 + MULTIPLIER)
    top = bernoulli_std_maximum(weight, rho, T)
    assert top == pytest.approx(membrane_std(weight, rates, T), rel=MULTIPLIER)

    def statement(top, weight, rho):
        rng = np.random.default_rng(0)
        other = np.abs(rng.normal(size=(200, len(weight))))
        other *= rho / np.linalg.norm(other, axis=1, keepdims=True)  # anywhere on the sphere
        near = np.abs(
            bernoulli_worst_case_rates(weight, rho) + 0.05 * rho * rng.normal(size=other.shape)
        )
        near *= np.minimum(1, rho / np.linalg.norm(near, axis=1, keepdims=True))
        trial = np.minimum(np.concatenate([other, near]), 1)
        assert np.all(membrane_std(weight, trial, T) <= top * (1 + MULTIPLIER))

    statement(top, weight, rho)
    # The L4 direction (1, 1/4): a rate near 1 makes no noise.
    weight, rho = (
        np.array([1.0, 0.5]),
        1.0,
    )
    caught(statement, membrane_std(weight, worst_case_rates(weight, rho, 2), T), weight, rho)


def test_lemma_the_bernoulli_maximiser_is_stationary():
    """With the multiplier of the constraint sum r_i^2 = rho^2 scaled to lambda, the derivative of
    sum_i w_i^2 r_i (1 - r_i) - lambda r_i^2 vanishes at r = w^2 / (2 (w^2 + lambda)), and only
    there; the second derivative is negative.
    """
    w, r, lam = sympy.symbols("w r lambda", positive=True)
    lagrangian = w**2 * r * (1 - r) - lam * r**2

    def statement(candidate):
        (stationary,) = sympy.solve(sympy.diff(lagrangian, r), r)
        assert sympy.simplify(stationary - candidate) == 0
        assert sympy.simplify(sympy.diff(lagrangian, r, 2) + 2 * (w**2 + lam)) == 0

    statement(w**2 / (2 * (w**2 + lam)))
    caught(statement, w**2 / (w**2 + lam))


@given(weights(), st.integers(1, 64))
def test_law_the_crossover_runs_from_the_L4_to_the_L2_norm(weight, T):
    """Bernoulli spikes: the maximum over |r|_2 <= rho is below sqrt(T rho) |w|_4 and sqrt(T) |w|_2
    / 2, reaches the second for rho >= sqrt(n)/2, approaches the first for small rho, and the two
    cross at |w|_2^2 / (4 |w|_4^2).
    """
    l2, l4 = weight_norm(weight, 2), weight_norm(weight, 4)

    def statement(small, large):
        for rho in (1e-3, 0.1, 0.5, 1.0, 3.0):
            top = bernoulli_std_maximum(weight, rho, T)
            assert top <= min(np.sqrt(T * rho) * small, np.sqrt(T) * large / 2) * (1 + MULTIPLIER)
        assert bernoulli_std_maximum(weight, np.sqrt(len(weight)) / 2, T) == pytest.approx(
            np.sqrt(T) * large / 2
        )
        # 1 - r is between 1 - rho and 1 there, so the ratio of variances is, too
        ratio = bernoulli_std_maximum(weight, 1e-6, T) / (np.sqrt(T * 1e-6) * small)
        assert np.sqrt(1 - 1e-6) - MULTIPLIER <= ratio <= 1 + MULTIPLIER

    statement(l4, l2)
    rho = crossover_rho(weight)
    assert np.sqrt(rho) * l4 == pytest.approx(l2 / 2, rel=ROUNDING)
    assert 0.25 - ROUNDING <= rho <= np.sqrt(6) / 4 + ROUNDING
    weight = np.array([1.0, 0.5])
    caught(statement, weight_norm(weight, 2), weight_norm(weight, 4))


@given(weights())
def test_lemma_the_norms_are_nested(weight):
    """|w|_inf <= |w|_4 <= |w|_2 <= |w|_1, and |w|_2 <= n^(1/4) |w|_4: the L4 norm is large, at a
    given L2 norm, for concentrated weights.
    """

    def statement(exponents):
        norms = [weight_norm(weight, p) for p in exponents]
        assert all(a <= b * (1 + ROUNDING) for a, b in zip(norms, norms[1:], strict=False))

    statement([np.inf, 4, 2, 1])
    assert weight_norm(weight, 2) <= len(weight) ** 0.25 * weight_norm(weight, 4) * (1 + ROUNDING)
    weight = np.array([1.0, 1.0])
    caught(statement, [1, 2, 4])


@given(weights(), st.integers(1, 16))
def test_law_noise_is_the_L4_norm_times_the_angle(weight, T):
    """Poisson counts, any rates: sigma = |w|_4 sqrt(T |r|_2 cos phi), phi the angle between w*w and
    r. Proportionality to the L4 norm needs one |r|_2 cos phi for all neurons; leaving the angle out
    overestimates.
    """
    rates = np.linspace(0.1, 0.9, len(weight))

    def statement(with_angle):
        squares = weight**2
        cosine = (
            squares @ rates / (np.linalg.norm(squares) * np.linalg.norm(rates))
            if with_angle
            else 1.0
        )
        formula = weight_norm(weight, 4) * np.sqrt(T * np.linalg.norm(rates) * cosine)
        assert membrane_std(weight, rates, T, process="poisson") == pytest.approx(
            formula, rel=ROUNDING
        )

    statement(True)
    weight, rates = np.array([1.0, 0.0]), np.array([0.5, 0.5])
    caught(statement, False)
