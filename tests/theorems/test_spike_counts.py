"""Expected spike counts against a million neurons for each of 36 settings (spike_counts.csv, by
spike_counts.py).
"""

import csv

import numpy as np

from refsnn.theory import (
    barrier_shift,
    expected_spike_count,
    input_step,
    lundberg_root,
    membrane_mean,
    membrane_std,
    recursive_spike_count,
)
from tests.oracles import caught
from tests.theorems.spike_counts import GRID, TABLE, TRIALS, V_INIT, neuron, settings


def million():
    """Neurons (weights, rates) of the settings, their T, spikes and standard errors."""
    with TABLE.open(newline="") as file:
        rows = list(csv.DictReader(file))
    cases = list(settings())
    assert len(rows) == len(cases) >= 30
    assert all(
        (int(row["inputs"]), int(row["T"])) == (case[1], case[3])
        for row, case in zip(rows, cases, strict=True)
    )
    neurons = [neuron(row, n, rate, mean, std) for row, n, rate, _, mean, std in cases]
    return (
        neurons,
        np.array([case[3] for case in cases]),
        np.array([float(row["spikes"]) for row in rows]),
        np.array([float(row["standard_error"]) for row in rows]),
    )


def test_theorem_the_recursion_is_within_5_standard_errors_of_a_million_neurons():
    """The recursion with the true law of the input, T up to 64: 24 settings of 20 to 800 inputs
    with means from -0.6 standard deviations to 1.1 thresholds, each within 5 standard errors. One
    input less is seen.
    """
    neurons, T, spikes, error = million()

    def statement(inputs):
        for (weight, rates), steps, average, standard_error in zip(
            neurons, T, spikes, error, strict=True
        ):
            if steps <= 64:
                step = input_step(weight[:inputs], rates[:inputs], 1 / GRID)
                found = recursive_spike_count(step, int(steps), v_init=V_INIT)[-1]
                assert abs(found - average) < 5 * standard_error

    statement(None)
    caught(statement, -1)


def test_law_expected_counts_agree_with_a_million_neurons():
    """Mean, standard deviation, decay and shift of each neuron's input give the count of 36
    settings, 20 to 800 inputs, T = 8, 64, 512, means from -0.6 standard deviations to 1.1
    thresholds: within 1 % for T >= 64, and within 3 % or 0.01 spikes for T = 8; five standard
    errors of the table are allowed for. Without decay and shift, without the limit of one spike a
    step, or by the rectified mean, it is not.
    """
    neurons, T, spikes, error = million()
    mean = np.array([membrane_mean(w, r, 1) for w, r in neurons])
    std = np.array([membrane_std(w, r, 1) for w, r in neurons])
    decay = np.array([lundberg_root(w, r) for w, r in neurons])
    shift = np.array([barrier_shift(w, r) for w, r in neurons])

    def statement(formula):
        found = np.array(
            [formula(*case) for case in zip(mean, std, T.tolist(), decay, shift, strict=True)]
        )
        gap = np.maximum(np.abs(found - spikes) - 5 * error, 0)
        assert np.all((gap < 0.01 * spikes) | (T < 64))
        assert np.all((gap < 0.03 * spikes) | (gap < 0.01))

    statement(lambda m, s, T, g, b: expected_spike_count(m, s, T, v_init=V_INIT, decay=g, shift=b))
    caught(statement, lambda m, s, T, g, b: expected_spike_count(m, s, T, v_init=V_INIT))
    caught(
        statement,
        lambda m, s, T, g, b: expected_spike_count(m, s, T, v_init=V_INIT, spikes_per_step="any"),
    )
    caught(statement, lambda m, s, T, g, b: np.clip(m * T + V_INIT, 0, T))


def test_law_the_table_is_what_its_script_makes():
    """A hundredth of the trials of three settings, drawn anew from each input on its own (no law of
    the step, no table): within 5 standard errors of the difference. Another neuron is not.
    """
    neurons, T, spikes, error = million()
    rng = np.random.default_rng(9)
    trials = TRIALS // 100

    def statement(case, other):
        weight, rates = neurons[case]
        v, fired = np.full(trials, V_INIT), np.zeros(trials)
        for _ in range(int(T[case])):
            v += (rng.random((trials, len(rates))) < rates) @ weight
            fired += v >= 1
            v -= v >= 1
        gap = abs(fired.mean() - spikes[other])
        assert gap < 5 * np.hypot(fired.std() / np.sqrt(trials), error[other])

    for case in (0, 1, 2):
        statement(case, case)
    caught(statement, 1, 2)
