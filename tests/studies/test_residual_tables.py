"""The committed table of the study `residual` is whole, says what chapters 06 and 07 say, and can
be computed again.
"""

import numpy as np
import pytest

from refsnn import metrics
from studies import provenance, runner
from studies.residual import jobs
from studies.residual.grid import ARMS, RESIDUAL
from studies.table import committed
from tests.oracles import caught
from tests.studies.rows import about_table, as_json

IMAGES, HELD = 360, 143  # test images of the digits, and held-out ones


@pytest.fixture(scope="module")
def table():
    return committed("residual-digits")


def points(table, arm, T, conversion="plain"):
    return (
        100
        * table["accuracy"][
            (table["arm"] == arm) & (table["T"] == T) & (table["conversion"] == conversion)
        ]
    )


def test_table_is_the_whole_grid_in_order(table):
    """Every arm and seed, in order, with the same rows for each seed of an arm."""
    assert tuple(table) == RESIDUAL.columns
    pairs = list(dict.fromkeys(zip(table["arm"].tolist(), table["seed"].tolist(), strict=True)))
    assert pairs == [(arm, seed) for arm in ARMS for seed in range(RESIDUAL.seeds)]
    for arm in ARMS:
        rows = [
            list(
                zip(
                    *(
                        table[name][(table["arm"] == arm) & (table["seed"] == seed)].tolist()
                        for name in ("conversion", "T", "extra_steps")
                    ),
                    strict=True,
                )
            )
            for seed in range(5)
        ]
        assert all(each == rows[0] for each in rows)
        assert len(rows[0]) == (36 if ARMS[arm].neighbours else 6)


def test_accuracies_are_fractions_of_the_images(table):
    for column, n in (
        ("accuracy", IMAGES),
        ("ann_accuracy", IMAGES),
        ("validation_accuracy", HELD),
    ):
        counts = table[column] * n
        assert (
            (np.rint(counts) / n == table[column]).all()
            and (counts >= 0).all()
            and (counts <= n).all()
        )


def test_provenance_fits_the_study_and_the_data():
    """Settings, grid and seeds are the study's as it stands; a clean revision; within the budget on
    two cores.
    """
    about = about_table("residual-digits")
    assert about["settings"] == as_json(RESIDUAL.plain_settings()) and about["grid"] == as_json(
        RESIDUAL.grid
    )
    assert about["seeds"] == RESIDUAL.seeds
    assert about["seconds"]["all jobs"] < 2 * 60 * RESIDUAL.budget_minutes
    assert about["data"] == {
        "name": "digits",
        "sha256": provenance.data_hash(runner.dataset("digits")),
    }
    assert len(about["machines"]) == 1 and len(about["git"]) == 40


def test_noise_changes_nothing_that_five_seeds_resolve(table):
    """Equal L, paired by seed: each 95 % interval at T = 1, 2, 4 contains 0. Thresholds that start
    at 8 do not pass.
    """

    def statement(one, two):
        for T in (1, 2, 4):
            limits = metrics.interval(points(table, one, T) - points(table, two, T))
            assert limits.low <= 0 <= limits.high

    for L in (2, 4, 8):
        statement(f"nq, L = {L}", f"qcfs, L = {L}")
    statement("qcfs again", "qcfs, L = 4")
    caught(statement, "qcfs from 8", "qcfs, L = 4")


def test_quantised_training_is_good_from_one_step_on_and_rectifiers_later(table):
    def statement(arm):
        assert points(table, arm, 1).mean() > 95

    for L in (2, 4, 8):
        statement(f"qcfs, L = {L}")
    caught(statement, "relu")
    assert points(table, "relu", 8).mean() > 98


def test_seed_0_can_be_computed_again(table):
    """Another processor may round otherwise and train a slightly different network; accuracies of
    two such networks differ by at most 5 standard errors of a difference of two fractions of 360
    images, and one image.
    """
    job = runner.Job(0, {"arm": "qcfs, L = 2"}, RESIDUAL.settings, runner.dataset("digits"))
    for row in jobs.run_job(job):
        (kept,) = table["accuracy"][
            (table["arm"] == "qcfs, L = 2") & (table["seed"] == 0) & (table["T"] == row["T"])
        ]
        assert (
            abs(row["accuracy"] - kept) <= 5 * np.sqrt(2 * kept * (1 - kept) / IMAGES) + 1 / IMAGES
        )
