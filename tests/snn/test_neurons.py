"""Neurons: what they conserve, when they fire, how they forget."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from refsnn import nn, snn
from refsnn.kernels.neuron import scan_reference
from tests.oracles import caught
from tests.strategies import arrays, currents, dyadics, powers_of_two, thresholds


def column(values):
    """One neuron's numbers (T,) as (T, 1, 1)."""
    return np.asarray(values, np.float32).reshape(-1, 1, 1)


def run(neuron, current):
    """Spikes and potentials after reset of one neuron (T,), as lists of floats."""
    current = column(current)
    spikes, v = neuron.trace(current, neuron.initial(1, (1,)))
    return spikes.ravel().tolist(), v.ravel().tolist()


@given(currents(), thresholds(), dyadics(-1, 1))
def test_theorem_reset_by_subtraction_conserves_charge(current, v_threshold, v_init):
    """Without leak, v_T + v_threshold N_T = v_init + sum of the input, exactly on dyadics."""

    def statement(reset):
        spikes, v = run(snn.IF(v_threshold=v_threshold, v_init=v_init, reset=reset), current)
        assert v[-1] + v_threshold * sum(spikes) == v_init + np.sum(current)

    statement("subtract")
    current, v_threshold, v_init = np.array([1.5]), 1.0, 0.0
    caught(statement, "zero")


@pytest.mark.parametrize("reset, v", [("subtract", [0.5, 0.25, 0.25]), ("zero", [0.5, -0.25, 0.0])])
def test_resets_by_hand(reset, v):
    """Input 1/2, 3/4, then the same charge again or what is missing to 0: at 1.25 one neuron keeps
    1/4, the other starts from v_reset = -1/4.
    """
    neuron = snn.IF(reset=reset, v_reset=-0.25)
    assert run(neuron, [0.5, 0.75, 0.0 if reset == "subtract" else 0.25]) == ([0, 1, 0], v)


@given(thresholds())
def test_theorem_neurons_fire_at_the_threshold(v_threshold):
    """v >= v_threshold: exactly at it there is a spike, one unit of float32 below there is none."""

    def statement(current):
        assert run(snn.IF(v_threshold=v_threshold), [current])[0] == [1]

    statement(v_threshold)
    caught(statement, np.nextafter(np.float32(v_threshold), np.float32(0)))


@given(
    st.integers(1, 8).flatmap(lambda T: arrays(dyadics(-2, 2), (T,))),
    thresholds(),
    dyadics(-1, 1),
    st.sampled_from([0, Fraction(1, 2), Fraction(3, 4), 1]),
    st.sampled_from(["subtract", "zero"]),
)
def test_theorem_leaky_neurons_are_the_reference_on_fractions(
    current, v_threshold, v_init, beta, reset
):
    """u = beta v + I exactly: a leak of 3/4 adds 2 bits a step to the 8 of the inputs, and
    potentials stay below 16 (2 / (1 - 3/4) and a few thresholds): 8 + 2 * 6 + 4 = 24 bits, so 6
    steps are compared (8 of a leak of 1/2).
    """
    current = current[:6] if beta == Fraction(3, 4) else current
    expected, v_seq = scan_reference(
        [Fraction(i) for i in current],
        Fraction(v_init),
        Fraction(v_threshold),
        beta,
        Fraction(-1, 2),
        reset == "subtract",
    )

    def statement(beta):
        neuron = snn.LIF(
            float(beta), v_threshold=v_threshold, v_init=v_init, reset=reset, v_reset=-0.5
        )
        spikes, v = run(neuron, current)
        assert spikes == expected and [Fraction(value) for value in v] == v_seq

    statement(beta)
    if v_init and not expected[0]:
        caught(statement, 0.25)


@given(
    currents(),
    thresholds(),
    dyadics(-1, 1),
    powers_of_two(),
    st.sampled_from([0.3, 1.0]),
    st.sampled_from(["subtract", "zero"]),
)
def test_theorem_a_common_factor_changes_no_spike(
    current, v_threshold, v_init, factor, beta, reset
):
    """Input, threshold, initial and reset potential times a power of two: the same spikes, and
    potentials times it, for any leak, since such a factor does not round. The input alone times it:
    other spikes.
    """

    def statement(scale):
        plain = snn.LIF(beta, v_threshold=v_threshold, v_init=v_init, reset=reset, v_reset=-0.25)
        scaled = snn.LIF(
            beta,
            v_threshold=scale * v_threshold,
            v_init=scale * v_init,
            reset=reset,
            v_reset=-0.25 * scale,
        )
        spikes, v = run(plain, current)
        assert run(scaled, factor * current) == (spikes, [factor * value for value in v])

    statement(factor)
    current, v_threshold, v_init, factor = np.array([0.5]), 1.0, 0.25, 2.0
    caught(statement, 1.0)


@pytest.mark.parametrize(
    "shape, own",
    [
        ((3,), (3,)),
        ((2, 2, 3), (3,)),
        ((2, 2, 3), (2, 2, 3)),
        ((2, 2, 3), (2, 1, 1)),
        ((2, 2, 3), ()),
    ],
)
@pytest.mark.parametrize("reset", ["subtract", "zero"])
def test_every_neuron_has_its_own_threshold_and_initial_potential(shape, own, reset):
    """Arrays broadcast against one image's features; each neuron behaves as it would alone."""
    rng = np.random.default_rng(0)
    v_threshold, v_init = (
        (0.5 + rng.random(own)).astype(np.float32),
        rng.random(own).astype(np.float32),
    )
    layer = snn.LIF(0.75, v_threshold=v_threshold, v_init=v_init, reset=reset)
    assert layer.output_shape(shape) == shape
    current = rng.random((10, 4, *shape), np.float32)
    spikes, v = layer.scan(current, layer.initial(4, shape))
    every_threshold, every_init = (
        np.broadcast_to(v_threshold, shape),
        np.broadcast_to(v_init, shape),
    )
    for where in np.ndindex(4, *shape):
        neuron = where[1:]
        alone = snn.LIF(
            0.75, v_threshold=every_threshold[neuron], v_init=every_init[neuron], reset=reset
        )
        own_spikes, own_v = run(alone, current[(slice(None), *where)])
        assert spikes[(slice(None), *where)].tolist() == own_spikes and v[where] == own_v[-1]


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("cut", [1, 4, 9])
def test_theorem_a_scan_can_be_cut_anywhere(order, cut):
    """The potentials after the first part are all that the second needs, however the arrays lie in
    memory.
    """
    rng = np.random.default_rng(1)
    layer = snn.LIF(0.9, v_init=rng.random(5), reset="subtract")
    current = np.asarray(rng.random((10, 3, 2, 5), np.float32), order=order)
    v = np.asarray(layer.initial(3, (2, 5)), order=order)
    before = v.copy()
    spikes, last = layer.scan(current, v)
    first, between = layer.scan(current[:cut], v)
    second, after = layer.scan(current[cut:], between)
    assert np.array_equal(np.concatenate([first, second]), spikes) and np.array_equal(after, last)
    assert np.array_equal(v, before)  # the potentials handed in are not changed
    assert not np.array_equal(layer.scan(current[cut:], v)[0], second)


def test_a_constant_input_is_one_step_held():
    rng = np.random.default_rng(2)
    layer, current = snn.IF(), rng.random((1, 3, 4), np.float32)
    v = layer.initial(3, (4,))
    held, repeated = layer.scan(current, v, T=7), layer.scan(np.repeat(current, 7, axis=0), v)
    assert held[0].shape == (7, 3, 4) and held[0].dtype == np.float32
    assert all(np.array_equal(one, two) for one, two in zip(held, repeated, strict=True))


def test_a_layer_of_neurons_takes_time_from_the_run():
    """forward(x, Run(T)) on (T * N, ...), time-major, is the scan."""
    rng = np.random.default_rng(3)
    layer, current = snn.LIF(0.5, v_init=0.25), rng.random((6, 3, 2, 2), np.float32)
    spikes, _ = layer.scan(current, layer.initial(3, (2, 2)))
    y, _ = layer.forward(current.reshape(18, 2, 2), nn.Run(T=6))
    assert np.array_equal(y.reshape(6, 3, 2, 2), spikes)
    assert not np.array_equal(layer.forward(current.reshape(18, 2, 2), nn.Run(T=3))[0], y)


@given(st.integers(1, 200), st.integers(0, 256), st.integers(0, 255))
def test_law_constant_input_is_counted_within_one_spike(T, current, v_init):
    """Input a in [0, 1] and v_init below 1, threshold 1: N_T = floor(T a + v_init), exactly on
    dyadics.
    """
    a, v0 = current / 256, v_init / 256

    def statement(offset):
        spikes, _ = snn.IF(v_init=v0).scan(column([a]), column([v0])[0], T=T)
        assert spikes.sum() == np.floor(T * a + offset)

    statement(v0)
    caught(statement, v0 + 1)
