"""The study `nmnist`: folds that share out every class, and rows that can be computed again."""

import dataclasses

import numpy as np
import pytest

from refsnn import datasets
from studies import runner
from studies.events import jobs
from studies.events.grid import ARMS, NMNIST
from tests.oracles import caught

TINY = dataclasses.replace(NMNIST.settings, epochs=1, convolutions=(2, 4), dense=8)


def test_each_recording_is_in_one_fold_and_each_class_is_shared_out():
    """Sizes of the folds, and of a class in them, differ by at most one; in the order of the
    recordings they do not.
    """
    y = np.repeat(np.arange(10), np.random.default_rng(0).integers(20, 30, 10))

    def statement(folds):
        assert np.ptp(np.bincount(folds, minlength=5)) <= 1
        assert all(np.ptp(np.bincount(folds[y == c], minlength=5)) <= 1 for c in range(10))

    folds = jobs.folds(y, 5, np.random.default_rng(1))
    statement(folds)
    caught(statement, np.arange(len(y)) * 5 // len(y))
    assert not np.array_equal(folds, jobs.folds(y, 5, np.random.default_rng(2)))


def recorded(rng, n):
    """Recordings of forty random events each, and labels."""
    t = np.sort(rng.integers(0, 300_000, (n, 40)), axis=1).ravel()
    x, y, polarity = (
        rng.integers(0, 34, 40 * n),
        rng.integers(0, 34, 40 * n),
        rng.integers(0, 2, 40 * n),
    )
    return datasets.Recordings(x, y, t, polarity, np.arange(n + 1) * 40, (34, 34)), np.arange(
        n
    ) % 10


@pytest.mark.filterwarnings(
    "ignore:Layer .* inside the surrogate's window:UserWarning"
)  # of so few events
def test_a_job_has_one_row_for_its_fold_with_any_number_of_threads():
    rng = np.random.default_rng(0)
    data = datasets.Dataset(*recorded(rng, 80), *recorded(rng, 20), ("",) * 10, "nmnist", "")
    for name, arm in ARMS.items():
        job = runner.Job(3, {"arm": name}, TINY, data, threads=1)
        (row,) = jobs.run_job(job)
        assert set(row) == set(NMNIST.columns) - {"arm", "seed"}
        assert (
            row["T"] == arm.T
            and row["recordings"] == 20
            and float(row["accuracy"] * 20).is_integer()
        )
        assert (abs(row["alpha_1"] - 0.5) > 1e-9) == arm.learn_alpha  # a mean over slabs
        assert jobs.run_job(dataclasses.replace(job, threads=2)) == [row]
