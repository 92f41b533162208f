"""What the benchmarks promise: results are compared, networks arrive whole, a library that fails is
left out.
"""

import csv
import io

import numpy as np
import pytest

from benchmarks import agreement, curves, networks, run, table, timing
from benchmarks.library import Library
from refsnn import nn, snn

DIRECT = {"name": "a", "kind": "simulate", "encoder": "direct"}


def test_every_workload_has_a_name_of_its_own():
    workloads = run.workloads()
    assert len({workload["name"] for workload in workloads}) == len(workloads)


def test_spikes_of_constant_input_must_be_equal_and_random_ones_alike():
    counts = np.random.default_rng(0).poisson(300, (2, 500))
    other = counts.copy()
    other[0, 0] += 1
    assert agreement.agrees(DIRECT, "SpikingJelly", {"counts": counts}, {"counts": counts})
    assert not agreement.agrees(DIRECT, "SpikingJelly", {"counts": counts}, {"counts": other})
    poisson = DIRECT | {"encoder": "poisson"}
    # Sums of 150,000, whose deviation is 387.
    again = np.random.default_rng(1).poisson(300, (2, 500))
    assert agreement.agrees(poisson, "SpikingJelly", {"counts": counts}, {"counts": again})
    assert not agreement.agrees(
        poisson, "SpikingJelly", {"counts": counts}, {"counts": again * 1.05}
    )


def test_gradients_must_be_equal_to_rounding_and_unlike_neurons_are_not_compared():
    ours, bptt = {"loss": 1.0, "gradient": np.ones((3, 2))}, {"kind": "bptt"}
    for factor, agrees in ((1.001, True), (1.1, False)):
        theirs = {"loss": 1.0, "gradient": np.ones((3, 2)) * factor}
        assert agreement.agrees(bptt, "SpikingJelly", ours, theirs) == agrees
    assert not agreement.agrees(bptt, "snnTorch", ours, ours)


def test_potentials_must_have_the_same_law():
    v = np.random.default_rng(0).standard_normal((3, 5000))
    work = {"kind": "monte carlo"}
    for theirs, agrees in ((v[1], True), (v[2] * 1.2, False), (v[2] + 0.2, False)):
        assert agreement.agrees(work, "torch", {"potential": v[0]}, {"potential": theirs}) == agrees


class Told:
    """A library of which is known what it found."""

    def __init__(self, **results):
        self.results = results

    def result(self, name):
        return self.results.get(name)


@pytest.mark.parametrize(
    "counts, shown", [([[1, 2]], ["6.00", "2.00"]), ([[1, 3]], ["differs", ""])]
)
def test_a_ratio_stands_only_beside_equal_results(counts, shown):
    found = {
        ("refsnn", 2): Told(a={"counts": np.array([[1, 2]]), "ms": 3.0}),
        ("SpikingJelly", 2): Told(a={"counts": np.array(counts), "ms": 6.0}),
        ("Norse", 2): Told(),
    }
    peers = ["SpikingJelly", "Norse"]
    row = table.row(DIRECT, 2, found, peers, run.fastest(found, peers, DIRECT, 2))
    assert table.cells(row, peers) == ["a", "2", "3.00", shown[0], "", shown[1]]
    assert table.sound([row]) == (shown[0] != "differs")


def test_multiply_adds_are_those_of_loops_over_outputs_and_their_inputs():
    rng = np.random.default_rng(0)
    assert networks.multiply_adds(networks.mlp(rng)) == [784 * 512, 512 * 512, 512 * 10]
    assert networks.multiply_adds(networks.cnn(rng)) == [
        784 * 9 * 16,
        196 * 144 * 32,
        1568 * 128,
        128 * 10,
    ]


def test_networks_arrive_whole():
    """Built, written as arrays and built again, a network has the same scores and input rates."""
    rng = np.random.default_rng(0)
    x, _ = networks.images(5)
    for build in (networks.mlp, networks.cnn):
        net = networks.on_grid(build(rng))
        net[-1].input_rate = 0.25
        again = networks.from_arrays("net", networks.as_arrays("net", net))
        assert np.array_equal(net.predict(x), again.predict(x)) and again[-1].input_rate == 0.25
        spiking = networks.from_arrays("net", networks.as_arrays("net", net), snn.IF)
        assert sum(isinstance(layer, snn.IF) for layer in spiking) == sum(
            isinstance(layer, nn.ReLU) for layer in net
        )


def test_a_library_answers_by_turns_and_what_it_cannot_do_is_left_out(tmp_path, capsys):
    np.savez(tmp_path / "inputs.npz", weight=np.ones(3), rates=np.full(3, 0.5))
    works = [
        {"name": name, "kind": kind, "T": 2, "trials": 4}
        for name, kind in (("a", "monte carlo"), ("b", "magic"))
    ]
    with Library("this_library", tmp_path / "inputs.npz", 1) as library:
        for work in [*works, works[0]]:
            library.measure(work)
    assert len(library.times["a"]) >= 2 * timing.RUNS and library.result("a")[
        "potential"
    ].shape == (4,)
    assert library.result("b") is None and "magic" in capsys.readouterr().err


def test_curves_have_all_their_points(monkeypatch):
    """Every point is computed once, on few images, without looking at the clock."""
    monkeypatch.setattr(timing, "milliseconds", lambda work: work() is not None or 1.0)
    monkeypatch.setattr(curves, "N", 3)
    monkeypatch.setattr(curves, "T", 2)
    monkeypatch.setattr(curves, "WIDTH", 8)
    for name, few in (
        ("STEPS", (1, 2)),
        ("WIDTHS", (8, 16)),
        ("BATCHES", (1, 2)),
        ("THRESHOLDS", (1, 2)),
    ):
        monkeypatch.setattr(curves, name, few)
    rows = list(csv.DictReader(io.StringIO(curves.measured())))
    assert {row["curve"] for row in rows} == {"T", "width", "images", "spike rate"}
    assert len(rows) == 3 * 2 * 3 + 2 * 5 and all(float(row["ms"]) > 0 for row in rows)
