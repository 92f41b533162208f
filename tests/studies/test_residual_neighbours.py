"""SRP and COS do what their papers say: held to plain loops over time, layers and neurons."""

import numpy as np
import pytest

from refsnn import convert, metrics, nn, snn
from studies.residual import neighbours
from tests.convert.nets import patterns, spiking, trained
from tests.oracles import caught


def stepped(net, x, T, start=None, kept=None):
    """Step by step in float64, where all sums are exact: outputs (T, N, classes), and by layer the
    potentials before each reset and the spikes, (T, N, ...).
    """
    v, before, fired, outputs = {}, {}, {}, []
    for _ in range(T):
        h = x.astype(np.float64)
        for i, layer in enumerate(net):
            if not isinstance(layer, snn.IF):
                h = layer.forward(h)[0]
                continue
            u = v.get(i, 0.5 if start is None or i not in start else start[i]) + h  # integrate
            h = (u >= 1).astype(np.float64)  # fire
            v[i] = u - h  # reset
            before.setdefault(i, []).append(u)
            fired.setdefault(i, []).append(h)
            h = h if kept is None else h * kept[i]
        outputs.append(h)
    return (
        np.array(outputs),
        {i: np.array(u) for i, u in before.items()},
        {i: np.array(s) for i, s in fired.items()},
    )


def running_mean(outputs):
    return np.cumsum(outputs, axis=0) / np.arange(1, len(outputs) + 1)[:, None, None]


@pytest.mark.parametrize("tau", [1, 4])
def test_srp_silences_neurons_without_residual_potential(tau):
    """As the paper says, step by step. Scores are float32 of float64 sums: 2**-24 of scores below
    32.
    """
    net, x = spiking()
    _, before, fired = stepped(net, x, tau)
    kept = {i: before[i][-1] - fired[i][-1] > 1e-3 for i in before}
    expected = running_mean(stepped(net, x, 6, kept=kept)[0])

    def statement(scores):
        assert np.max(np.abs(scores - expected)) <= 32 * 2**-24

    statement(neighbours.run_srp(net, x, 6, tau=tau))
    caught(statement, neighbours.run_srp(net, x, 6, tau=tau + 1))
    caught(statement, snn.simulate(net, x, 6).scores)


def corrected_start(u, s):
    """One neuron: potentials before the reset and spikes of its first run, to its start in the
    second.
    """
    after = [a - b for a, b in zip(u, s, strict=True)]
    if after[-1] < 0 and any(s):
        return 0.5 - max(1, min(a for a, b in zip(u, s, strict=True) if b) - 1 + 1e-3)
    if after[-1] >= 1 and not all(s):
        return 0.5 + max(1, 1 - max(a for a, b in zip(u, s, strict=True) if not b) + 1e-3)
    return 0.5


@pytest.mark.parametrize("rho, T", [(4, 4), (4, 1), (2, 6)])
def test_cos_moves_the_start_of_neurons_that_fired_once_too_often_or_too_seldom(rho, T):
    """As the paper says, one neuron and one layer at a time. Starts hold a float32 of 1e-3, so a
    spike may differ only where a potential is within 1e-6 of the threshold: on the grid of 1/1024
    there is none.
    """
    net, x = spiking(1)
    start = {}
    for i in (1, 5, 7):
        _, before, fired = stepped(net, x, rho, start)
        start[i] = np.empty(before[i].shape[1:])
        for place in np.ndindex(start[i].shape):
            start[i][place] = corrected_start(before[i][:, *place], fired[i][:, *place])
    assert any(np.any(array < 0) for array in start.values()) and any(
        np.any(array > 1) for array in start.values()
    )
    expected = running_mean(stepped(net, x, T, start)[0])

    def statement(scores):
        assert scores.shape == expected.shape
        assert np.max(np.abs(scores - expected)) <= 32 * 2**-24

    statement(neighbours.run_cos(net, x, T, rho=rho))
    caught(statement, neighbours.run_srp(net, x, T, tau=rho))
    caught(statement, snn.simulate(net, x, T).scores)


@pytest.mark.parametrize("run", [neighbours.run_srp, neighbours.run_cos])
def test_theorem_the_number_of_threads_changes_no_bit(run):
    ann, (x, y) = trained(nn.QCFS), patterns(150, seed=8)
    net = convert.to_spiking(ann, calibration_data=x)
    one, two = (run(net, x, 5, threads=threads) for threads in (1, 2))
    assert one.tobytes() == two.tobytes() and one.dtype == np.float32
    assert metrics.accuracy(one, y).shape == (5,)


@pytest.mark.parametrize(
    "call, error, says",
    [
        (lambda net, x: neighbours.run_srp(net, x, 4, tau=0), ValueError, "tau must be at least 1"),
        (
            lambda net, x: neighbours.run_cos(net, x, 4, rho=1.5),
            TypeError,
            "rho must be a whole number",
        ),
        (lambda net, x: neighbours.run_cos(net, x, 0), ValueError, "T must be at least 1"),
        (
            lambda net, x: neighbours.run_srp(nn.Sequential(net[:1]), x, 4),
            ValueError,
            "no spiking neurons",
        ),
        (
            lambda net, x: neighbours.run_srp(nn.Sequential([net[0], snn.IF(reset="zero")]), x, 4),
            ValueError,
            "reset by subtraction",
        ),
        (lambda net, x: neighbours.run_cos(net, x[:, :2], 4), ValueError, "images of shape"),
    ],
)
def test_bad_input_gets_one_clear_sentence(call, error, says):
    with pytest.raises(error, match=says) as raised:
        call(*spiking())
    assert "\n" not in str(raised.value)
