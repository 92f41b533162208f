"""Theorems about the exact recursions: what every approximation of a spike count is measured
against.
"""

from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from refsnn.theory import (
    gaussian_step,
    input_step,
    membrane_mean,
    membrane_std,
    recursive_spike_count,
    spitzer_maximum,
)
from tests.oracles import caught, fire, fire_at_random, maximum_survival
from tests.strategies import arrays, rates

WEIGHTS = st.integers(-32, 32).map(lambda k: k / 16)
# Transforms of up to 2^14 points round each probability by about 1e-15; counts add a few thousand
# of them.
ROUNDING = 1e-10


def every_path(weight, rate, T):
    """Each input path (T,) of a neuron with two Bernoulli inputs, with its probability, as
    Fractions.
    """
    w, r = [Fraction(x) for x in weight], [Fraction(x) for x in rate]
    for spikes in product((0, 1), repeat=2 * T):
        chance = Fraction(1)
        for i, s in enumerate(spikes):
            chance *= r[i % 2] if s else 1 - r[i % 2]
        yield [spikes[2 * t] * w[0] + spikes[2 * t + 1] * w[1] for t in range(T)], chance


@given(
    arrays(WEIGHTS, (2,)), rates(2), st.integers(1, 4), st.integers(-16, 16).map(lambda k: k / 16)
)
def test_theorem_the_recursion_is_the_expected_count(weight, rate, T, v_init):
    """Weights and v_init on the lattice: the mean number of spikes after every step, at most one
    spike a step, is the sum over all input paths.
    """
    paths = list(every_path(weight, rate, T))

    def statement(spikes_per_step, weight, rate, v_init, paths):
        expected = sum(
            float(chance) * np.cumsum(fire(path, 1, Fraction(v_init), spikes_per_step)[0])
            for path, chance in paths
        )
        found = recursive_spike_count(
            input_step(weight, rate, 1 / 16), len(paths[0][0]), v_init=v_init
        )
        assert found == pytest.approx(expected, abs=ROUNDING)

    statement("one", weight, rate, v_init, paths)
    example = np.array([2.0, 0.0]), np.array([0.5, 0.5])
    caught(statement, "any", *example, 0.0, list(every_path(*example, 2)))


@given(arrays(WEIGHTS, (2,)), rates(2), st.integers(1, 4))
def test_theorem_the_maximum_obeys_a_queue_recursion(weight, rate, T):
    """Exchangeable steps: M_n has the law of X + max(0, M_(n-1)). So P(max S_t >= b) comes out as
    the sum over all input paths, for every level b; without the maximum with 0 it is the law of the
    end.
    """
    paths = list(every_path(weight, rate, T))
    levels = np.arange(-64, 65) / 16

    def statement(height):
        heights = [(float(height(path)), float(chance)) for path, chance in paths]
        expected = [sum(chance for top, chance in heights if top >= level) for level in levels]
        assert maximum_survival(
            input_step(weight, rate, 1 / 16), levels, len(paths[0][0])
        ) == pytest.approx(expected, abs=ROUNDING)

    statement(lambda path: max(np.cumsum(path)))
    weight, rate = np.array([1.0, -1.0]), np.array([0.5, 0.5])
    paths = list(every_path(weight, rate, 2))
    caught(statement, sum)


@given(
    arrays(WEIGHTS, (3,)), rates(3), st.integers(1, 12), st.sampled_from(["bernoulli", "poisson"])
)
def test_theorem_spitzer_ties_the_maximum_to_the_ends(weight, rate, T, process):
    """For the true input law: E[max(0, S_1 ... S_T)], summed from the maximum's law over lattice
    levels, is sum_t E[S_t^+]/t, from the laws of the ends alone.
    """
    step, spacing = input_step(weight, rate, 1 / 16, process), 1 / 16
    law, lowest, parts = step.probability, step.lowest, []
    for t in range(1, T + 1):
        values = (t * step.lowest + np.arange(law.size)) * spacing
        parts.append(np.maximum(values, 0) @ law)
        law = np.convolve(law, step.probability)
    levels = np.arange(1, T * (lowest + step.probability.size) + 1) * spacing
    maximum = spacing * maximum_survival(step, levels, T).sum() if levels.size else 0.0

    def statement(expected):
        # a few thousand levels, each rounded by 1e-14
        assert expected == pytest.approx(maximum, abs=1e-9 * (1 + levels.size / 1000))

    statement(spitzer_maximum(parts)[-1])
    # Steps +1 or -1 with equal chance, T = 1: the end; T = 2: 1/2 + 1/4.
    maximum, levels = (
        0.5,
        np.zeros(1),
    )
    caught(statement, spitzer_maximum([0.5, 0.5])[-1])


@given(arrays(WEIGHTS, (4,)), rates(4), st.sampled_from(["bernoulli", "poisson"]))
def test_theorem_the_step_on_the_lattice_has_the_inputs_moments(weight, rate, process):
    """Weights on the lattice: probabilities sum to 1, with mean and variance of the input. Off the
    lattice the mean is kept and the variance grows by at most r h^2/4 an input.
    """

    def statement(weight, share_of_cell):
        step = input_step(weight, rate, 1 / 16, process)
        x = (step.lowest + np.arange(step.probability.size)) / 16
        mean, variance = x @ step.probability, x**2 @ step.probability - (x @ step.probability) ** 2
        assert step.probability.sum() == pytest.approx(1, abs=1e-12)
        assert mean == pytest.approx(membrane_mean(weight, rate, 1), abs=ROUNDING)
        excess = variance - membrane_std(weight, rate, 1, process=process) ** 2
        assert -ROUNDING <= excess <= share_of_cell * rate.sum() / 16**2 / 4 + ROUNDING

    statement(weight, 0)
    statement(weight + 1 / 40, 1)
    weight, rate = np.array([1 / 32]), np.array([1.0])
    caught(statement, weight, 0)


def test_law_the_lattice_error_falls_with_the_square_of_the_spacing():
    """Gaussian steps: halving the spacing divides the error of count and survival by 4 (slope 2 +-
    0.1; the reference is the finest lattice, 1/16 of the finest compared, whose own error bends the
    slope by 1/256).
    """
    spacings = 2.0 ** -np.arange(4, 7)

    def statement(value, order):
        errors = [abs(value(h) - value(2.0**-10)) for h in spacings]
        assert abs(np.polyfit(np.log(spacings), np.log(errors), 1)[0] - order) < 0.1

    def count(h):
        return recursive_spike_count(gaussian_step(0.1, 0.4, h), 12, v_init=0.5)[-1]

    statement(count, 2)
    statement(lambda h: maximum_survival(gaussian_step(0.1, 0.4, h), 1.0, 12), 2)
    caught(statement, count, 1)


@pytest.mark.parametrize("mean, std", [(0.1, 0.3), (-0.1, 0.6), (0.6, 1.5), (1.1, 0.5)])
def test_theorem_the_recursion_agrees_with_monte_carlo(mean, std):
    """Gaussian input, one spike a step: within 5 standard errors of 50,000 neurons, at drifts below
    and above the threshold; the count of as many spikes a step as it takes is not.
    """
    rng = np.random.default_rng(5)
    counts = fire_at_random(rng, lambda rng, n: rng.normal(mean, std, n), 24, 50_000, v_init=0.5)

    def statement(expected):
        assert abs(counts.mean() - expected) < 5 * counts.std() / np.sqrt(len(counts))

    # Lattice error below 1e-4, a tenth of the standard error.
    step = gaussian_step(mean, std, 2.0**-6)
    statement(recursive_spike_count(step, 24, v_init=0.5)[-1])
    k = np.arange(1, 100)
    if std > 1:
        caught(statement, maximum_survival(step, k - 0.5, 24).sum())


@given(st.integers(-16, 16).map(lambda k: k / 16), st.integers(1, 20))
def test_law_a_symmetric_neuron_fires_every_other_step(shift, T):
    """Input of mean theta/2 with a symmetric law, from v_init = theta/2: E[N_T] = T/2 for every T
    and any noise, since the neuron is its own mirror image. Not from elsewhere.
    """

    def statement(v_init):
        for std in (0.25, 2.0):
            count = recursive_spike_count(gaussian_step(0.5, std, 1 / 16), T, v_init=v_init)[-1]
            assert count == pytest.approx(T / 2, abs=ROUNDING)

    statement(0.5)
    caught(statement, 0.5 + (shift or 0.25))
