"""Predicted accuracy: its integral, its symmetries, its domain, and simulation."""

import tracemalloc

import numpy as np
import pytest
from scipy.special import ndtr

from refsnn import convert, datasets, nn, predict, snn
from refsnn.predict.accuracy import NORMALS, sobol_normals, winning_probability
from tests.predict.nets import convolutional, dense, images

NETS = {"dense": dense, "convolutional": convolutional}


def labels(n):
    """Labels of four classes."""
    return np.arange(n) % 4


@pytest.fixture(scope="module")
def digits():
    """A converted network, 64-64-10, and the digits it was trained on."""
    data, rng = datasets.load_digits(), np.random.default_rng(0)
    ann = nn.Sequential(
        [nn.Flatten(), nn.Dense(64, 64, rng=rng), nn.ReLU(), nn.Dense(64, 10, rng=rng)]
    )
    nn.fit(ann, data.x_train, data.y_train, epochs=10, rng=rng, progress=False)
    return convert.to_spiking(ann, calibration_data=data.x_train[:500]), data


# --- the integral over scores


def test_the_normals_have_exact_margins():
    """Each column is the midpoints' normal quantiles: mean 0 by symmetry, variance 1 less the
    tails' 0.2 %.
    """
    z = sobol_normals(10)
    assert z.shape == (NORMALS, 10)
    assert len({np.sort(column).tobytes() for column in z.T}) == 1
    np.testing.assert_allclose(z.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose((z**2).mean(axis=0), 1, atol=0.002)
    np.testing.assert_allclose(z.T @ z / NORMALS, np.eye(10), atol=0.03)


def test_two_classes_have_the_normal_distribution_of_the_margin():
    """P = Phi(d / sd). A half-plane miscounts at most 16 of the NORMALS points: their discrepancy,
    found by trial.
    """
    rng = np.random.default_rng(0)
    factor = rng.normal(size=(200, 2, 3))
    mean, covariance = rng.normal(size=(200, 2)), factor @ factor.transpose(0, 2, 1)
    sd = np.sqrt(covariance[:, 0, 0] + covariance[:, 1, 1] - 2 * covariance[:, 0, 1])
    found = [winning_probability(mean, covariance, np.full(200, c)) for c in (0, 1)]
    np.testing.assert_allclose(found[0] + found[1], 1, atol=1e-12)
    np.testing.assert_allclose(found[0], ndtr((mean[:, 0] - mean[:, 1]) / sd), atol=16 / NORMALS)
    assert abs(np.mean(found[0] - ndtr((mean[:, 0] - mean[:, 1]) / sd))) < 0.003 * 5 / np.sqrt(200)


def test_ten_classes_agree_with_many_random_normals():
    """20,000 draws: standard error 0.0035 an image. Of the fixed points, 0.003 an image and,
    averaged, no bias.
    """
    rng = np.random.default_rng(1)
    factor = rng.normal(size=(100, 10, 12))
    mean, covariance, y = (
        rng.normal(size=(100, 10)) * 3,
        factor @ factor.transpose(0, 2, 1),
        rng.integers(10, size=100),
    )
    root = np.linalg.cholesky(covariance)
    draws = mean[:, None] + rng.standard_normal((20_000, 10)) @ root.transpose(0, 2, 1)
    error = winning_probability(mean, covariance, y) - np.mean(
        draws.argmax(axis=2) == y[:, None], axis=1
    )
    assert np.sqrt(np.mean(error**2)) < 0.01
    assert abs(error.mean()) < 5 * 0.005 / np.sqrt(100)


def test_images_of_one_covariance_are_not_off_together():
    """What points miscount, they miscount for all such images alike. 3 covariances, 100 images
    each, the same 20,000 draws for all (at most 0.0035): within 0.5 points.
    """
    errors = []
    for seed in (1, 2, 3):
        rng = np.random.default_rng(seed)
        root, y = rng.normal(size=(10, 12)), rng.integers(10, size=100)
        mean, covariance = rng.normal(size=(100, 10)), root @ root.T
        mean[np.arange(100), y] += 1.5
        draws = mean[:, None] + rng.standard_normal((20_000, 10)) @ np.linalg.cholesky(covariance).T
        exact = np.mean(draws.argmax(axis=2) == y[:, None])
        errors.append(
            winning_probability(mean, np.broadcast_to(covariance, (100, 10, 10)), y).mean() - exact
        )
    assert np.max(np.abs(errors)) < 0.005


def test_certain_scores_are_right_or_wrong():
    mean = np.array([[1.0, 2.0, 0.0], [3.0, 2.0, 0.0]])
    np.testing.assert_array_equal(
        winning_probability(mean, np.zeros((2, 3, 3)), np.array([1, 1])), [1, 0]
    )


# --- the whole prediction


@pytest.mark.parametrize("name", NETS)
def test_permuting_images_permutes_probabilities_and_nothing_else(name):
    """Scores to float32 rounding, which depends on a row's place in a product; a probability may
    lose one point.
    """
    x, y, net = images(40), labels(40), NETS[name]()
    order = np.random.default_rng(0).permutation(40)
    a = predict.predict_accuracy(net, x, y, 12, 0.5, calibration_data=x[:20])
    b = predict.predict_accuracy(net, x[order], y[order], 12, 0.5, calibration_data=x[:20])
    np.testing.assert_allclose(b.scores, a.scores[order], atol=1e-5)
    np.testing.assert_allclose(b.probabilities, a.probabilities[order], atol=1 / NORMALS)
    assert b.accuracy == pytest.approx(a.accuracy, abs=1e-3)
    np.testing.assert_allclose(b.domain.sigma, a.domain.sigma, rtol=1e-5)


@pytest.mark.parametrize("name", NETS)
def test_same_bits_for_any_number_of_threads_and_every_time(name):
    x, y, net = images(40), labels(40), NETS[name]()
    found = [predict.predict_accuracy(net, x, y, 12, 0.5, threads=threads) for threads in (1, 2, 2)]
    for other in found[1:]:
        np.testing.assert_array_equal(other.probabilities, found[0].probabilities)
        np.testing.assert_array_equal(other.scores, found[0].scores)
        np.testing.assert_array_equal(other.domain.skew, found[0].domain.skew)


def test_scaling_a_neuron_with_its_threshold_and_potential_changes_nothing():
    """Weights, bias, threshold and initial potential of a neuron times a power of two: the same
    bits.
    """
    x, y, nets = images(10), labels(10), [dense(), dense()]
    factor = np.float32(2.0) ** np.arange(-6, 6, dtype=np.float32)
    linear, neuron = nets[1][1], nets[1][2]
    linear.weight, linear.bias = linear.weight * factor, linear.bias * factor
    neuron.v_threshold, neuron.v_init = neuron.v_threshold * factor, neuron.v_init * factor
    a, b = (predict.predict_accuracy(net, x, y, 8, 0.5) for net in nets)
    np.testing.assert_array_equal(a.scores, b.scores)
    np.testing.assert_array_equal(a.probabilities, b.probabilities)
    neuron.v_threshold = nets[0][2].v_threshold  # and without the threshold, it does change
    assert not np.allclose(predict.predict_accuracy(nets[1], x, y, 8, 0.5).scores, a.scores)


def test_classes_of_a_mirrored_network_win_by_halves():
    """A readout whose columns are each other's image, on pictures that are too: half each, to the
    discrepancy above.
    """
    rng, half = np.random.default_rng(3), 20
    w = rng.normal(0, 0.4, (36, half)).astype(np.float32)
    net = nn.Sequential(
        [
            nn.Flatten(),
            nn.Dense(36, 2 * half, rng=rng),
            snn.IF(v_init=0.5),
            nn.Dense(2 * half, 2, rng=rng),
        ],
        input_shape=(6, 6, 1),
    )
    net[1].weight = np.concatenate([w, w[::-1]], axis=1)
    out = rng.normal(size=half).astype(np.float32)
    net[3].weight = np.stack([np.r_[out, 0 * out], np.r_[0 * out, out]], axis=1)
    x = rng.random((8, 6, 6, 1), dtype=np.float32)
    x = (x + x[:, ::-1, ::-1]) / 2
    prediction = predict.predict_accuracy(net, x, np.zeros(8, int), 16, 0.5)
    np.testing.assert_allclose(prediction.probabilities, 0.5, atol=16 / NORMALS)


def test_memory_does_not_grow_with_the_images():
    """Eight times the images may cost what is returned a image, 200 bytes, not the 10 kB a image of
    what is carried.
    """
    net, peaks = dense(width=200), []
    for n in (64, 512):
        x, y = images(n), labels(n)
        predict.predict_accuracy(net, x, y, 8, 0.5, calibration_data=x[:2], threads=1)
        tracemalloc.start()
        predict.predict_accuracy(net, x, y, 8, 0.5, calibration_data=x[:2], threads=1)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] - peaks[0] < 448 * 500


def test_rates_and_initial_potentials_are_those_of_the_simulation():
    """Mean spike rates of 6 x 50 runs of a wide network with its own thresholds and potentials: 3
    %, the formula's bias inside its domain; the standard error is 0.3 %.
    """
    net, x, y = dense(depth=1, width=200), images(6), labels(6)
    net[1].weight *= np.float32(0.2)
    rng = np.random.default_rng(0)
    rates = np.mean(
        [
            snn.simulate(net, x, 16, encoder=snn.Poisson(1.0), rng=rng).spike_rates()
            for _ in range(50)
        ]
    )
    found = predict.predict_accuracy(net, x, y, 16, 1.0)
    assert found.spike_rates[0] == pytest.approx(rates, rel=0.03)
    net[2].v_init = net[2].v_init - np.float32(1)
    # So v_init is seen.
    assert predict.predict_accuracy(net, x, y, 16, 1.0).spike_rates[0] < 0.9 * rates


def test_predicted_accuracy_is_the_simulated_one_and_rectified_gaussians_are_not(digits):
    """All 360 test digits, 20 runs; 1 point and five standard errors of the simulation. At T = 8
    and rate 0.05, rectified Gaussians are beyond that: what the path to the threshold adds is seen.
    """
    net, data = digits
    x, y, rng = data.x_test, data.y_test, np.random.default_rng(1)
    for max_rate in (1.0, 0.2, 0.05):
        encoder = snn.Poisson(max_rate)
        runs = np.stack(
            [snn.simulate(net, x, 32, encoder=encoder, rng=rng).accuracy(y) for _ in range(20)]
        )
        mean, se = runs.mean(axis=0), runs.std(axis=0, ddof=1) / np.sqrt(20)
        for T in (8, 32):
            prediction = predict.predict_accuracy(net, x, y, T, max_rate)
            assert abs(prediction.accuracy - mean[T - 1]) < 0.01 + 5 * se[T - 1]
    rectified = predict.rectified_gaussian_accuracy(net, x, y, 8, 0.05)
    assert rectified.accuracy - mean[7] > 0.01 + 5 * se[7]


def test_the_result_prints_its_domain_and_warns_outside_it(digits):
    net, data = digits
    inside, outside = (
        predict.predict_accuracy(net, data.x_test[:50], data.y_test[:50], 32, rate)
        for rate in (1.0, 0.02)
    )
    assert "accuracy" in repr(inside) and "median sigma" in repr(inside)
    assert inside.warnings() == [] and "Warning" not in repr(inside)
    assert outside.domain.sigma[0] > 0.75
    assert "Warning: a layer's median standard deviation per step is" in repr(outside)
    convolutions = predict.predict_accuracy(convolutional(), images(5), labels(5), 32, 0.05)
    assert 0.2 == convolutions.domain.sigma_limit < convolutions.domain.sigma.max()
    assert len(convolutions.warnings()) == 2 and "above 0.2" in repr(convolutions)
    with pytest.raises(AttributeError):
        inside.accuracy = 1.0


# --- refusals


def changed(index, layer):
    """The dense network with one layer replaced."""
    layers = list(dense())
    layers[index] = layer
    return nn.Sequential(layers)


@pytest.mark.parametrize(
    "change, sentence",
    [
        ({"net": changed(2, snn.LIF(0.9))}, "Layer 2 .* must not leak"),
        ({"net": changed(2, snn.IF(reset="zero"))}, "reset by subtraction"),
        ({"net": changed(2, nn.ReLU())}, "convert the network first"),
        ({"net": nn.Sequential(list(dense())[:-1])}, "accumulating readout"),
        ({"net": nn.Sequential(list(dense())[:2])}, "no neurons"),
        (
            {"net": nn.Sequential([*list(dense())[:3], snn.IF(), *list(dense())[3:]])},
            "Layer 3 .* must follow",
        ),
        (
            {
                "net": nn.Sequential(
                    [
                        *list(dense())[:2],
                        nn.Dense(12, 12, rng=np.random.default_rng(0)),
                        *list(dense())[2:],
                    ]
                )
            },
            "Layer 3 .* with pooling before it only",
        ),
        ({"net": "net"}, "net must be a network"),
        ({"x": images(3) + 1}, "x must lie in"),
        ({"x": images(3)[:, :5]}, "x must hold images of shape"),
        ({"y": np.array([0, 1, 4])}, "y must lie from 0 to 3"),
        ({"y": np.zeros(2, int)}, "y must have shape"),
        ({"T": 0}, "T must be"),
        ({"T": 2.0}, "T must be"),
        ({"max_rate": 0}, "max_rate must be"),
        ({"max_rate": 2}, "max_rate must be"),
        ({"calibration_data": images(2) - 1}, "calibration_data must lie in"),
    ],
)
def test_wrong_arguments_get_a_sentence(change, sentence):
    arguments = {
        "net": dense(),
        "x": images(3),
        "y": np.array([0, 1, 2]),
        "T": 4,
        "max_rate": 1.0,
        **change,
    }
    with pytest.raises((ValueError, TypeError), match=sentence):
        predict.predict_accuracy(**arguments)
