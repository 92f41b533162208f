"""Corrected biases do what their papers say."""

import numpy as np
import pytest

from refsnn import convert, nn, snn
from refsnn.convert.errors import analog_inputs
from tests.convert.nets import patterns, spiking, trained
from tests.oracles import caught


@pytest.mark.parametrize("T", [1, 4, 16])
@pytest.mark.parametrize("v_init", [0.5, 0.25])
def test_law_a_shifted_bias_is_the_start_that_it_replaces(T, v_init):
    """First layer, constant input, T a power of two: the same counts after T steps, exactly;
    earlier it lags.
    """
    net, x = spiking(2, v_init=v_init)
    shifted = convert.shift_bias(net, T)
    assert shifted[1].v_init == 0 and net[1].v_init == v_init
    watch = {1: np.arange(64)}
    before, after = (
        snn.simulate(each, x, T, watch=watch).spikes[1].cumsum(axis=0) for each in (net, shifted)
    )

    def statement(before, after):
        assert np.array_equal(before[-1], after[-1]) and np.all(after <= before)

    statement(before, after)
    caught(
        statement,
        before,
        snn.simulate(convert.shift_bias(net, 2 * T), x, T, watch=watch).spikes[1].cumsum(axis=0),
    )


def test_corrected_biases_remove_most_of_the_mean_error():
    """Per channel, on the images it was measured on, at the T it was measured at; clipping leaves a
    rest.
    """
    ann, x = trained(nn.QCFS), patterns(200, seed=6)[0]
    net = convert.to_spiking(ann, calibration_data=x)
    targets, state = (
        analog_inputs(ann, net, x),
        [array.copy() for layer in net for array in layer.params.values()],
    )

    def mean_errors(net, T):
        watch = {i: np.arange(a[0].size) for i, (z, a) in targets.items()}
        record = snn.simulate(net, x, T, watch=watch)
        return np.concatenate(
            [
                (a.reshape(len(x), -1) - record.spikes[i].mean(axis=0))
                .reshape(-1, a.shape[-1])
                .mean(axis=0)
                for i, (z, a) in targets.items()
            ]
        )

    def statement(corrected, T):
        assert np.abs(mean_errors(corrected, T)).mean() < np.abs(mean_errors(net, T)).mean() / 2

    for T in (1, 2):
        statement(convert.correct_bias(ann, net, x, T), T)
        caught(statement, convert.correct_bias(ann, net, x, 3 - T), T)
    assert all(
        np.array_equal(a, b)
        for a, b in zip(
            state, [array for layer in net for array in layer.params.values()], strict=True
        )
    )


@pytest.mark.parametrize(
    "call, error, says",
    [
        (lambda net, x: convert.shift_bias(net, 0), ValueError, "T must be at least 1"),
        (
            lambda net, x: convert.shift_bias(nn.Sequential(net[:1]), 4),
            ValueError,
            "no spiking neurons",
        ),
        (
            lambda net, x: convert.shift_bias(nn.Sequential([net[0], snn.LIF(beta=0.5)]), 4),
            ValueError,
            "without leak",
        ),
    ],
)
def test_bad_input_gets_one_clear_sentence(call, error, says):
    with pytest.raises(error, match=says) as raised:
        call(*spiking())
    assert "\n" not in str(raised.value)
