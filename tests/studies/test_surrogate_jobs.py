"""The studies `surrogate`, its kin on Fashion-MNIST, and `width_or_threshold`: fair starts, whole
rows, checkpoints.
"""

import dataclasses
from functools import partial

import numpy as np
import pytest

from refsnn import nn, snn
from refsnn.datasets import Dataset
from studies import runner
from studies.spiking import grid as spiking
from studies.surrogate import jobs
from studies.surrogate.grid import DENSE, FASHION, SURROGATE, WIDTH_OR_THRESHOLD, Neuron
from tests.oracles import caught
from tests.studies import interrupted


def tiny(study, **point):
    """A study's job on random images of the right shape, two epochs, networks of a few channels."""

    def few(net):
        return dataclasses.replace(
            net,
            convolutions=tuple(
                each if each == "P" else (2, *each[1:]) for each in net.convolutions
            ),
            dense=tuple(4 for _ in net.dense),
        )

    rng = np.random.default_rng(0)
    shape = {"digits": (8, 8, 1), "fashion-mnist": (28, 28, 1), "cifar10": (32, 32, 3)}[
        study.data[0]
    ]
    x = rng.random((160, *shape)).astype(np.float32)
    y = np.arange(160) % 10
    if study is WIDTH_OR_THRESHOLD:
        nets = {"nets": {name: few(net) for name, net in study.settings.nets.items()}}
    else:
        nets = {"net": few(study.settings.net)}
    settings = dataclasses.replace(study.settings, **nets, epochs=2)
    data = Dataset(x[:120], y[:120], x[120:], y[120:], ("",) * 10, "", "")
    return runner.Job(0, point, settings, data, 1)


POINTS = [
    (SURROGATE, {"family": "sigmoid", "alpha": "learned", "start": 0.25}),
    (FASHION, {"family": "arctan", "alpha": "fixed", "start": 2.0}),
    (WIDTH_OR_THRESHOLD, {"net": "plain", "start": 0.5, "learned": "both"}),
    (WIDTH_OR_THRESHOLD, {"net": "batch norm", "start": 2.0, "learned": "threshold"}),
]


@pytest.mark.parametrize("study, point", POINTS, ids=lambda each: getattr(each, "name", str(each)))
def test_a_job_has_one_row_for_each_spiking_layer(study, point):
    """Accuracies are fractions of the test and the held-out images, the same in each row."""
    job = tiny(study, **point)
    rows, held = study.run_job(job), 120 // study.settings.held_out
    assert [row["layer"] for row in rows] == list(
        range(1, 3 if point.get("net") == "batch norm" else 4)
    )
    assert all(set(row) == set(study.columns) - set(study.grid) - {"seed"} for row in rows)
    for column, images in (("accuracy", 40), ("validation_accuracy", held)):
        assert len({row[column] for row in rows}) == 1
        assert abs(rows[0][column] * images - round(rows[0][column] * images)) < 1e-9
    assert all(row["window"] > 0 for row in rows)
    if study is SURROGATE:
        assert study.run_job(dataclasses.replace(job, threads=2)) == rows


def test_a_network_is_measured_after_every_number_of_steps():
    rows = spiking.FASHION.run_job(tiny(spiking.FASHION, trained_T=2))
    assert [row["T"] for row in rows] == [1, 2, 4, 6, 8]
    columns = set(spiking.FASHION.columns) - {"trained_T", "seed"}
    assert all(set(row) == columns for row in rows)


def test_the_illustration_has_one_row_for_each_network():
    for point in (
        {"width": "fixed", "penalty": "none"},
        {"width": "learned", "penalty": "Jeffreys"},
    ):
        (row,) = spiking.CIFAR10.run_job(tiny(spiking.CIFAR10, **point))
        assert set(row) == {"accuracy", "validation_accuracy"}


@pytest.mark.parametrize("family", jobs.FAMILIES)
def test_starts_are_at_equal_height_and_the_default_is_the_family_s_own(family):
    """The window is the start, the height 1 / (2 start), and the start of 0.5 is the family's
    default alpha; the floor is the same window in every family. Some roundings of 2**-53.
    """

    def statement(start, kind):
        made = jobs.surrogate_of(family, start, learned=True)
        assert abs(made.window - start) < 1e-14 and abs(made.h(0.0) - 1 / (2 * start)) < 1e-12
        assert abs(made.at(-1e3).window - 0.05) < 1e-14
        assert start != jobs.DEFAULT or abs(made.alpha - kind().alpha) < 1e-14

    for start in SURROGATE.grid["start"]:
        statement(start, jobs.FAMILIES[family])
    caught(
        statement,
        jobs.DEFAULT,
        lambda: jobs.FAMILIES[family](1.1 * jobs.FAMILIES[family]().alpha),
    )


def test_arms_of_a_seed_send_the_same_spikes_before_training():
    """Equal initial weights and no dependence of spikes on the surrogate; another seed's are
    different.
    """

    def spikes(seed, family, start):
        rng = np.random.default_rng([seed, 0])
        made = jobs.surrogate_of(family, start, learned=True)
        neurons = partial(snn.LIF, **dataclasses.asdict(Neuron()), surrogate=made)
        net = jobs.network(DENSE, (8, 8, 1), neurons, rng)
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
    job = tiny(SURROGATE)
    neurons = partial(snn.LIF, **dataclasses.asdict(Neuron()), surrogate=snn.Arctan())
    net = jobs.network(job.settings.net, (8, 8, 1), neurons, np.random.default_rng(0))
    x, y = job.data.x_train, job.data.y_train
    norms = [row["gradient"] for row in jobs.layer_numbers(net, 4, x, y)]
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

    statement(norms)
    caught(statement, norms[::-1])


def test_a_width_is_learned_from_the_starts_that_the_study_names():
    for study in (SURROGATE, FASHION):
        assert jobs.DEFAULT in study.settings.learned_from
        assert set(study.settings.learned_from) < set(study.grid["start"])
        assert study.run_job(tiny(study, family="arctan", alpha="learned", start=1.0)) == []


def test_an_interrupted_job_goes_on_after_its_last_epoch(tmp_path, monkeypatch):
    """Killed in its second epoch, started again: the first is not repeated, and the rows are the
    same.
    """
    job = tiny(SURROGATE, family="triangular", alpha="learned", start=0.5)
    expected, epochs = jobs.run_job(job), interrupted.in_epoch_2(monkeypatch)
    job = dataclasses.replace(job, folder=tmp_path / "job")
    with pytest.raises(KeyboardInterrupt):
        jobs.run_job(job)
    assert jobs.run_job(job) == expected and epochs == [1, 2, 2]


def test_what_is_not_learned_stays():
    """Of the four arms, window and threshold move if and only if they are learned."""
    for learned, (alpha, threshold) in jobs.LEARNED.items():
        job = tiny(WIDTH_OR_THRESHOLD, net="plain", start=2.0, learned=learned)
        rows = jobs.run_width_or_threshold(job)
        assert any(abs(row["window"] - 2.0) > 1e-6 for row in rows) == alpha
        assert any(row["threshold"] != 0.5 for row in rows) == threshold
