"""Tuning: its gradients, its loss, and that a tuned network is still the same rectifier network."""

import numpy as np
import pytest

from refsnn import nn, predict, snn
from refsnn.predict.tuning import Tuner, miss_probability
from tests.predict.nets import convolutional, dense, images

NETS = {"dense": dense, "convolutional": convolutional}


def rectified(net):
    """The network with each neuron replaced by a rectifier."""
    return nn.Sequential(
        [nn.ReLU() if isinstance(layer, snn.LIF) else layer for layer in net], net.input_shape
    )


def random_tuner(net, x, seed=0, max_rate=0.5):
    """A tuner whose parameters are not 0."""
    tuner, rng = Tuner(net, x, 12, max_rate), np.random.default_rng(seed)
    for params in tuner.params:
        for param in params.values():
            param += rng.normal(0, 0.1, param.shape)
    return tuner


def test_gradients_of_the_miss_probability_are_its_differences():
    """Central differences, h = 1e-5: error h^2 f''' / 6 + 1e-15 / h, both below 1e-8 for margins of
    about one sigma.
    """
    rng = np.random.default_rng(0)
    mean, variance, y = (
        rng.normal(size=(6, 4)),
        rng.uniform(0.5, 2, (6, 4)),
        rng.integers(4, size=6),
    )
    _, *found = miss_probability(mean, variance, y)
    for which in (0, 1):
        for c in range(4):
            step = np.zeros((6, 4))
            step[:, c] = 1e-5
            low, high = (
                ([mean - step, variance], [mean + step, variance])
                if which == 0
                else ([mean, variance - step], [mean, variance + step])
            )
            difference = (miss_probability(*high, y)[0] - miss_probability(*low, y)[0]) / 2e-5
            np.testing.assert_allclose(found[which][:, c], difference, atol=1e-7)


def formulas(tuner, x):
    """Which formula counts the spikes of each neuron: large noise or not, mirrored or not, and
    where it starts.
    """
    return np.concatenate(
        [
            np.ravel(
                (s2 > np.where(m < 0, 1, 0.75**2) * tuner.T)
                + 2 * (m > tuner.T / 2)
                + 4 * ((v0 > 0) & (v0 < 1))
            )
            for m, s2, v0, *_ in tuner.forward(x)[2]
        ]
    )


@pytest.mark.parametrize("name, max_rate", [("dense", 1.0), ("dense", 0.1), ("convolutional", 0.5)])
@pytest.mark.parametrize("kind", ["shift", "log_scale"])
def test_gradients_through_all_layers_are_differences_of_the_loss(name, max_rate, kind):
    """Along random directions, h = 3e-3: float32 leaves 1e-6 of the loss, 3e-4 of the slope,
    curvature 1e-4. At the lower rate most neurons are drowned in noise; no neuron changes its
    formula on the way.
    """
    x, y = images(6), np.array([0, 1, 2, 3, 0, 1])
    tuner = random_tuner(NETS[name](), x, seed=6, max_rate=max_rate)
    _, found = tuner.gradients(x, y)
    before = formulas(tuner, x)
    for layer, params in enumerate(tuner.params):
        direction, h = np.random.default_rng(layer).normal(size=params[kind].shape), 3e-3
        losses = []
        for sign in (1, -2):
            params[kind] += sign * h * direction
            losses.append(tuner.gradients(x, y)[0])
            np.testing.assert_array_equal(formulas(tuner, x), before)
        params[kind] += h * direction
        slope = found[layer][kind] @ direction
        size = np.linalg.norm(found[layer][kind]) * np.linalg.norm(direction)
        assert (losses[0] - losses[1]) / (2 * h) == pytest.approx(slope, abs=5e-3 * size)


@pytest.mark.parametrize("name", NETS)
def test_a_tuned_network_is_the_same_rectifier_network(name):
    """Scales are compensated through pooling and Flatten. float32 rounding: 1e-5 of the largest
    score.
    """
    net, x = NETS[name](), images(5)
    tuned = random_tuner(net, x).apply(net)
    scores = rectified(net).predict(x, threads=1)
    np.testing.assert_allclose(
        rectified(tuned).predict(x, threads=1), scores, rtol=0, atol=1e-5 * np.abs(scores).max()
    )
    assert not np.allclose(
        tuned[1 if name == "dense" else 0].weight, net[1 if name == "dense" else 0].weight
    )


@pytest.mark.parametrize("name", NETS)
def test_the_tuned_network_has_the_tuner_s_own_score_means(name):
    """What is applied to the network is what was differentiated: the same means by way of the tuned
    weights.
    """
    net, x = NETS[name](), images(5)
    tuner = random_tuner(net, x)
    fresh = Tuner(tuner.apply(net), x, 12, 0.5)
    fresh.rhos, fresh.readout_rho = (
        tuner.rhos,
        tuner.readout_rho,
    )  # of the untuned network, as while tuning
    np.testing.assert_allclose(fresh.forward(x)[0], tuner.forward(x)[0], rtol=0, atol=1e-4)


def test_tuning_lowers_the_loss_touches_nothing_and_repeats_bit_for_bit():
    net, x = dense(), images(64)
    y = rectified(net).predict(x, threads=1).argmax(axis=1)
    before = [array.copy() for layer in net for array in layer.params.values()]
    options = dict(epochs=4, batch_size=16, progress=False)
    tuned = [
        predict.tune_conversion(
            net, x, y, 4, 0.5, rng=np.random.default_rng(0), threads=threads, **options
        )
        for threads in (1, 2)
    ]
    for array, old in zip(
        [array for layer in net for array in layer.params.values()], before, strict=True
    ):
        np.testing.assert_array_equal(array, old)
    assert (
        Tuner(tuned[0], x, 4, 0.5).gradients(x, y)[0]
        < 0.95 * Tuner(net, x, 4, 0.5).gradients(x, y)[0]
    )
    for a, b in zip(*tuned, strict=True):
        for name, array in a.params.items():
            np.testing.assert_array_equal(array, b.params[name])


@pytest.mark.parametrize(
    "change, sentence",
    [
        ({"T": 0}, "T must be at least 1"),
        ({"max_rate": 1.5}, "max_rate"),
        ({"rng": 3}, "rng must be"),
        ({"y": np.array([0, 1])}, "y must have shape"),
        ({"epochs": 0}, "epochs"),
        ({"learning_rate": 0.0}, "learning_rate"),
    ],
)
def test_wrong_arguments_get_a_sentence(change, sentence):
    arguments = {
        "x": images(3),
        "y": np.array([0, 1, 2]),
        "T": 4,
        "max_rate": 1.0,
        "rng": np.random.default_rng(0),
    }
    with pytest.raises((ValueError, TypeError), match=sentence):
        predict.tune_conversion(dense(), **{**arguments, **change}, progress=False)
