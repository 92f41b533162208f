"""The program a reader should be able to write, as it stands, and what it promises."""

import numpy as np
import pytest

from refsnn import convert, datasets, nn, snn, theory


@pytest.fixture(scope="module")
def program():
    """Every name that the program leaves behind."""
    rng = np.random.default_rng(0)
    data = datasets.load_digits()  # bundled; float32 in [0, 1], x (N, H, W, C), y (N,) int64
    ann = nn.Sequential(
        [
            nn.Conv2d(1, 16, kernel_size=3, padding=1, rng=rng),
            nn.ReLU(),
            nn.AvgPool2d(2),
            nn.Flatten(),
            nn.Dense(4 * 4 * 16, 64, rng=rng),
            nn.ReLU(),
            nn.Dense(64, 10, rng=rng),
        ]
    )
    history = nn.fit(ann, data.x_train, data.y_train, epochs=15, batch_size=64, rng=rng)
    print(ann.accuracy(data.x_test, data.y_test))

    net = convert.to_spiking(
        ann, calibration_data=data.x_train[:500], scaling=convert.Percentile(99.9)
    )
    record = snn.simulate(net, data.x_test, T=64, encoder=snn.Poisson(max_rate=1.0), rng=rng)
    print(record.accuracy(data.y_test))  # (T,): fraction correct after 1..T steps
    print(record.spike_rates())  # mean spikes per neuron and step, one number per neuron layer

    # (16,)
    sigma = theory.membrane_std(weight=net[0].weight.reshape(9, -1), rates=np.full(9, 0.2), T=64)
    return locals()


def test_the_digits_are_split_once(program):
    data = program["data"]
    assert data.x_train.shape == (1437, 8, 8, 1) and data.x_test.shape == (360, 8, 8, 1)


def test_the_network_learns_the_digits(program):
    """At least 97 % of the test images with fit's defaults; an untrained network guesses."""
    data, ann, history = program["data"], program["ann"], program["history"]
    assert ann.accuracy(data.x_test, data.y_test) >= 0.97
    assert history.loss.shape == history.accuracy.shape == (15,) and history.accuracy[-1] > 0.99
    rng = np.random.default_rng(0)
    untrained = nn.Sequential([nn.Flatten(), nn.Dense(64, 10, rng=rng)])
    assert untrained.accuracy(data.x_test, data.y_test) < 0.5


def test_the_spiking_network_is_within_a_point_of_the_artificial_one(program):
    """With random input, T = 64, in either direction; after one step it is far from there."""
    data, ann, record = program["data"], program["ann"], program["record"]
    accuracy = record.accuracy(data.y_test)
    assert accuracy.shape == (64,)
    assert abs(accuracy[-1] - ann.accuracy(data.x_test, data.y_test)) <= 0.01
    assert accuracy[0] < accuracy[-1] - 0.2


def test_with_direct_input_it_is_at_most_one_image_worse(program):
    data, ann, net = program["data"], program["ann"], program["net"]
    direct = snn.simulate(net, data.x_test, T=64).accuracy(data.y_test)[-1]
    lost = round(360 * (ann.accuracy(data.x_test, data.y_test) - direct))
    assert lost <= 1


def test_spike_rates_and_noise_have_one_number_a_layer_and_a_channel(program):
    rates, sigma = program["record"].spike_rates(), program["sigma"]
    assert rates.shape == (2,) and np.all((rates > 0.01) & (rates < 0.5))
    # sqrt(T p (1 - p)) |w|_2 of each channel, in float64 from the same float32 weights: 9 squares
    # added, 1e-14
    expected = np.sqrt(64 * 0.2 * 0.8) * np.linalg.norm(
        program["net"][0].weight.reshape(9, 16).astype(float), axis=0
    )
    assert sigma.shape == (16,) and np.allclose(sigma, expected, rtol=1e-14, atol=0)


def test_the_artificial_network_is_not_touched(program):
    """It is still made of rectifiers, and its scores are those of its own weights."""
    ann, net = program["ann"], program["net"]
    for network, activation in ((ann, "ReLU"), (net, "IF")):
        kinds = [type(layer).__name__ for layer in network]
        assert kinds == ["Conv2d", activation, "AvgPool2d", "Flatten", "Dense", activation, "Dense"]
    assert not np.array_equal(ann[0].weight, net[0].weight)
