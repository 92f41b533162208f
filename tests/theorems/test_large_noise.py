"""Theorems about one spike a step: the mirror between spikes and silence, and the count under large
noise.
"""

import numpy as np
import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st

from refsnn.theory import (
    expected_spike_count,
    free_potential,
    gaussian_step,
    large_noise_spike_count,
    mirrored,
    recursive_spike_count,
    spike_count_moments,
    staircase_count,
)
from tests.oracles import caught, fire
from tests.strategies import currents, dyadics, thresholds

# The kernel takes the mirror of the same sum wherever the path does not start on the threshold, and
# there the inversion of a Laplace transform is good to 10^(-0.6 * 12), relative.
INVERSION = 1e-7


@given(currents(), thresholds(), dyadics(-2, 2))
def test_theorem_silent_steps_are_the_spikes_of_the_mirror_neuron(current, v_threshold, v_init):
    """At most one spike a step, reset by subtraction, no leak: at every step exactly one of two
    fires, the neuron with input I_t from v_init on >=, or the neuron with input theta - I_t from
    theta - v_init on >. With >= for both, a potential on the threshold fires twice.
    """

    def statement(current, v_threshold, v_init, strict):
        image, start = mirrored(current, v_init, v_threshold)
        spikes, v = fire(current, v_threshold, v_init)
        silence, v_mirror = fire(image, v_threshold, start, strict=strict)
        assert np.array_equal(np.add(spikes, silence), np.ones(len(current)))
        assert np.array_equal(np.add(v, v_mirror), np.full(len(current), v_threshold))

    statement(current, v_threshold, v_init, True)
    caught(statement, np.array([1.0]), 1.0, 0.0, False)


@given(currents(), thresholds(), dyadics(-2, 2))
def test_theorem_the_count_lies_between_two_staircases(current, v_threshold, v_init):
    """N^one_T <= N^any_T, and from the mirror N^one_T >= T - N'^any_T with N'^any the count of the
    mirror neuron that may fire any number of times (on >, which is at most that on >=). Two closed
    forms that bracket the one that has none.
    """

    def statement(current, v_threshold, v_init, start_of_mirror):
        image, start = mirrored(current, v_init, v_threshold)
        start = start if start_of_mirror is None else start_of_mirror
        one, high = (
            staircase_count(free_potential(current, v_init), v_threshold, kind)[-1]
            for kind in ("one", "any")
        )
        low = len(current) - staircase_count(free_potential(image, start), v_threshold, "any")[-1]
        assert low <= one <= high

    statement(current, v_threshold, v_init, None)
    caught(statement, np.array([0.0]), 1.0, 0.0, -1.0)


@given(st.floats(-0.5, 1.5), st.floats(0.3, 3.0), st.integers(1, 100), st.floats(-1, 2))
def test_law_the_large_noise_count_obeys_the_mirror(mean, std, T, v_init):
    """E[N] + E[N'] = T for mean and theta - mean, v_init and theta - v_init: the formula has the
    symmetry of the neuron, and is T/2 at its centre. With a start not shifted by theta/2 it has
    not.
    """

    def statement(count, mean, std, T, v_init):
        image, start = mirrored(mean, v_init)
        total = count(mean, std, T, v_init=v_init) + count(image, std, T, v_init=start)
        assert total == pytest.approx(T, rel=INVERSION, abs=INVERSION)

    statement(large_noise_spike_count, mean, std, T, v_init)
    caught(
        statement,
        lambda mean, std, T, v_init: large_noise_spike_count(mean, std, T, v_init=v_init - 0.5),
        0.5,
        1.0,
        16,
        0.5,
    )


def test_lemma_the_laplace_transform_solves_the_two_drift_equation():
    """G(x), the Laplace transform in time of P(Y_t > 0 | Y_0 = x), satisfies sigma^2 G''/2 + mu G'
    - lambda G = -[x > 0] with drift mu_- below and mu_+ above 0, and is continuous with its
    derivative at 0. At lambda -> 0 its residue is mu/theta for mu_- = mu, mu_+ = mu - theta: the
    rate of a rate code.
    """
    x, lam, sigma, theta = sympy.symbols("x lambda sigma theta", positive=True)
    low, high = sympy.symbols("mu_low mu_high", real=True)
    p = (high + sympy.sqrt(high**2 + 2 * lam * sigma**2)) / sigma**2
    q = (-low + sympy.sqrt(low**2 + 2 * lam * sigma**2)) / sigma**2

    def statement(p, q):
        below = p / (p + q) * sympy.exp(q * x) / lam
        above = (1 - q / (p + q) * sympy.exp(-p * x)) / lam
        for G, drift, source in ((below, low, 0), (above, high, 1)):
            assert (
                sympy.simplify(
                    sigma**2 * sympy.diff(G, x, 2) / 2 + drift * sympy.diff(G, x) - lam * G + source
                )
                == 0
            )
        assert sympy.simplify((above - below).subs(x, 0)) == 0
        assert sympy.simplify(sympy.diff(above - below, x).subs(x, 0)) == 0

    statement(p, q)
    caught(statement, q, p)
    rate = (p / (p + q)).subs({low: theta / 3, high: theta / 3 - theta, sigma: 1})
    assert sympy.simplify(sympy.limit(rate, lam, 0, "+") - sympy.Rational(1, 3)) == 0


@pytest.mark.parametrize("mean", [0.125, 0.5, 0.8])
def test_law_large_noise_does_not_change_the_rate_in_the_end(mean):
    """Mean between 0 and the threshold: E[N_T]/T tends to mean/theta however large the noise, and
    the deficit E[N_T] - mean T/theta tends to a constant: between T = 4,000 and 8,000 the slope is
    mean/theta to 1e-5.
    """

    def statement(rate):
        counts = [large_noise_spike_count(mean, 1.5, T, v_init=0.0) for T in (4_000, 8_000)]
        assert (counts[1] - counts[0]) / 4_000 == pytest.approx(rate, abs=1e-5)

    statement(mean)
    caught(statement, mean + 1e-3)


def measured_errors(formula, T, means, stds, starts):
    """Error of a formula for the count, and the exact count, Gaussian input, one spike a step."""
    cases = [(mean, std, v_init) for mean in means for std in stds for v_init in starts]
    exact = []
    for mean, std, v_init in cases:
        step = gaussian_step(mean, std, min(2.0**-5, 2.0 ** np.floor(np.log2(std / 2)) / 2))
        exact.append(recursive_spike_count(step, T, v_init=v_init)[-1])
    exact = np.array(exact)
    return np.abs(formula(*np.array(cases).T) - exact), exact


@pytest.mark.parametrize("T, band", [(4, 0.1), (16, 0.02), (64, 0.01)])
def test_law_the_large_noise_count_is_close_to_the_exact_count(T, band):
    """Noise of 1 to 3 thresholds a step, mean from 0 to 1.2, v_init from -1 to 1: relative error
    below 10 % at T = 4, 2 % at T = 16, 1 % at T = 64. The sum of first-passage probabilities, which
    knows no limit of one spike a step, is not.
    """
    domain = (0.0, 0.3, 0.7, 1.2), (1.0, 1.5, 3.0), (-1.0, 0.0, 0.5, 1.0)

    def statement(formula):
        error, exact = measured_errors(
            lambda mean, std, v: formula(mean, std, T, v_init=v), T, *domain
        )
        assert np.max(error / exact) < band

    statement(large_noise_spike_count)
    caught(
        statement,
        lambda *args, **kwargs: spike_count_moments(*args, **kwargs, spikes_per_step="any").mean,
    )


@pytest.mark.parametrize(
    "T, band, absolute", [(4, 0.14, 0.05), (8, 0.09, 0.01), (16, 0.05, 0.01), (64, 0.03, 0.01)]
)
def test_law_the_expected_count_is_close_to_the_exact_count(T, band, absolute):
    """The formula that a user calls, std from 0.1 to 3, mean from 0 to 1.2, v_init -1 to 1/2:
    within its stated domain. Without the mirror (any number of spikes a step) the neuron of mean
    1.2 is far outside.
    """
    domain = (0.0, 0.1, 0.45, 0.6, 1.0, 1.2), (0.1, 0.3, 0.75, 1.0, 3.0), (-1.0, 0.0, 0.5)

    def statement(spikes_per_step):
        error, exact = measured_errors(
            lambda mean, std, v: expected_spike_count(
                mean, std, T, v_init=v, spikes_per_step=spikes_per_step
            ),
            T,
            *domain,
        )
        assert np.all((error < band * exact) | (error < absolute))

    statement("one")
    caught(statement, "any")


@pytest.mark.parametrize("T", [16, 64])
def test_law_the_expected_count_of_a_silent_neuron_is_close_to_the_exact_count(T):
    """Negative means (-0.3 to -0.03), std 0.1 to 3, v_init -1 to 1/2: within 8 % or 0.01 spikes.
    The rectified mean says 0.
    """
    domain = (-0.3, -0.1, -0.03), (0.1, 0.3, 0.75, 1.0, 3.0), (-1.0, 0.0, 0.5)

    def statement(formula):
        error, exact = measured_errors(formula, T, *domain)
        assert np.all((error < 0.08 * exact) | (error < 0.01))

    statement(lambda mean, std, v: expected_spike_count(mean, std, T, v_init=v))
    caught(statement, lambda mean, std, v: np.maximum(v + mean * T, 0))
