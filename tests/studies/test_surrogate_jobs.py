"""The studies `surrogate`, its kin on Fashion-MNIST, and `width_or_threshold`: fair starts, whole
rows, checkpoints.
"""

import dataclasses

import numpy as np
import pytest

from refsnn import nn, snn
from refsnn.datasets import Dataset
from studies import runner
from studies.spiking import cifar10 as spiking_cifar10
from studies.spiking import fashion as spiking_fashion
from studies.surrogate import fashion as surrogate_fashion
from studies.surrogate import jobs as surrogate
from studies.surrogate import width_or_threshold
from tests.oracles import caught


def tiny(found, **point):
    """A study's job on random images of the right shape, two epochs, networks of a few channels."""

    def few(net):
        return net | {
            "convolutions": tuple(
                each if each == "P" else (2, *each[1:]) for each in net["convolutions"]
            ),
            "dense": tuple(4 for _ in net["dense"]),
        }

    rng = np.random.default_rng(0)
    shape = {"digits": (8, 8, 1), "fashion-mnist": (28, 28, 1), "cifar10": (32, 32, 3)}[
        found.data[0]
    ]
    x = rng.random((160, *shape)).astype(np.float32)
    y, settings = np.arange(160) % 10, dict(found.settings)
    settings |= (
        {"nets": {name: few(net) for name, net in settings["nets"].items()}}
        if "nets" in settings
        else {"net": few(settings["net"])}
    )
    data = Dataset(x[:120], y[:120], x[120:], y[120:], ("",) * 10, "", "")
    return runner.Job(0, point, settings | {"epochs": 2}, data, 1)


POINTS = [
    (surrogate.STUDY, {"family": "sigmoid", "alpha": "learned", "start": 0.25}),
    (surrogate_fashion.STUDY, {"family": "arctan", "alpha": "fixed", "start": 2.0}),
    (width_or_threshold.STUDY, {"net": "plain", "start": 0.5, "learned": "both"}),
    (width_or_threshold.STUDY, {"net": "batch norm", "start": 2.0, "learned": "threshold"}),
]


def module(found):
    return width_or_threshold if found is width_or_threshold.STUDY else surrogate


@pytest.mark.parametrize("found, point", POINTS, ids=lambda each: getattr(each, "name", str(each)))
def test_a_job_has_one_row_for_each_spiking_layer(found, point):
    """Accuracies are fractions of the test and the held-out images, the same in each row."""
    job = tiny(found, **point)
    rows, held = module(found).run_job(job), 120 // found.settings["held out"]
    assert [row["layer"] for row in rows] == list(
        range(1, 3 if point.get("net") == "batch norm" else 4)
    )
    assert all(set(row) == set(found.columns) - set(found.grid) - {"seed"} for row in rows)
    for column, images in (("accuracy", 40), ("validation_accuracy", held)):
        assert len({row[column] for row in rows}) == 1
        assert abs(rows[0][column] * images - round(rows[0][column] * images)) < 1e-9
    assert all(row["window"] > 0 for row in rows)
    if found is surrogate.STUDY:
        assert module(found).run_job(dataclasses.replace(job, threads=2)) == rows


def test_a_network_is_measured_after_every_number_of_steps():
    job = tiny(spiking_fashion.STUDY, trained_T=2)
    rows = spiking_fashion.run_job(job)
    assert [row["T"] for row in rows] == list(spiking_fashion.STEPS)
    assert all(
        set(row) == set(spiking_fashion.STUDY.columns) - {"trained_T", "seed"} for row in rows
    )


def test_the_illustration_has_one_row_for_each_network():
    for point in (
        {"width": "fixed", "penalty": "none"},
        {"width": "learned", "penalty": "Jeffreys"},
    ):
        (row,) = spiking_cifar10.run_job(tiny(spiking_cifar10.STUDY, **point))
        assert set(row) == {"accuracy", "validation_accuracy"}


@pytest.mark.parametrize("family", surrogate.FAMILIES)
def test_starts_are_at_equal_height_and_the_default_is_the_family_s_own(family):
    """The window is the start, the height 1 / (2 start), and the start of 0.5 is the family's
    default alpha; the floor is the same window in every family. Some roundings of 2**-53.
    """

    def statement(start, kind):
        made = surrogate.surrogate_of(family, start, learned=True)
        assert abs(made.window - start) < 1e-14 and abs(made.h(0.0) - 1 / (2 * start)) < 1e-12
        assert abs(made.at(-1e3).window - 0.05) < 1e-14
        assert start != surrogate.DEFAULT or abs(made.alpha - kind().alpha) < 1e-14

    for start in surrogate.STUDY.grid["start"]:
        statement(start, surrogate.FAMILIES[family])
    caught(
        statement,
        surrogate.DEFAULT,
        lambda: surrogate.FAMILIES[family](1.1 * surrogate.FAMILIES[family]().alpha),
    )


def test_arms_of_a_seed_send_the_same_spikes_before_training():
    """Equal initial weights and no dependence of spikes on the surrogate; another seed's are
    different.
    """

    def spikes(seed, family, start):
        rng = np.random.default_rng([seed, 0])
        made = surrogate.surrogate_of(family, start, learned=True)
        net = surrogate.network(
            surrogate.STUDY.settings["net"],
            (8, 8, 1),
            lambda: snn.LIF(**surrogate.NEURON, surrogate=made),
            rng,
        )
        x = np.random.default_rng(0).random((4 * 8, 8, 8, 1)).astype(np.float32)
        return net.forward(x, nn.Run(T=4, train=True))[0]

    def statement(other):
        assert np.array_equal(spikes(0, "rectangular", 0.1), spikes(*other))

    statement((0, "arctan", 4.0))
    caught(statement, (1, "arctan", 4.0))


def test_gradients_that_are_reported_are_those_of_training():
    """Norms of the gradients in the weights that one step of plain descent with rate 1 subtracts.
    float32 sums in another order: 1e-5.
    """
    job = tiny(surrogate.STUDY)
    net = surrogate.network(
        job.settings["net"],
        (8, 8, 1),
        lambda: snn.LIF(**surrogate.NEURON, surrogate=snn.Arctan()),
        np.random.default_rng(0),
    )
    x, y = job.data.x_train, job.data.y_train
    found = [row["gradient"] for row in surrogate.layer_numbers(net, 4, x, y)]
    before = [layer.weight.copy() for layer in net if "weight" in layer.params]
    nn.fit(
        net,
        x,
        y,
        epochs=1,
        batch_size=len(x),
        rng=np.random.default_rng(0),
        T=4,
        progress=False,
        optimiser=nn.SGD(1.0, momentum=0.0, cosine=False),
    )
    after = [layer.weight for layer in net if "weight" in layer.params]
    steps = [np.linalg.norm(one - two) for one, two in zip(before, after, strict=True)][:-1]

    def statement(norms):
        assert np.allclose(norms, steps, rtol=1e-5)

    statement(found)
    caught(statement, found[::-1])


def test_a_width_is_learned_from_the_starts_that_the_study_names():
    for found in (surrogate.STUDY, surrogate_fashion.STUDY):
        assert surrogate.DEFAULT in found.settings["learned from"]
        assert set(found.settings["learned from"]) < set(found.grid["start"])
        assert surrogate.run_job(tiny(found, family="arctan", alpha="learned", start=1.0)) == []


def test_an_interrupted_job_goes_on_after_its_last_epoch(tmp_path, monkeypatch):
    """Killed in its second epoch, started again: the first is not repeated, and the rows are the
    same.
    """
    job = tiny(surrogate.STUDY, family="triangular", alpha="learned", start=0.5)
    expected, fit, epochs = surrogate.run_job(job), nn.fit, []

    def watched(*arguments, **settings):
        epochs.append(len(epochs))
        if len(epochs) == 2:
            raise KeyboardInterrupt
        return fit(*arguments, **settings)

    monkeypatch.setattr(nn, "fit", watched)
    job = dataclasses.replace(job, folder=tmp_path / "job")
    with pytest.raises(KeyboardInterrupt):
        surrogate.run_job(job)
    assert surrogate.run_job(job) == expected and len(epochs) == 3


def test_what_is_not_learned_stays():
    """Of the four arms, window and threshold move if and only if they are learned."""
    for learned, (alpha, threshold) in width_or_threshold.LEARNED.items():
        rows = width_or_threshold.run_job(
            tiny(width_or_threshold.STUDY, net="plain", start=2.0, learned=learned)
        )
        assert any(abs(row["window"] - 2.0) > 1e-6 for row in rows) == alpha
        assert any(row["threshold"] != 0.5 for row in rows) == threshold
