"""Theorems about factors on a neuron's weights: what an adjustment by a norm can and cannot do."""

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from refsnn import convert, nn
from refsnn.theory import membrane_mean, membrane_std, weight_norm
from tests.oracles import caught
from tests.strategies import arrays, dyadics

TWOS = st.sampled_from([0.25, 0.5, 1.0, 2.0, 4.0])


@given(
    arrays(dyadics(-2, 2), (6,)).filter(np.any),
    arrays(st.integers(1, 63).map(lambda k: k / 64), (6,)),
    st.integers(1, 64),
    TWOS,
    st.sampled_from(["bernoulli", "poisson"]),
)
def test_theorem_a_factor_on_the_weights_moves_signal_and_noise_alike(
    weight, rates, T, factor, process
):
    """Weights times f > 0: mean of the input and standard deviation of the free potential are
    multiplied by f, so that their ratio stays. (Powers of two: exact in float64. A shift of the
    weights is no such factor.)
    """

    def statement(adjusted):
        for moment, of_process in ((membrane_mean, {}), (membrane_std, {"process": process})):
            assert moment(adjusted, rates, T, **of_process) == factor * moment(
                weight, rates, T, **of_process
            )

    statement(factor * weight)
    caught(statement, factor * weight + 4.0)


@given(
    arrays(dyadics(-2, 2), (6, 4)),
    arrays(st.integers(1, 64).map(lambda k: k / 64), (6,)),
    st.integers(1, 64),
)
def test_theorem_after_the_adjustment_only_the_angle_tells_neurons_apart(weight, rates, T):
    """Poisson counts, gamma = 1, no factor at its bound: sigma_j = c sqrt(T |r|_2 cos phi_j), c the
    mean L4 norm.
    """
    layer = nn.Dense(6, 4, bias=False, rng=np.random.default_rng(0))

    def statement(p, weight):
        layer.weight = weight.astype(np.float32)  # dyadics of few bits: exact
        cosine = rates @ weight**2 / (weight_norm(weight, 4) ** 2 * np.linalg.norm(rates))
        adjusted = weight * convert.WeightNorm(p).factors(None, [layer], None)
        sigma = membrane_std(adjusted, rates, T, process="poisson")
        expected = weight_norm(weight, 4).mean() * np.sqrt(T * np.linalg.norm(rates) * cosine)
        np.testing.assert_allclose(sigma, expected, rtol=1e-12)  # some tens of float64 roundings

    statement(4, weight + 3 * np.eye(6, 4))  # norms of one order: no factor leaves [1/4, 4]
    caught(statement, 2, np.tril(np.ones((6, 4))))


def network(rng, hidden):
    sizes = [9, *hidden, 4]
    layers = [
        layer
        for n_in, n_out in zip(sizes, sizes[1:], strict=False)
        for layer in (nn.Dense(n_in, n_out, rng=rng), nn.ReLU())
    ]
    for layer in layers[::2]:
        layer.bias = rng.normal(0.05, 0.02, layer.bias.shape).astype(np.float32)
    return nn.Sequential([nn.Flatten(), *layers[:-1]], input_shape=(3, 3, 1))


def own_maximum(activations, prefix, x):
    """A scale of each neuron's own: its largest activation; its largest weight if it is always
    silent.
    """
    largest = activations.max(axis=(0, 1))
    return np.where(largest > 0, largest, np.abs(prefix[-1].weight).max(axis=0))


def layer_maximum(activations, prefix, x):
    return float(activations.max())


@pytest.mark.parametrize("seed", range(5))
def test_theorem_per_neuron_scales_absorb_every_compensated_rule(seed):
    """Scales of each neuron's own, multiplied by f when its weights are: conversion with any
    compensated factors gives the weights of plain conversion. Not in the incoming form, and not
    with one scale a layer.
    """
    rng = np.random.default_rng(seed)
    ann, x = network(rng, [7, 6]), rng.random((50, 3, 3, 1), np.float32)

    def statement(scale, form):
        draw = np.random.default_rng(seed + 100)
        # Powers of two: exact in float32.
        adjust = SimpleNamespace(
            form=form,
            factors=lambda activations, prefix, x: draw.choice(
                [0.25, 0.5, 1.0, 2.0, 4.0], prefix[-1].weight.shape[1]
            ),
        )
        nets = [
            convert.to_spiking(
                ann, calibration_data=x, scaling=SimpleNamespace(scale=scale), adjust=rule
            )
            for rule in (None, adjust)
        ]
        for ours, theirs in zip(*nets, strict=True):
            for name, array in ours.params.items():
                np.testing.assert_array_equal(array, theirs.params[name])

    statement(own_maximum, "compensated")
    caught(statement, own_maximum, "incoming")
    caught(statement, layer_maximum, "compensated")


@pytest.mark.parametrize("hidden", [[7], [7, 6]])
def test_theorem_layer_wise_scales_are_one_gain_a_hidden_layer(hidden):
    """Two layer-wise scalings differ by a gain for each hidden layer: weights into it times g, out
    of it divided by g. With one hidden layer that is one number; with two it is two, and one number
    does not do.
    """
    rng = np.random.default_rng(3)
    ann, x = network(rng, hidden), rng.random((50, 3, 3, 1), np.float32)
    nets = [
        convert.to_spiking(ann, calibration_data=x, scaling=scaling)
        for scaling in (convert.Percentile(90), convert.ModelBased())
    ]
    first, second = ([layer for layer in net if layer.params] for net in nets)
    # None on the output.
    gains = [
        1.0,
        *(b.bias[0] / a.bias[0] for a, b in zip(first, second, strict=True)),
    ]

    def statement(gains):
        for a, b, before, after in zip(first, second, gains, gains[1:], strict=False):
            # A few float32 roundings.
            np.testing.assert_allclose(b.weight, a.weight * (after / before), rtol=1e-5)
            np.testing.assert_allclose(b.bias, a.bias * after, rtol=1e-5)

    statement(gains)
    caught(statement, [1.0, *[2 * gains[1]] * len(hidden), 1.0])
