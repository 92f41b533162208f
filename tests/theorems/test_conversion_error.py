"""Theorems about the difference between a spike rate and the activation it stands for."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import ndtr

from refsnn.snn import IF
from refsnn.theory import (
    charge,
    constant_input_count,
    expected_activation,
    free_potential,
    quantised_activation,
    split_error,
)
from tests.oracles import caught, fire
from tests.strategies import arrays, currents, dyadics

# Time steps and levels by which a dyadic divides exactly.
POWERS = st.sampled_from([1, 2, 4, 8, 16, 32])


@given(
    POWERS.flatmap(lambda T: arrays(dyadics(-2, 2), (T,))),
    dyadics(-3, 3),
    dyadics(0, 1),
    st.sampled_from([0.5, 1.0, 2.0]),
)
def test_theorem_the_four_errors_add_up(current, z_ann, v_init, theta):
    """Propagated, clipping, quantisation and unevenness sum to relu(z_ann) - theta N_T/T, exactly,
    for every path of the input; the free potential is read off the neuron that fires, by charge.
    Leaving a part out does not.
    """

    def statement(current, z_ann, v_init, theta, parts):
        spikes, v = fire(current, theta, v_init)
        v_free = charge(v[-1], sum(spikes), theta)
        split = split_error(z_ann, v_free, sum(spikes), len(current), theta, v_init)
        assert v_free == free_potential(current, v_init)[-1]
        assert sum(split[:parts]) == max(z_ann, 0) - theta * sum(spikes) / len(current)

    statement(current, z_ann, v_init, theta, 4)
    # A spike that the mean input does not explain.
    caught(statement, np.array([3.0, -3.0]), 0.0, 0.0, 1.0, 3)


@given(dyadics(-2, 3), POWERS, dyadics(0, 1))
def test_law_each_error_vanishes_where_its_cause_does(z, T, v_init):
    """Constant input, v_init in [0, theta]: no unevenness. Input inside [0, theta]: no clipping.
    The same input as the ANN's: nothing propagated. On the grid of the rate, started at 0: no
    quantisation.
    """

    def statement(z_ann, current, v_init):
        spikes, v = fire(current, 1.0, v_init)
        split = split_error(
            z_ann, charge(v[-1], sum(spikes)), sum(spikes), len(current), 1.0, v_init
        )
        assert split.unevenness == 0 and split.propagated == 0
        inside = 0 <= z_ann <= 1
        assert not inside or split.clipping == 0
        assert (
            not (inside and v_init == 0 and z_ann * len(current) % 1 == 0)
            or split.quantisation == 0
        )

    statement(z, np.full(T, z), v_init)
    caught(statement, 0.0, np.array([2.0, -2.0]), 0.0)


@given(dyadics(-2, 3), POWERS, dyadics(0, 1), st.sampled_from([0.5, 1.0, 4.0]))
def test_theorem_a_rate_is_a_quantised_activation(z, T, v_init, theta):
    """Constant input z, v_init in [0, theta], firing on >=: theta N_T/T = theta clip(floor((z T +
    v_init)/theta)/T, 0, 1), in the kernel and by the closed count. A neuron that fires on > misses
    the values on its grid.
    """
    v_init = v_init * theta

    def statement(z, T, v_init, theta, strict):
        quantised = quantised_activation(z, T, theta, v_init)
        assert quantised == theta * sum(fire([z] * T, theta, v_init, strict=strict)[0]) / T
        assert quantised == theta * constant_input_count(z, T, theta, v_init) / T

    statement(z, T, v_init, theta, False)
    caught(statement, 0.5, 2, 0.0, 1.0, True)


@given(arrays(dyadics(-1, 2), (12,)), POWERS)
def test_theorem_qcfs_is_the_rate_of_a_neuron_started_at_half_its_threshold(z, levels):
    """With L = T and lambda = theta the activation lambda clip(floor(z L/lambda + 1/2)/L, 0, 1) is
    the rate of an IF neuron with v_init = theta/2, in the kernel; started at 0 the neuron truncates
    where the activation rounds.
    """

    def statement(v_init):
        neuron = IF(v_init=v_init)
        spikes, _ = neuron.scan(np.float32(z)[None, None], neuron.initial(1, z.shape), T=levels)
        activation = np.clip(np.floor(z * levels + 0.5) / levels, 0, 1)
        assert np.array_equal(activation, spikes[:, 0].sum(axis=0) / levels)
        assert np.array_equal(activation, quantised_activation(z, levels))

    statement(0.5)
    z, levels = np.array([0.75]), 1
    caught(statement, 0.0)


@given(
    st.lists(st.integers(0, 8), min_size=1, max_size=6).filter(any),
    st.integers(1, 3),
    st.integers(1, 3),
)
def test_theorem_the_expected_error_is_zero_for_cellwise_uniform_input(mass, finer, coarser):
    """z with a density constant on each of n cells of [0, theta]: L levels have the mean of clip(z,
    0, theta), exactly, for every L that is a multiple of n, so any two such numbers of levels have
    the same mean: zero expected conversion error for every pair. The rounding must start at
    theta/2; from 0 the mean is theta/(2L) too low.
    """
    n = len(mass)
    edges, tail = np.arange(n + 1) / n, np.append(np.cumsum(mass[::-1])[::-1], 0) / sum(mass)

    def survival(x):  # P(z >= x), piecewise linear
        return np.interp(x, edges, tail, left=1.0, right=0.0)

    mean = np.mean((tail[1:] + tail[:-1]) / 2)  # the integral of the survival

    def statement(v_init):
        for levels in (n * finer, n * coarser):
            # sums of at most 18 terms of a piecewise linear function: rounding below 1e-14
            assert expected_activation(survival, levels, v_init=v_init) == pytest.approx(
                mean, abs=1e-14
            )

    statement(0.5)
    caught(statement, 0.0)


def test_counterexample_half_normal_input_has_an_expected_error():
    """|z| normal of standard deviation 0.4 theta: L = 4 levels and T = 1 step differ by 0.10 theta
    in the mean, where cellwise uniform input differs by nothing: the theorem's hypothesis is
    needed. The gap closes as 1/T^2, as the midpoint rule's.
    """

    def half_normal(x):
        return 2 * ndtr(-np.maximum(x, 0) / 0.4)

    def uniform(x):
        return np.clip(1 - x, 0, 1)

    def statement(survival):
        assert abs(expected_activation(survival, 4) - expected_activation(survival, 1)) < 0.01

    statement(uniform)
    caught(statement, half_normal)
    assert expected_activation(half_normal, 4) - expected_activation(
        half_normal, 1
    ) == pytest.approx(0.1012, abs=5e-5)
    steps = np.array([16, 64, 256])
    gaps = [
        expected_activation(half_normal, int(T)) - expected_activation(half_normal, 2**14)
        for T in steps
    ]
    assert abs(np.polyfit(np.log(steps), np.log(np.abs(gaps)), 1)[0] + 2) < 0.01


def test_law_the_error_halves_when_T_doubles():
    """Uniform z on [0, theta]: the root mean square quantisation error is theta/(T sqrt 12) for
    v_init = theta/2 and theta/(T sqrt 3) for v_init = 0: slope -1 in T, and the start at half the
    threshold halves it. (Averages over a grid of 2^16 midpoints: each cell holds 2^16/T of them,
    which adds a relative 2^-32 T^2 to the mean square.)
    """
    z = (np.arange(2**16) + 0.5) / 2**16
    steps = np.array([4, 16, 64])

    def statement(v_init, constant):
        for T in steps:
            error = np.sqrt(np.mean((z - quantised_activation(z, int(T), v_init=v_init)) ** 2))
            assert error * T == pytest.approx(constant, rel=1e-5)

    statement(0.5, 1 / np.sqrt(12))
    statement(0.0, 1 / np.sqrt(3))
    caught(statement, 0.0, 1 / np.sqrt(12))


@given(dyadics(-2, 3), POWERS, st.sampled_from([0.25, 2.0, 8.0]))
def test_law_bias_per_step_is_a_start_in_disguise(z, T, theta):
    """theta/(2T) more input in each step and v_init = 0 is the same staircase as v_init = theta/2:
    two published cures of one bias are one. Half of it is not.
    """

    def statement(bias):
        shifted = quantised_activation(z + bias, T, theta, 0.0)
        assert shifted == quantised_activation(z, T, theta, theta / 2)

    statement(theta / (2 * T))
    z, T, theta = 0.5, 1, 1.0
    caught(statement, theta / (4 * T))


@given(currents(max_T=16, low=-2, high=2))
def test_law_unevenness_is_bounded_by_how_far_the_path_strays(current):
    """theta = 1, v_init = 0: if V_t stays within c of the straight line z t, c whole, the count
    differs from that of constant input by at most c: order costs no more than the noise of the path
    is high.
    """
    T, v_free = len(current), free_potential(current)
    straight = v_free[-1] / T * np.arange(1, T + 1)
    c = int(np.ceil(np.abs(v_free - straight).max()))

    def statement(current, c):
        spikes, v = fire(current)
        split = split_error(0.0, charge(v[-1], sum(spikes)), sum(spikes), len(current))
        # c / T with T not a power of two: one rounding
        assert abs(split.unevenness) <= c / len(current) * (1 + 1e-15)

    # One more where rounding of z t may matter.
    statement(current, c + (np.abs(v_free - straight).max() == c))
    caught(statement, np.array([2.0, -2.0]), 0)
