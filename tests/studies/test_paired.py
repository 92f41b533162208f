"""Pairs are of one seed, choices are made on validation data, and a test has the power it is said
to have.
"""

import numpy as np
import pytest
from scipy.special import stdtrit

from refsnn.metrics import interval
from studies import paired
from tests.oracles import caught

KEYS = ("network", "T")


def table(rows):
    """Rows (network, T, rule, seed, validation, accuracy) as `table.read` gives them."""
    names = ("network", "T", "rule", "seed", "validation", "accuracy")
    return {
        name: np.array(column) for name, column in zip(names, zip(*rows, strict=True), strict=True)
    }


ROWS = [
    ("a", 4, rule, seed, validation, accuracy)
    for rule, seed, validation, accuracy in (
        ("x", 0, 0.50, 0.75),
        ("x", 1, 0.75, 0.50),
        ("y", 0, 0.75, 0.25),
        ("y", 1, 0.50, 1.00),
    )
]


def test_differences_are_paired_by_seed_whatever_the_order_of_rows():
    def statement(rows):
        found = table(rows)
        points = paired.gains(found, {"rule": "x"}, {"rule": "y"}, by=KEYS)
        assert {cell: found.tolist() for cell, found in points.items()} == {("a", 4): [50.0, -50.0]}

    statement(ROWS)
    statement(ROWS[::-1])
    swapped = [(*row[:3], 1 - row[3], *row[4:]) if row[2] == "y" else row for row in ROWS]
    caught(statement, swapped)


def test_the_best_of_several_is_chosen_on_validation_data_not_on_test_data():
    found, arms = table(ROWS), [{"rule": "x"}, {"rule": "y"}]

    def statement(judge):
        assert paired.best(found, arms, KEYS, judge) == {("a", 4): {0: 0.25, 1: 0.5}}

    statement("validation")
    caught(statement, "accuracy")


def test_of_equals_the_first_is_chosen_and_cells_may_be_missing():
    found = table(
        [
            ("a", 4, "x", 0, 0.5, 0.1),
            ("a", 4, "y", 0, 0.5, 0.2),
            ("b", 4, "y", 0, 0.5, 0.3),
        ]
    )
    best = paired.best(found, [{"rule": "x"}, {"rule": "y"}], KEYS, "validation")
    assert best == {("a", 4): {0: 0.1}, ("b", 4): {0: 0.3}}


def test_the_seeds_of_the_shorter_series_count():
    few, many = {(): {0: 0.5, 1: 0.25}}, {(): {0: 0.25, 1: 0.25, 2: 1.0}}
    assert paired.single(paired.differences(few, many)).tolist() == [25.0, 0.0]
    assert paired.single(paired.differences(many, few)).tolist() == [-25.0, 0.0]


def test_rows_are_chosen_by_a_value_or_several():
    found = table([*ROWS, ("b", 8, "x", 0, 0.5, 0.5), ("b", 16, "x", 0, 0.5, 0.5)])
    assert paired.only(found, network="b", T=(8, 32))["T"].tolist() == [8]
    with pytest.raises(KeyError, match="rate"):
        paired.only(found, rate=1)


def test_cells_are_averaged_within_a_seed():
    points = {("a", 4): np.array([1.0, 3.0]), ("b", 4): np.array([3.0, 5.0])}
    assert paired.pooled(points).tolist() == [2.0, 4.0] and paired.largest(points) == ("b", 4)
    # one cell twice is no more evidence than one cell
    assert interval(
        paired.pooled(points | {("c", 4): points["a", 4], ("d", 4): points["b", 4]})
    ) == interval([2, 4])


@pytest.mark.parametrize("std, effect, n", [(1.0, 0.5, 34), (0.5, 0.5, 10), (1.0, 1.0, 10)])
def test_seeds_needed_have_the_power_that_is_asked_for(std, effect, n):
    """34 and 10 are the textbook's numbers; 20,000 simulated tests have a standard error of 0.28
    points at 80 %.
    """
    assert paired.seeds_needed(std, effect) == n
    rng, trials = np.random.default_rng(0), 20_000

    def statement(n):
        draws = rng.normal(effect, std, (trials, n))
        error = draws.std(axis=1, ddof=1) / np.sqrt(n)
        power = np.mean(draws.mean(axis=1) > stdtrit(n - 1, 0.975) * error)
        assert power >= 0.8 - 5 * np.sqrt(0.16 / trials)

    statement(n)
    caught(statement, round(0.8 * n))


def test_no_scatter_needs_two_seeds_and_too_much_ends_the_search():
    assert paired.seeds_needed(0.0) == 2
    assert paired.seeds_needed(100.0, most=50) == 50


@pytest.mark.parametrize(
    "call, says",
    [
        (lambda: paired.values(table(ROWS), KEYS), "two rows of seed 0"),
        (lambda: paired.differences({"a": {0: 1.0}}, {"a": {1: 1.0}}), "cannot be paired"),
        (lambda: paired.seeds_needed(-1.0), "std must be"),
        (lambda: paired.seeds_needed(1.0, effect=0.0), "effect must be"),
        (lambda: paired.seeds_needed(1.0, power=1.0), "power must be"),
    ],
)
def test_what_cannot_be_compared_is_refused(call, says):
    with pytest.raises(ValueError, match=says):
        call()
