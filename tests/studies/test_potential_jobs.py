"""The study `potential` and its sibling: a row for each layer, arms that share what they should."""

import dataclasses

import numpy as np
import pytest

from refsnn import nn, snn
from refsnn.datasets import Dataset
from studies import runner
from studies.potential import jobs
from studies.potential.grid import ARMS, FASHION, POTENTIAL

BOTH = pytest.mark.parametrize("study", [POTENTIAL, FASHION], ids=lambda study: study.name)


def tiny(study, arm, T=4, **settings):
    """A study's job on random images of the right shape, one epoch, networks of a few channels."""
    rng = np.random.default_rng(0)
    shape = {"digits": (8, 8, 1), "fashion-mnist": (28, 28, 1)}[study.data[0]]
    x, y = rng.random((90, *shape)).astype(np.float32), np.arange(90) % 10
    convolutions = tuple(
        each if each == "P" else (2, *each[1:]) for each in study.settings.convolutions
    )
    small = {"convolutions": convolutions, "dense": (4,), "epochs": 1, "measured_images": 5}
    settings = dataclasses.replace(study.settings, **small, **settings)
    return runner.Job(
        0,
        {"T": T, "arm": arm},
        settings,
        Dataset(x[:60], y[:60], x[60:], y[60:], ("",) * 10, "", ""),
        1,
    )


@BOTH
@pytest.mark.parametrize("arm", ARMS)
def test_a_job_has_one_row_for_each_layer_of_spiking_neurons(study, arm):
    rows = jobs.run_job(tiny(study, arm))
    assert [row["layer"] for row in rows] == [1, 2, 3]
    assert all(set(row) == set(study.columns) - {"T", "arm", "seed"} for row in rows)
    for column, images in (("accuracy", 30), ("validation_accuracy", 6)):
        assert (
            len({row[column] for row in rows}) == 1
            and round(rows[0][column] * images, 9).is_integer()
        )
    assert all(np.isfinite(list(row.values())).all() for row in rows)


def test_some_arms_are_trained_at_the_first_number_of_steps_only():
    job = tiny(FASHION, "none", T=2)
    assert len(jobs.run_job(job)) == 3
    assert (
        jobs.run_job(dataclasses.replace(job, point={"T": 2, "arm": "none, no batch norm"})) == []
    )


def test_any_number_of_threads_gives_the_same_rows():
    job = tiny(POTENTIAL, "jensen-shannon 8")
    assert jobs.run_job(job) == jobs.run_job(dataclasses.replace(job, threads=2))


@BOTH
def test_the_arms_of_a_seed_share_their_initial_weights_and_differ_in_what_they_name(study):
    nets = {
        name: jobs.network(
            study.settings,
            arm,
            tiny(study, name).data.x_train.shape[1:],
            np.random.default_rng(0),
        )
        for name, arm in ARMS.items()
    }
    for name, net in nets.items():
        weights = [layer.weight for layer in net if "weight" in layer.params]
        assert all(
            np.array_equal(one, two.weight)
            for one, two in zip(
                weights, (layer for layer in nets["none"] if "weight" in layer.params), strict=True
            )
        )
        norms, neurons = (
            [layer for layer in net if isinstance(layer, kind)] for kind in (nn.BatchNorm, snn.LIF)
        )
        assert len(neurons) == 3 and len(norms) == (0 if name.endswith("no batch norm") else 3)
        assert {norm.scale for norm in norms} <= {0.5 if name == "scaled batch norm" else 1.0}
        assert {neuron.learn_threshold for neuron in neurons} == {name == "learned threshold"}
        kinds = {
            "none": type(None),
            "jeffreys": snn.PotentialDistribution,
            "rmp": snn.RMPLoss,
            "im": snn.IMLoss,
            "jensen-shannon": snn.PotentialDistribution,
        }
        kind = kinds.get(name.partition(",")[0].split()[0], type(None))
        assert {type(neuron.penalty) for neuron in neurons} == {kind}
        if kind is snn.PotentialDistribution:
            assert neurons[0].penalty.form == name.split()[0].replace("-", "_")
            assert neurons[0].penalty.weight == float(name.partition(",")[0].split()[1])


def test_fewer_training_images_are_the_first_ones():
    """Images beyond the number change nothing."""
    job = tiny(POTENTIAL, "none", training_images=20)
    x = job.data.x_train.copy()
    x[30:50] = 0
    other = dataclasses.replace(job, data=dataclasses.replace(job.data, x_train=x))
    assert jobs.run_job(job) == jobs.run_job(other)
    assert jobs.run_job(job) != jobs.run_job(tiny(POTENTIAL, "none"))
