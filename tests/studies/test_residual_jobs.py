"""The study `residual` and its kin: every arm and correction has its rows, and an interruption
costs one epoch.
"""

import dataclasses

import numpy as np
import pytest

from refsnn import nn
from refsnn.datasets import Dataset
from studies import runner
from studies.residual import jobs
from studies.residual.grid import CIFAR10, FASHION, RESIDUAL, Net
from tests.studies import interrupted, toy


def tiny(study, arm):
    """A study's job on random images of the right shape, two epochs, networks of a few channels."""
    rng = np.random.default_rng(0)
    shape = {"digits": (8, 8, 1), "fashion-mnist": (28, 28, 1), "cifar10": (32, 32, 3)}[
        study.data[0]
    ]
    x, y = rng.random((160, *shape)).astype(np.float32), np.arange(160) % 10
    nets = {
        name: Net(
            tuple(each if each == "P" else 2 for each in net.convolutions),
            tuple(8 for _ in net.dense),
        )
        for name, net in study.settings.nets.items()
    }
    settings = dataclasses.replace(study.settings, nets=nets, epochs=2, neighbours_up_to=2)
    return runner.Job(
        0,
        {"arm": arm},
        settings,
        Dataset(x[:120], y[:120], x[120:], y[120:], ("",) * 10, "", ""),
        1,
    )


@pytest.mark.parametrize(
    "study, arm",
    [
        (RESIDUAL, "relu"),
        (RESIDUAL, "nq with mean"),
        (FASHION, "wide, qcfs"),
        (FASHION, "narrow, qcfs from data"),
        (CIFAR10, "nq"),
    ],
    ids=lambda each: getattr(each, "name", each),
)
def test_a_job_has_one_row_for_each_correction_and_T(study, arm):
    job = tiny(study, arm)
    rows = jobs.run_job(job)
    expected = [("plain", T, 0) for T in (1, 2, 4, 8, 16, 32)[: 5 if study is CIFAR10 else 6]]
    if job.settings.arms[arm].neighbours:
        expected += [(name, T, 4) for name in ("srp", "cos") for T in (1, 2)]
        expected += [(name, T, 0) for T in (1, 2) for name in ("shifted bias", "corrected bias")]
        expected += [
            (f"first current {shift}", T, 0) for shift in ("-0.05", "+0.05") for T in (1, 2, 4)
        ]
    assert [(row["conversion"], row["T"], row["extra_steps"]) for row in rows] == expected
    assert all(set(row) == set(study.columns) - {"arm", "seed"} for row in rows)
    for column, images in (("accuracy", 40), ("validation_accuracy", 12), ("ann_accuracy", 40)):
        assert all(float(row[column] * images).is_integer() for row in rows)
    assert len({row["ann_accuracy"] for row in rows}) == 1
    if study is RESIDUAL:
        assert jobs.run_job(dataclasses.replace(job, threads=2)) == rows


@pytest.mark.parametrize("arm", ["qcfs, L = 4", "nq, L = 4"])
def test_an_interrupted_job_goes_on_after_its_last_epoch(tmp_path, monkeypatch, arm):
    """Killed in its second epoch, started again: the first is not repeated, and the rows are those
    of an undisturbed job. What is left of a file that was being written is not read.
    """
    job = tiny(RESIDUAL, arm)
    expected, epochs = jobs.run_job(job), interrupted.in_epoch_2(monkeypatch)
    job = dataclasses.replace(job, folder=tmp_path / "job")
    with pytest.raises(KeyboardInterrupt):
        jobs.run_job(job)
    (tmp_path / "job" / ".run.npz.123.tmp").write_bytes(b"PK")
    assert jobs.run_job(job) == expected and epochs == [1, 2, 2]


def test_the_runner_hands_out_a_folder_and_clears_it(tmp_path):
    seen = []

    def run_job(job):
        job.folder.mkdir(parents=True)
        (job.folder / "run.npz").write_bytes(b"")
        seen.append(job.folder)
        return [{"T": 1}]

    study = dataclasses.replace(toy.STUDY, columns=("seed", "T"), run_job=run_job, grid={}, seeds=2)
    runner.run(study, folder=tmp_path, progress=False)
    assert len(set(seen)) == 2 and not any(folder.exists() for folder in seen)
    assert all(folder.parent == tmp_path / ".toy-digits" for folder in seen)


def test_rectifiers_on_cifar10_have_one_seed():
    """An arm that is run for the first seed only has no rows for others."""
    job = dataclasses.replace(tiny(CIFAR10, "relu"), seed=1)
    assert jobs.run_job(job) == []


def test_the_arms_of_a_seed_share_their_initial_weights():
    """Up to the one bit of "qcfs again"."""
    weights = {}
    for arm in ("relu", "qcfs, L = 4", "nq, L = 4", "qcfs again"):
        settings = RESIDUAL.settings
        images = tiny(RESIDUAL, arm).data.x_train
        ann = jobs.untrained(settings.arms[arm], settings.nets["net"], images, seed=0)
        weights[arm] = ann[0].weight
    assert np.array_equal(weights["relu"], weights["qcfs, L = 4"])
    assert np.array_equal(weights["nq, L = 4"], weights["qcfs, L = 4"])
    assert np.sum(weights["qcfs again"] != weights["qcfs, L = 4"]) == 1
    assert np.allclose(weights["qcfs again"], weights["relu"], rtol=2**-22, atol=0)


def test_convolutions_of_the_cifar_network_cost_what_the_study_says():
    """29 million multiply-adds an image."""
    rng = np.random.default_rng(0)
    net = jobs.network(CIFAR10.settings.nets["net"], (32, 32, 3), nn.ReLU, rng)
    shapes = net.shapes((32, 32, 3))
    total = sum(
        layer.weight.size * (np.prod(shape[:-1]) if len(shape) == 3 else 1)
        for layer, shape in zip(net, shapes, strict=True)
        if "weight" in layer.params
    )
    assert round(total / 1e6) == 29
