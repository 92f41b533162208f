"""The study `potential` and its sibling: a row for each layer, arms that share what they should."""

import dataclasses

import numpy as np
import pytest

from refsnn import nn, snn
from refsnn.datasets import Dataset
from studies import runner
from studies.potential import fashion as potential_fashion
from studies.potential import jobs as potential

BOTH = pytest.mark.parametrize(
    "found", [potential.STUDY, potential_fashion.STUDY], ids=lambda found: found.name
)


def tiny(found, arm, T=potential.FIRST_T, **settings):
    """A study's job on random images of the right shape, one epoch, networks of a few channels."""
    rng = np.random.default_rng(0)
    shape = {"digits": (8, 8, 1), "fashion-mnist": (28, 28, 1)}[found.data[0]]
    x, y = rng.random((90, *shape)).astype(np.float32), np.arange(90) % 10
    settings = found.settings | {
        "convolutions": tuple((2, *rest) for _, *rest in found.settings["convolutions"]),
        "dense": 4,
        "epochs": 1,
        "measured images": 5,
        **settings,
    }
    return runner.Job(
        0,
        {"T": T, "arm": arm},
        settings,
        Dataset(x[:60], y[:60], x[60:], y[60:], ("",) * 10, "", ""),
        1,
    )


@BOTH
@pytest.mark.parametrize("arm", potential.ARMS)
def test_a_job_has_one_row_for_each_layer_of_spiking_neurons(found, arm):
    rows = potential.run_job(tiny(found, arm))
    assert [row["layer"] for row in rows] == [1, 2, 3]
    assert all(set(row) == set(found.columns) - {"T", "arm", "seed"} for row in rows)
    for column, images in (("accuracy", 30), ("validation_accuracy", 6)):
        assert (
            len({row[column] for row in rows}) == 1
            and round(rows[0][column] * images, 9).is_integer()
        )
    assert all(np.isfinite(list(row.values())).all() for row in rows)


def test_some_arms_are_trained_at_the_first_number_of_steps_only():
    job = tiny(potential_fashion.STUDY, "none", T=2)
    assert len(potential.run_job(job)) == 3
    assert (
        potential.run_job(dataclasses.replace(job, point={"T": 2, "arm": "none, no batch norm"}))
        == []
    )


def test_any_number_of_threads_gives_the_same_rows():
    job = tiny(potential.STUDY, "jensen-shannon 8")
    assert potential.run_job(job) == potential.run_job(dataclasses.replace(job, threads=2))


@BOTH
def test_the_arms_of_a_seed_share_their_initial_weights_and_differ_in_what_they_name(found):
    nets = {
        name: potential.network(
            found.settings,
            which,
            tiny(found, name).data.x_train.shape[1:],
            np.random.default_rng(0),
        )
        for name, which in potential.ARMS.items()
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
    job = tiny(potential.STUDY, "none", **{"training images": 20})
    x = job.data.x_train.copy()
    x[30:50] = 0
    other = dataclasses.replace(job, data=dataclasses.replace(job.data, x_train=x))
    assert potential.run_job(job) == potential.run_job(other)
    assert potential.run_job(job) != potential.run_job(tiny(potential.STUDY, "none"))
