"""Paper 3's lines in the claim ledger, and the tables behind them, row by row."""
import json
import math
import shutil
from pathlib import Path

import numpy as np
import pytest

from refsnn import study
from refsnn.evidence import residual, residual_claims
from refsnn.studies.residual import STEPS
from refsnn.studies.residual_fashion import STUDY
from refsnn.table import Interval
from tests.evidence.tables import limits, rows
from tests.oracles import caught

RESULTS = Path(__file__).parents[2] / "figures" / "results"
NAME = residual.TABLES["Fashion-MNIST"]
IMAGES = 10_000     # test images of Fashion-MNIST
CLAIMS = residual_claims.claims(RESULTS)


def of(name, arm, T, conversion="plain", column="accuracy"):
    """Points of an arm by seed, from the file."""
    return {row["seed"]: 100 * float(row[column]) for row in rows(RESULTS, name)
            if (row["arm"], row["T"], row["conversion"]) == (arm, str(T), conversion)}


def difference(one, two):
    return [one[seed] - two[seed] for seed in sorted(one.keys() & two.keys())]


def line(values):
    """How a line of the ledger gives these differences."""
    mean, low, high = limits(values)
    return f"{mean:+.2f} [{low:+.2f}, {high:+.2f}]"


def test_noise_gains_are_those_of_the_rows():
    """Each network's difference at 1, 2 and 4 steps; the other way round it is another number."""
    def statement(sign):
        for claim, T in zip(CLAIMS, (1, 2, 4), strict=False):
            assert claim.claim.endswith(f"T = {T}.") and len(claim.numbers) == len(residual.NETS)
            for (data, qcfs, noise, _), said in zip(residual.NETS.values(), claim.numbers, strict=True):
                name = residual.TABLES[data]
                values = difference(of(name, noise, T), of(name, qcfs, T))
                assert f"): {line([sign * value for value in values])} points" in said

    statement(1)
    caught(statement, -1)


def test_gaps_are_those_of_the_rows():
    claim, k = CLAIMS[3], 0
    for data, qcfs, noise, _ in residual.NETS.values():
        for arm in (qcfs, noise):
            name = residual.TABLES[data]
            values = difference(of(name, arm, 4), of(name, arm, 4, column="ann_accuracy"))
            assert f": {line(values)} points" in claim.numbers[k]
            k += 1
    assert k == len(claim.numbers)


@pytest.mark.parametrize("which, pairs, T", [(4, residual.FROM_8, 4), (5, residual.ONE_BIT, 1)])
def test_pairs_are_those_of_the_rows(which, pairs, T):
    for (data, one, two), said in zip(pairs.values(), CLAIMS[which].numbers, strict=True):
        name = residual.TABLES[data]
        assert f": {line(difference(of(name, one, T), of(name, two, T)))} points" in said


def test_first_runs_are_counted():
    """Four steps after a first run are set beside eight plain steps, not beside four."""
    numbers = iter(CLAIMS[6].numbers)
    for data, qcfs, _, relu in residual.NETS.values():
        for arm in (relu, qcfs):
            for correction in ("srp", "cos") if arm else ():
                name = residual.TABLES[data]
                ours, said = of(name, arm, 4, correction), next(numbers)
                assert f": {line(difference(ours, of(name, arm, 8)))} points" in said
                assert f": {line(difference(ours, of(name, arm, 4)))} points" not in said
    assert next(numbers, None) is None


@pytest.mark.parametrize("which, T", [(7, 1), (8, 2)])
def test_mean_errors_are_those_of_the_rows(which, T):
    for (data, qcfs, noise, _), said in zip(residual.NETS.values(), CLAIMS[which].numbers, strict=True):
        name = residual.TABLES[data]
        assert f": {line(difference(of(name, qcfs, T, 'corrected bias'), of(name, noise, T)))} points" in said


def test_the_box_says_what_the_ledger_says():
    box = residual_claims.noise_box(RESULTS)
    for claim in CLAIMS[:3]:
        assert all(number in box for number in claim.numbers) and f"{claim.verdict}.**" in box


@pytest.mark.parametrize("limits, word", [((0, -0.5, 0.5), "reached"), ((-1, -1.0, -1.0), "reached"),
                                          ((-1, -1.5, -0.5), "undecided"), ((-2, -2.5, -1.5), "not reached")])
def test_near_is_at_most_a_point_below(limits, word):
    assert residual_claims.near(Interval(*limits)) == word


def test_table_is_the_whole_grid_of_fractions():
    """Each arm and seed that the study asks for, each T; accuracies are whole numbers of test images."""
    table, settings, seeds = study.read(RESULTS / f"{NAME}.csv"), STUDY.settings, STUDY.seeds
    assert tuple(table) == STUDY.columns
    found = dict.fromkeys(zip(table["arm"].tolist(), table["seed"].tolist(), strict=True))
    assert list(found) == [(arm, seed) for arm in settings["arms"]
                           for seed in range(min(seeds, settings["seeds of"].get(arm, seeds)))]
    plain = table["conversion"] == "plain"
    for arm, seed in found:
        steps = table["T"][plain & (table["arm"] == arm) & (table["seed"] == seed)]
        assert steps.tolist() == list(STEPS)
    for column in ("accuracy", "ann_accuracy"):
        counts = table[column] * IMAGES
        assert np.abs(counts - np.rint(counts)).max() < 1e-8       # rounds at 1e-12


def test_provenance_fits_the_study():
    """Settings, grid and seeds; a clean revision; within the budget on two cores."""
    about = json.loads((RESULTS / f"{NAME}.provenance.json").read_text())
    assert [about["settings"], about["grid"]] == json.loads(json.dumps([STUDY.settings, STUDY.grid]))
    assert about["seeds"] == STUDY.seeds and len(about["git"]) == 40
    assert about["seconds"]["all jobs"] < 2 * 60 * STUDY.budget_minutes


def test_the_wide_network_is_near_its_own_and_above_91_percent_after_four_steps():
    """Fashion-MNIST, mean of five seeds, QCFS and noise; the network of rectifiers is neither."""
    table = study.read(RESULTS / f"{NAME}.csv")

    def statement(arm):
        accuracy = residual.accuracy(table, arm, 4)
        assert math.fsum(accuracy.values()) / len(accuracy) >= 0.91
        assert residual.gap(table, arm, 4).mean() >= -1

    for arm in ("wide, qcfs", "wide, nq"):
        statement(arm)
    caught(statement, "wide, relu")


def test_a_folder_without_a_table_is_named(tmp_path):
    shutil.copy(RESULTS / "residual-digits.csv", tmp_path)
    with pytest.raises(FileNotFoundError, match="residual_fashion"):
        residual.tables(tmp_path)
