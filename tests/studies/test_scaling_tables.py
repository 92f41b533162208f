"""The committed table of the study `scaling` is whole, says what its figure says, and can be
computed again.
"""

import numpy as np
import pytest

from refsnn import metrics
from studies import provenance, runner
from studies.scaling import jobs
from studies.scaling.grid import STUDY
from studies.table import committed
from tests.studies.rows import about_table, settings_of

INPUTS, RULES = ("direct", "poisson"), ("maximum", "percentile", "per neuron", "balanced")
IMAGES = 360  # test images of the digits


@pytest.fixture(scope="module")
def table():
    return committed("scaling-digits")


@pytest.fixture(scope="module")
def about():
    return about_table("scaling-digits")


def test_table_is_the_whole_grid_in_order(table):
    """One row for each seed, input, rule and T, in this order."""
    assert tuple(table) == STUDY.columns
    T = STUDY.settings.T
    grid = [
        (seed, name, rule, step)
        for seed in range(STUDY.seeds)
        for name in INPUTS
        for rule in RULES
        for step in range(1, T + 1)
    ]
    assert (
        list(
            zip(*(table[name].tolist() for name in ("seed", "input", "scaling", "T")), strict=True)
        )
        == grid
    )


def test_accuracies_are_fractions_of_the_test_images(table):
    """Each accuracy is a whole number of the 360 test images; each seed has one ANN."""
    for column in ("accuracy", "ann_accuracy"):
        counts = table[column] * IMAGES
        assert (
            (np.rint(counts) / IMAGES == table[column]).all()
            and (0 <= counts).all()
            and (counts <= IMAGES).all()
        )
    for seed in range(STUDY.seeds):
        assert len(np.unique(table["ann_accuracy"][table["seed"] == seed])) == 1


def test_provenance_fits_the_study_and_the_data(about):
    """Settings, seeds and data are those of the study as it stands; one machine, a clean
    revision.
    """
    assert settings_of(about) == STUDY.plain_settings() and about["seeds"] == STUDY.seeds
    assert about["data"] == {
        "name": "digits",
        "sha256": provenance.data_hash(runner.dataset("digits")),
    }
    assert len(about["machines"]) == 1 and len(about["git"]) == 40
    assert about["seconds"]["all jobs"] < 60 * STUDY.budget_minutes


@pytest.mark.parametrize("name", INPUTS)
@pytest.mark.parametrize("rule", RULES)
def test_every_rule_comes_up_to_the_ann(table, name, rule):
    """At the last T the mean over seeds is within a point of the ANN; after one step it is far
    below.
    """
    gap = 100 * (table["accuracy"] - table["ann_accuracy"])
    chosen = (table["input"] == name) & (table["scaling"] == rule)
    last = metrics.interval(gap[chosen & (table["T"] == STUDY.settings.T)])
    assert abs(last.mean) <= 1
    assert metrics.interval(gap[chosen & (table["T"] == 1)]).high < -5


def test_one_job_comes_out_again(table, about):
    """Seed 0, trained and simulated anew: the same rows, bit for bit, where processor, BLAS and
    versions are the same.

    Elsewhere float32 sums differ in their last bits, and training makes another network of that, as
    different as that of another seed. A difference of two has sqrt(2) times the standard deviation
    of one, which is the larger of the one over the committed seeds and the binomial one of 360
    images; the band is 5 of them.
    """
    job = runner.Job(0, {}, STUDY.settings, runner.dataset("digits"))
    rows = jobs.run_job(job)
    first = table["seed"] == 0
    for column in ("accuracy", "ann_accuracy"):
        again, committed = np.array([row[column] for row in rows]), table[column][first]
        if platform(about["machines"][0], about["versions"]) == platform(
            provenance.machine(), provenance.versions()
        ):
            assert again.tolist() == committed.tolist()
        seeds = table[column].reshape(STUDY.seeds, -1)
        binomial = np.sqrt(committed * (1 - committed) / IMAGES)
        assert (
            np.abs(again - committed)
            <= 5 * np.sqrt(2) * np.maximum(seeds.std(axis=0, ddof=1), binomial)
        ).all()


def platform(machine, versions):
    """What decides the last bits of a float32 sum."""
    return machine["processor"], machine["blas"], versions["numpy"], versions["numba"]
