"""Bad arguments of the closed forms: one clear sentence that names the argument, before any
work.
"""

import numpy as np
import pytest

from refsnn import theory
from tests.oracles import caught

W, R = [1.0, -0.5], [0.25, 0.5]
STEP = theory.gaussian_step(0.1, 0.5, 0.125)

CASES = [
    (theory.membrane_mean, (W, [0.5], 4), {}, ValueError, "rates"),
    (theory.membrane_mean, (W, [-0.1, 0.5], 4), {}, ValueError, "rates"),
    (theory.membrane_mean, (np.zeros((1, 2, 3)), [0.5], 4), {}, ValueError, "weight"),
    (theory.membrane_mean, (W, R, 0), {}, ValueError, "T"),
    (theory.membrane_mean, (W, R, 2.0), {}, TypeError, "T"),
    (theory.membrane_mean, (W, R, 4), {"beta": 0.0}, ValueError, "beta"),
    (theory.membrane_mean, (W, R, 4), {"beta": 1.5}, ValueError, "beta"),
    (theory.membrane_mean, (W, R, 4), {"v_init": np.nan}, ValueError, "v_init"),
    (theory.membrane_std, (W, [0.5, 1.5], 4), {}, ValueError, "rates"),
    (theory.membrane_std, (W, R, 4), {"process": "gamma"}, ValueError, "process"),
    (theory.membrane_std, ([np.inf, 1.0], R, 4), {}, ValueError, "weight"),
    (theory.membrane_std, (["a", "b"], R, 4), {}, TypeError, "weight"),
    (theory.membrane_cov, (W, R, 4), {}, ValueError, "weight"),
    (theory.cumulants, (W, R, 4, 0), {}, ValueError, "order"),
    (theory.characteristic_function, (W, R, 4, np.inf), {}, ValueError, "u"),
    (theory.saddlepoint_tail, (1.0, np.ones((2, 2)), R, 4), {}, ValueError, "weight and rates"),
    (theory.weight_norm, (W, 0.5), {}, ValueError, "p"),
    (theory.weight_norm, ([], 2), {}, ValueError, "weight"),
    (theory.std_bound, (W, -1.0, 2, 4), {}, ValueError, "rho"),
    (theory.worst_case_rates, (W, np.nan, 2), {}, ValueError, "rho"),
    (theory.bernoulli_std_maximum, (W, 1.0, -3), {}, ValueError, "T"),
    (theory.staircase_count, (np.zeros((0, 3)),), {}, ValueError, "v_free"),
    (theory.staircase_count, ([1.0], 0.0), {}, ValueError, "v_threshold"),
    (theory.staircase_count, ([1.0],), {"spikes_per_step": "two"}, ValueError, "spikes_per_step"),
    (theory.free_potential, (1.0,), {}, ValueError, "current"),
    (theory.constant_input_count, (np.nan, 4), {}, ValueError, "a"),
    (theory.constant_input_count, (0.5, 4), {"v_threshold": -1.0}, ValueError, "v_threshold"),
    (theory.spitzer_maximum, ([-1.0],), {}, ValueError, "positive_parts"),
    (theory.spike_count_survival, (0, 0.1, 0.5, 4), {}, ValueError, "k"),
    (theory.spike_count_survival, (1, 0.1, -0.5, 4), {}, ValueError, "std"),
    (theory.survival_slope, (1, np.inf, 0.5, 4), {}, ValueError, "mean"),
    (theory.spike_count_moments, (0.1, 0.5, True), {}, TypeError, "T"),
    (theory.expected_spike_count, (0.1, 0.5, 4), {"v_threshold": 0.0}, ValueError, "v_threshold"),
    (theory.expected_spike_count, (-0.1, 0.5, 4), {"decay": np.nan}, ValueError, "decay"),
    (theory.expected_spike_count, (-0.1, 0.5, 4), {"shift": np.inf}, ValueError, "shift"),
    (theory.spurious_spikes, (0.0, 0.5), {}, ValueError, "mean"),
    (theory.spurious_spikes, (-0.1, 0.0), {}, ValueError, "std"),
    (theory.lundberg_root, (W, [0.5, np.nan]), {}, ValueError, "rates"),
    (theory.large_noise_spike_count, (0.1, 0.0, 4), {}, ValueError, "std"),
    (theory.gaussian_step, (0.0, 0.1, 0.1), {}, ValueError, "spacing"),
    (theory.input_step, (np.ones((2, 2)), R, 0.1), {}, ValueError, "weight and rates"),
    (theory.recursive_spike_count, (STEP, 4), {"v_threshold": 0.3}, ValueError, "v_threshold"),
    (theory.quantised_activation, (0.5, 0), {}, ValueError, "levels"),
    (theory.split_error, (0.5, 1.0, -1, 4), {}, ValueError, "count"),
    (theory.expected_activation, (lambda x: 2 * x + 3, 4), {}, ValueError, "survival"),
    (theory.gaussian_jeffreys, (0.0, 0.0), {}, ValueError, "std"),
    (theory.potential_std, (-1.0, 2, 0.5), {}, ValueError, "std"),
    (theory.potential_std, (1.0, 0, 0.5), {}, ValueError, "T"),
    (theory.hard_reset_moments, (2, 1.5), {}, ValueError, "beta"),
    (theory.hard_reset_moments, (2, 0.5, 0.0), {}, ValueError, "v_threshold"),
    (theory.hard_reset_moments, (2, 0.5), {"std": 0.0}, ValueError, "std"),
    (theory.soft_bins, (0.0, 0.0, 4), {}, ValueError, "high"),
    (theory.soft_bins, (0.0, 1.0, 1), {}, ValueError, "bins"),
    (
        theory.gaussian_soft_histogram,
        (0.0, 0.0, theory.soft_bins(0.0, 1.0, 4)),
        {},
        ValueError,
        "std",
    ),
    (theory.histogram_jensen_shannon, ([0.5, 0.5], [1.0]), {}, ValueError, "p and q"),
    (theory.histogram_jensen_shannon, ([0.5, 0.6], [0.5, 0.5]), {}, ValueError, "p"),
]


@pytest.mark.parametrize(
    "function, args, kwargs, error, name",
    CASES,
    ids=[f"{f.__name__}-{name}-{i}" for i, (f, *_, name) in enumerate(CASES)],
)
def test_a_bad_argument_gets_one_sentence_that_names_it(function, args, kwargs, error, name):
    def statement(name):
        with pytest.raises(error) as caught_error:
            function(*args, **kwargs)
        message = str(caught_error.value)
        assert message.startswith(f"{name} must ") and message.endswith(".") and "\n" not in message

    statement(name)
    caught(statement, "another")
