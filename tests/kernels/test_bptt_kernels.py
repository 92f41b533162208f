"""The loops of backpropagation through time give the bits of the readable reference that stands
beside them.
"""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from refsnn.kernels import bptt, neuron
from tests.oracles import caught

FAMILIES = range(len(bptt.SPIKES))


def plain(function):
    """The Python below a compiled function."""
    return getattr(function, "py_func", function)


@st.composite
def cases(draw):
    """A layer of neurons and what happens to it: current, initial potentials, thresholds, beta,
    v_reset, subtract.
    """
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    dtype = draw(st.sampled_from([np.float32, np.float64]))
    T, n, features = (draw(st.integers(1, top)) for top in (6, 4, 9))
    current = rng.normal(0.3, 1.0, (T, n, features)).astype(dtype)
    v_init, v_threshold = (
        rng.normal(0, 0.3, features).astype(dtype),
        rng.uniform(0.2, 1.5, features).astype(dtype),
    )
    return (
        current,
        v_init,
        v_threshold,
        dtype(draw(st.sampled_from([0.0, 0.25, 0.9, 1.0]))),
        dtype(draw(st.sampled_from([0.0, -0.25, 0.1]))),
        draw(st.booleans()),
    )


def compiled_forward(current, v_init, *numbers):
    v, u, s = (
        np.array(np.broadcast_to(v_init, current.shape[1:])),
        np.empty_like(current),
        np.empty_like(current),
    )
    neuron.scan_potentials(current, v, *numbers, u, s)
    return u, s


@given(cases())
def test_twin_scan_that_remembers(case):
    current, v_init, *numbers = case
    u, s = compiled_forward(*case)

    def statement(threshold_itself):
        def fire(x):
            return (x >= 0 if threshold_itself else x < 0).astype(x.dtype)

        reference = bptt.smooth_scan(
            current, np.broadcast_to(v_init, current.shape[1:]), *numbers, fire
        )
        assert np.array_equal(u, reference[0]) and np.array_equal(s, reference[1])
        assert u.dtype == s.dtype == reference[0].dtype == current.dtype

    statement(True)
    caught(statement, False)


@given(cases())
def test_a_scan_that_remembers_fires_as_the_one_that_does_not(case):
    """The spikes of training are those of the simulation, bit for bit."""
    current, v_init, *numbers = case
    v, counts = (
        np.array(np.broadcast_to(v_init, current.shape[1:])),
        np.empty(current.shape[:2], np.int32),
    )
    spikes = np.empty_like(current)
    neuron.scan(current, v, *numbers, counts, spikes)
    assert np.array_equal(spikes, compiled_forward(*case)[1])


@given(
    cases(),
    st.sampled_from(FAMILIES),
    st.floats(0.25, 8),
    st.booleans(),
    st.booleans(),
    st.integers(0, 2**32 - 1),
)
def test_twin_backward(case, family, k, kept, penalised, seed):
    """With and without what the loss asks of the potentials directly."""
    current, v_init, *numbers = case
    u, s = compiled_forward(*case)
    dy, asked = (
        np.random.default_rng(seed).standard_normal((2, *current.shape)).astype(current.dtype)
    )
    direct = asked if penalised else asked[:0]
    du, sums = np.empty_like(u), np.zeros((3, u.shape[2]))
    bptt.backward(dy, direct, u, s, v_init, *numbers, kept, family, k, True, du, sums)

    def h(x, wrong=0.0):
        slope = plain(bptt.SLOPES[family])
        return np.array(
            [k * slope(k * value + wrong) for value in x.astype(np.float64).ravel()]
        ).reshape(x.shape)

    def statement(wrong):
        reference, totals = bptt.backward_reference(
            dy, direct, u, s, v_init, *numbers, kept, lambda x: h(x, wrong)
        )
        assert np.array_equal(du, reference) and reference.dtype == dy.dtype
        assert np.array_equal(sums, totals)

    statement(0.0)
    if family > 1:  # of the others many slopes are 0 wherever one looks
        caught(statement, 0.5)
    alone, nothing = np.empty_like(u), np.zeros_like(sums)
    bptt.backward(dy, direct, u, s, v_init, *numbers, kept, family, k, False, alone, nothing)
    assert np.array_equal(alone, du) and not nothing.any()


@pytest.mark.parametrize("family", FAMILIES)
def test_twin_families(family):
    """Compiled and plain Python agree, far out as well, where exponentials vanish or would
    overflow.
    """
    x = np.concatenate([np.linspace(-4, 4, 801), [-1e4, -800.0, 800.0, 1e4]])
    g, h = np.empty_like(x), np.empty_like(x)
    bptt.smooth_spikes(family, 2.0, x, g)
    bptt.slopes(family, 2.0, x, np.zeros_like(x), h)

    def statement(g):
        assert g.tolist() == [plain(bptt.SPIKES[family])(2.0 * value) for value in x]
        assert h.tolist() == [2.0 * plain(bptt.SLOPES[family])(2.0 * value) for value in x]

    statement(g)
    caught(statement, h)
