"""Paper 1's numbers on tables whose truth is known."""

from dataclasses import astuple

import numpy as np
import pytest

from refsnn.metrics import Interval
from studies import ledger as claims
from studies.l4 import results as l4
from studies.l4.grid import ACTIVATION, COMPENSATED, L2, L4, PER_NEURON, PERMUTED, PLAIN, SIGMA
from studies.paired import only

NAMES = (
    "network",
    "seed",
    "setting",
    "max_rate",
    "rule",
    "form",
    "exponent",
    "T",
    "gain",
    "v_init",
    "validation",
    "accuracy",
    "rectified",
    "ann_accuracy",
)
NETWORKS, SEEDS = ("MLP plain", "MLP unit"), 3
OTHERS = (L2, SIGMA, PERMUTED, ACTIVATION)


def arrays(rows, names):
    return {
        name: np.array(column) for name, column in zip(names, zip(*rows, strict=True), strict=True)
    }


def l4_table(gain):
    """Every rule at 60, 62 and 64 % for the three seeds; L4 gains `gain(network, T, column)` points
    on top.
    """
    rows = []
    for network in NETWORKS:
        for seed in range(SEEDS):
            for setting in ("tuned", "default"):
                arms = (PLAIN, PER_NEURON, *OTHERS) if setting == "tuned" else (PLAIN,)
                for arm in (*arms, L4, COMPENSATED):
                    for T in (4, 8):
                        level = [
                            0.6 + 0.02 * seed + (gain(network, T, column) / 100 if arm == L4 else 0)
                            for column in ("validation", "accuracy")
                        ]
                        tried = (1.0 if T == 4 else 8.0, 0.5)
                        rows.append(
                            (
                                network,
                                seed,
                                setting,
                                0.1,
                                *astuple(arm),
                                T,
                                *tried,
                                *level,
                                0.9,
                                0.9,
                            )
                        )
    return arrays(rows, NAMES)


@pytest.fixture(scope="module")
def table():
    """L4 gains 4 points where weights have unit norm, and on test images of T = 8 another 2
    everywhere.
    """
    return l4_table(
        lambda network, T, column: (
            4 * (network == "MLP unit") + 2 * (T == 8) * (column == "accuracy")
        )
    )


@pytest.mark.parametrize("setting", ["tuned", "default"])
def test_a_summary_finds_what_was_put_in(table, setting):
    found = l4.summary(table, setting)
    assert (found.cells, found.seeds) == (4, SEEDS)
    assert found.mean == pytest.approx((3, 3, 3)) and found.over_best_plain == pytest.approx(
        (3, 3, 3)
    )
    assert found.mean_compensated == pytest.approx((0, 0, 0), abs=1e-9)
    assert found.reached == 0.5 and (found.better, found.worse) == (3, 0)
    assert found.std == pytest.approx((0, 0), abs=1e-9) and found.seeds_needed == (2, 2)
    if setting == "tuned":
        # Both compensated.
        assert found.adds.pop("largest activation") == pytest.approx((0, 0, 0), abs=1e-9)
        assert len(found.adds) == 4 and all(
            x == pytest.approx((3, 3, 3)) for x in found.adds.values()
        )
        assert found.adds_unit == pytest.approx((5, 5, 5))
    else:
        assert found.adds == {} and found.adds_unit is None


def test_the_largest_gain_is_looked_for_on_validation_images(table):
    """On test images (MLP unit, T = 8) is the largest; on validation images the two T of it are
    equal: the first.
    """
    assert l4.largest_gain(only(table, setting="tuned")) == pytest.approx(
        ("MLP unit", 0.1, 4, "incoming", 4.0)
    )
    cells = l4.gains(only(table, setting="tuned"))
    assert max(cells, key=lambda cell: cells[cell].mean())[2] == 8


def test_the_best_plain_scaling_is_judged_on_validation_images():
    table = l4_table(lambda *cell: 0)
    own = table["rule"] == "per neuron"
    table["accuracy"][own] += 0.05  # better on test images alone: not chosen
    assert l4.summary(table, "tuned").over_best_plain == pytest.approx((0, 0, 0), abs=1e-9)
    table["validation"][own] += 0.05
    assert l4.summary(table, "tuned").over_best_plain == pytest.approx((-5, -5, -5))


def test_the_edge_of_the_grid_is_seen(table):
    assert l4.edge_share(table, [1.0, 0.5, 2.0, 8.0]) == {4: 0.0, 8: 1.0}


@pytest.mark.parametrize(
    "limits, verdict, direction",
    [
        ((3.0, 2.5, 3.5), "reached", "gain"),
        ((3.0, 2.4, 3.6), "undecided", "gain"),
        ((1.0, 0.1, 1.9), "not reached", "gain"),
        ((2.0, -0.5, 4.5), "undecided", "no difference seen"),
        ((-1.0, -1.9, -0.1), "not reached", "loss"),
    ],
)
def test_words_follow_the_interval(limits, verdict, direction):
    assert (
        l4.verdict(Interval(*limits)) == verdict
        and claims.direction(Interval(*limits)) == direction
    )


def theory_table(simulated, predicted):
    """Accuracies of the rules at each T; `simulated` and `predicted` give gains of L4 in points."""
    rows = [
        (
            "MLP plain",
            seed,
            0.1,
            rule,
            "incoming",
            T,
            0.6 + 0.01 * (seed + (rule == "L4") * simulated(T)),
            0.7 + 0.01 * (seed + (rule == "L4") * predicted(T)),
        )
        for seed in range(SEEDS)
        for rule in ("none", *l4.FORESEEN)
        for T in (4, 8, 16)
    ]
    return arrays(
        rows, ("network", "seed", "max_rate", "rule", "form", "T", "simulated", "predicted")
    )


def test_theory_and_simulation_are_compared_in_winner_and_in_when_the_difference_is_gone():
    table = theory_table(lambda T: {4: 2, 8: 0.2, 16: -0.3}[T], lambda T: {4: 2, 8: -1, 16: 0.1}[T])
    winners = l4.winners(table)
    assert winners["MLP plain", 0.1, 4] == pytest.approx(("L4", "L4", 0))
    assert winners["MLP plain", 0.1, 8] == pytest.approx(("none", "L4", 0.2))
    assert winners["MLP plain", 0.1, 16] == pytest.approx(("L4", "none", 0.3))
    assert l4.vanishing(table, "simulated") == {("MLP plain", 0.1): 8}
    assert l4.vanishing(table, "predicted") == {("MLP plain", 0.1): 16}
    fit = l4.agreement(table)
    gaps = np.array([0] * 9 + [0, 1.2, 0.4])  # three rules without any gain, then L4
    assert (fit.gains, fit.clear) == (12, 3) and fit.same_sign == pytest.approx(1 / 3)
    assert fit.rms == pytest.approx(np.sqrt(np.mean(gaps**2)))


def test_a_difference_that_stays_is_never_gone():
    table = theory_table(lambda T: 1, lambda T: 0.6 if T == 16 else 0)
    for column in ("simulated", "predicted"):
        assert l4.vanishing(table, column) == {("MLP plain", 0.1): None}
