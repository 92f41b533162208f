"""Theorems about the mean, the standard deviation and the covariance of the free membrane
potential.
"""

from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from refsnn.theory import leak_sum, membrane_cov, membrane_mean, membrane_std
from tests.oracles import caught
from tests.strategies import arrays, dyadics, neurons_and_rates, rates


def every_outcome(weight, rate, T, beta, v_init):
    """Each value the free potential (out,) can take after T steps with its probability, as
    Fractions.
    """
    n_in, n_out = weight.shape
    w = [[Fraction(x) for x in row] for row in weight]
    p = [Fraction(x) for x in rate]
    for spikes in product((0, 1), repeat=n_in * T):
        chance, v = Fraction(1), [Fraction(v_init)] * n_out
        for t in range(T):
            row = spikes[t * n_in : (t + 1) * n_in]
            v = [
                Fraction(beta) * v[j] + sum(s * w[i][j] for i, s in enumerate(row))
                for j in range(n_out)
            ]
            for i, s in enumerate(row):
                chance *= p[i] if s else 1 - p[i]
        yield v, chance


@st.composite
def small_cases(draw):
    """At most 8 input spikes, so that all 2**8 outcomes can be summed; a leak of 1/2 keeps the sums
    exact.
    """
    n_in = draw(st.integers(1, 4))
    T = draw(st.integers(1, 8 // n_in))
    weight = draw(arrays(dyadics(-2, 2), (n_in, 2)))
    return weight, draw(rates(n_in)), T, draw(st.sampled_from([1.0, 0.5])), draw(dyadics(-1, 1))


FIXED = (np.array([[1.0, -0.5], [0.25, 2.0]]), np.array([0.25, 0.5]), 3, 0.5, 1.0)


def has_these_moments(mean, std, weight, rate, T, beta, v_init):
    outcomes = list(every_outcome(weight, rate, T, beta, v_init))
    for j in range(weight.shape[1]):
        first = sum(chance * v[j] for v, chance in outcomes)
        second = sum(chance * v[j] ** 2 for v, chance in outcomes)
        assert mean(weight, rate, T, beta=beta, v_init=v_init)[j] == float(first)
        assert std(weight, rate, T, beta=beta)[j] == np.sqrt(float(second - first**2))


@given(small_cases())
def test_theorem_mean_and_variance_of_the_free_potential(case):
    """For independent Bernoulli spikes the mean is beta^T v_init + (w.r) sum_k beta^k and the
    variance is sum_i w_i^2 r_i (1 - r_i) sum_k beta^(2k): exactly the moments of the sum over all
    outcomes.
    """
    has_these_moments(membrane_mean, membrane_std, *case)

    def std_without_refractoriness(weight, rate, T, beta):
        return membrane_std(weight, rate, T, beta, process="poisson")

    def mean_without_leak(weight, rate, T, beta, v_init):
        return membrane_mean(weight, rate, T, 1.0, v_init)

    caught(has_these_moments, membrane_mean, std_without_refractoriness, *FIXED)
    caught(has_these_moments, mean_without_leak, membrane_std, *FIXED)


@given(small_cases())
def test_theorem_covariance_of_neurons_that_share_inputs(case):
    """For independent Bernoulli spikes Cov[V_a, V_b] = sum_i w_ia w_ib r_i (1 - r_i) sum_k
    beta^(2k), exactly.
    """

    def statement(cov, weight, rate, T, beta, v_init):
        outcomes = list(every_outcome(weight, rate, T, beta, v_init))
        mean = [sum(chance * v[j] for v, chance in outcomes) for j in range(2)]
        both = sum(chance * v[0] * v[1] for v, chance in outcomes)
        assert cov(weight, rate, T, beta)[0, 1] == float(both - mean[0] * mean[1])

    statement(membrane_cov, *case)
    caught(statement, lambda *args: np.diag(membrane_std(*args) ** 2), *FIXED)


def simulated(rng, weight, rate, T, beta, process, trials):
    """The free potential (trials, out) by drawing every input spike."""
    v = np.zeros((trials, weight.shape[1]))
    for _ in range(T):
        spikes = (
            rng.random((trials, len(rate))) < rate
            if process == "bernoulli"
            else rng.poisson(rate, (trials, len(rate)))
        )
        v = beta * v + spikes @ weight
    return v


@pytest.mark.parametrize("process", ["bernoulli", "poisson"])
@pytest.mark.parametrize("beta", [1.0, 0.75])
def test_theorem_moments_agree_with_monte_carlo(process, beta):
    """For both processes, with and without leak, mean and variance lie within 5 standard errors of
    20,000 trials; the other process's variance does not.
    """
    rng = np.random.default_rng(3)
    T, trials = 16, 20_000
    weight, rate = rng.normal(size=(30, 5)), rng.uniform(0.2, 0.6, 30)
    v = simulated(rng, weight, rate, T, beta, process, trials)

    def statement(std):
        spread = v.std(axis=0, ddof=1)
        assert np.all(
            np.abs(v.mean(axis=0) - membrane_mean(weight, rate, T, beta))
            < 5 * spread / np.sqrt(trials)
        )
        # standard error of a variance: sqrt((fourth central moment - variance^2) / trials)
        fourth = np.mean((v - v.mean(axis=0)) ** 4, axis=0)
        error = np.sqrt((fourth - spread**4) / trials)
        assert np.all(np.abs(spread**2 - std**2) < 5 * error)

    statement(membrane_std(weight, rate, T, beta, process))
    other = "poisson" if process == "bernoulli" else "bernoulli"
    caught(statement, membrane_std(weight, rate, T, beta, other))


def exponent(sigma, norm):
    """Exponent e of the least-squares power law sigma = c norm^e."""
    return np.polyfit(np.log(norm), np.log(sigma), 1)[0]


def test_law_std_scales_with_the_L4_norm():
    """Which norm of the weights governs the noise is a statement about the inputs. Poisson inputs
    of one |r|_2 for every neuron, with rates proportional to w*w: sigma = |w|_4 sqrt(T |r|_2),
    exponent 1 in the L4 norm and not in the L2 norm. Rates that know nothing of the weights:
    exponent 1 in the L2 norm and not in the L4 norm.

    Monte Carlo, 1,000 trials of 120 neurons; larger weight vectors are more concentrated, so the
    two norms grow at different rates. A standard deviation from 1,000 trials has a relative error
    of 1/sqrt(2,000) = 2.2 %, the log norms spread by 0.7: an exponent from 120 neurons has a
    standard error of 0.022 / (0.7 sqrt(120)) = 0.003, and 0.011 for unrelated rates, which move
    each sigma by some 8 %. The bands 0.02 and 0.05 are more than four of them; the other norm's
    exponents, 1.18 and 0.83, lie three bands and more outside.
    """
    rng = np.random.default_rng(0)
    n, neurons, T, trials, rho = 200, 120, 20, 1_000, 1.0
    concentration = rng.uniform(0, 2, neurons)
    gauss = rng.normal(size=(n, neurons))
    weight = gauss * np.abs(gauss) ** concentration  # from Gaussian to heavy-tailed
    weight *= np.exp(concentration + rng.normal(0, 0.4, neurons)) / np.linalg.norm(weight, axis=0)
    l2, l4 = (np.sum(np.abs(weight) ** p, axis=0) ** (1 / p) for p in (2, 4))

    def measured(
        rate,
    ):  # (in, neurons): each neuron has its own rates; Poisson counts over T steps add up
        v = [rng.poisson(T * rate[:, j], (trials, n)) @ weight[:, j] for j in range(neurons)]
        return np.std(v, axis=1, ddof=1)

    squares = weight**2
    aligned = rho * squares / np.linalg.norm(squares, axis=0)
    unrelated = rng.uniform(0, 1, (n, neurons))
    unrelated *= rho / np.linalg.norm(unrelated, axis=0)
    sigma_aligned, sigma_unrelated = measured(aligned), measured(unrelated)

    def proportional(sigma, norm, band):
        assert abs(exponent(sigma, norm) - 1) < band

    proportional(sigma_aligned, l4, 0.02)
    proportional(sigma_unrelated, l2, 0.05)
    caught(proportional, sigma_aligned, l2, 0.05)
    caught(proportional, sigma_unrelated, l4, 0.05)
    formula = [
        membrane_std(weight[:, j], aligned[:, j], T, process="poisson") for j in range(neurons)
    ]
    assert np.allclose(formula, l4 * np.sqrt(T * rho), rtol=1e-12, atol=0)  # rounding of 200 terms


@given(neurons_and_rates(), st.integers(1, 64))
def test_law_the_margin_is_a_neuron_of_weight_difference(case, T):
    """V_a - V_b has the variance of one neuron with weights w_a - w_b: C_aa + C_bb - 2 C_ab,
    exactly on dyadics.
    """
    weight, rate = case

    def statement(sign):
        cov = membrane_cov(weight, rate, T)
        a, b = 0, weight.shape[1] - 1
        margin = membrane_cov((weight[:, a] - weight[:, b])[:, None], rate, T)[0, 0]
        assert cov[a, a] + cov[b, b] + sign * 2 * cov[a, b] == margin

    statement(-1)
    weight, rate = np.array([[1.0, 1.0]]), np.array([0.5])
    caught(statement, +1)


@given(neurons_and_rates(), st.integers(1, 3), st.integers(1, 3))
def test_law_variance_adds_over_time_after_the_leak(case, first, second):
    """Var after first + second steps is beta^(2 second) Var after `first`, plus Var after `second`:
    exactly for beta = 1/2 (what came before has leaked, what comes later is independent of it). Up
    to 6 steps: the weights' squares take 20 bits, the variances of 8 inputs 19, the leak's powers
    11, and a float64 has 53.
    """
    weight, rate = case

    def statement(power):
        variance = [
            np.diag(membrane_cov(weight, rate, T, beta=0.5))
            for T in (first, second, first + second)
        ]
        assert np.array_equal(0.5 ** (power * second) * variance[0] + variance[1], variance[2])

    statement(2)
    weight, rate = np.array([[1.0]]), np.array([0.5])
    caught(statement, 1)


@given(neurons_and_rates(), st.integers(1, 64))
def test_law_bernoulli_spikes_are_the_quieter_process(case, T):
    """At the same rates the Bernoulli potential has at most the Poisson potential's variance, and
    at least half of it as long as no rate exceeds 1/2; means agree.
    """
    weight, rate = case

    def statement(rate):
        bernoulli, poisson = (
            membrane_std(weight, rate, T, process=p) ** 2 for p in ("bernoulli", "poisson")
        )
        # squares of rounded square roots: each side within 4 units in the last place
        assert np.all(bernoulli <= poisson * (1 + 1e-15)) and np.all(
            bernoulli >= poisson * (0.5 - 1e-15)
        )

    statement(rate / 2)
    weight = np.array([[1.0]])
    caught(statement, np.array([0.75]))


@given(neurons_and_rates())
def test_law_shapes_follow_the_arguments(case):
    """weight (in, out) with rates (..., in) gives (..., out), and each entry is the one of its row
    and neuron.
    """
    weight, rate = case
    batch = np.stack([rate, rate / 2, np.zeros_like(rate)])[None]  # (1, 3, in)
    assert (
        membrane_mean(weight, batch, 4).shape
        == membrane_std(weight, batch, 4).shape
        == (1, 3, weight.shape[1])
    )
    assert membrane_cov(weight, batch, 4).shape == (1, 3, weight.shape[1], weight.shape[1])

    def statement(row):
        for j in range(weight.shape[1]):
            assert membrane_mean(weight, batch, 4)[0, row, j] == membrane_mean(
                weight[:, j], rate / 2, 4
            )
            assert membrane_std(weight, batch, 4)[0, row, j] == membrane_std(
                weight[:, j], rate / 2, 4
            )

    statement(1)
    if np.any(rate @ weight):
        caught(statement, 0)


def leaky_potentials(tau, T, reset, trials=400_000):
    """Potentials before firing (trials,) at step T of neurons with standard Gaussian input and
    threshold 1.
    """
    rng, v = np.random.default_rng(8), np.zeros(trials)
    for _ in range(T):
        u = tau * v + rng.normal(size=trials)
        v = np.where(u >= 1, 0, u) if reset else u
    return u


@pytest.mark.parametrize("tau", [0.25, 0.5])
def test_lemma_the_leaky_potential_has_a_variance_of_one_plus_tau_squared(tau):
    """Input N(0, theta^2), decay tau, no reset: the variance is theta^2 sum_(k<T) tau^(2k), which
    is (1 + tau^2) theta^2 at T = 2 and tends to theta^2/(1 - tau^2). Monte Carlo, 5 standard errors
    (sqrt(2/trials), a Gaussian's).
    """

    def statement(T, variance):
        assert abs(leaky_potentials(tau, T, False).var() / variance - 1) < 5 * np.sqrt(2 / 400_000)

    statement(2, leak_sum(2, tau, 2))
    statement(6, leak_sum(6, tau, 2))
    assert leak_sum(2, tau, 2) == 1 + tau**2 and leak_sum(60, tau, 2) == pytest.approx(
        1 / (1 - tau**2), rel=1e-15
    )
    caught(statement, 2, 1.0)  # that of a neuron without memory


@pytest.mark.parametrize("tau", [0.25, 0.5])
def test_counterexample_a_reset_to_zero_shrinks_the_leaky_potential(tau):
    """With a reset to zero at theta = 1 the lemma's variance 1 + tau^2 is too large: at T = 2 the
    potential carries over only where it stayed below the threshold, so its mean is -tau phi(1) and
    its variance 1 + tau^2 (Phi(1) - phi(1) - phi(1)^2): 1.034 for 1.0625 at tau = 1/4, 1.135 for
    1.25 at tau = 1/2. Monte Carlo, 5 standard errors.
    """
    u, density = leaky_potentials(tau, 2, True), norm.pdf(1)

    def statement(mean, variance):
        assert abs(u.mean() - mean) < 5 * np.sqrt(variance / len(u))
        # Fourth moment within 5 % of a Gaussian's.
        assert abs(u.var() / variance - 1) < 5 * np.sqrt(2.1 / len(u))

    statement(-tau * density, 1 + tau**2 * (norm.cdf(1) - density - density**2))
    caught(statement, 0.0, 1 + tau**2)
