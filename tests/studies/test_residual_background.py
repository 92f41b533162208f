"""The study `residual_background`: the first layer's rounding is undone in one part of the image
and nowhere else.
"""

import dataclasses

import numpy as np
import pytest

from refsnn import convert, nn, snn
from refsnn.datasets import Dataset
from studies import runner
from studies.residual import background as residual_background
from studies.residual import jobs
from studies.residual.background import PARTS, background, undone, undone_at
from studies.residual.grid import BACKGROUND, Arm, Net


@pytest.fixture(scope="module")
def images():
    """Blocks of noise on a ground of 0, 12 x 12."""
    rng = np.random.default_rng(0)
    x = np.zeros((60, 12, 12, 1), np.float32)
    for image in x:
        top, left = rng.integers(0, 7, 2)
        image[top : top + 5, left : left + 5] = rng.random((5, 5, 1))
    return x


@pytest.fixture(scope="module")
def networks(images):
    """A convolution with batch norm and four levels, and its copy; trained for two epochs."""
    rng = np.random.default_rng(1)
    ann = nn.Sequential(
        [
            nn.Conv2d(1, 4, 3, padding=1, bias=False, rng=rng),
            nn.BatchNorm(4),
            nn.QCFS(4, 1.0),
            nn.AvgPool2d(2),
            nn.Flatten(),
            nn.Dense(144, 20, rng=rng),
            nn.QCFS(4, 1.0),
            nn.Dense(20, 10, rng=rng),
        ],
        input_shape=(12, 12, 1),
    )
    nn.fit(ann, images, np.arange(60) % 10, epochs=2, batch_size=20, rng=rng, progress=False)
    return ann, convert.to_spiking(ann, calibration_data=images)


def test_background_is_where_all_inputs_of_a_neuron_are_0(images):
    """Pixel by pixel."""
    padded = np.pad(images[..., 0], ((0, 0), (1, 1), (1, 1)))
    ground = background(images)
    assert ground.shape == images.shape and ground.any() and not ground.all()
    for n, i, j in np.ndindex(ground.shape[:3]):
        assert ground[n, i, j, 0] == (not padded[n, i : i + 3, j : j + 3].any())


def test_spikes_stay_in_the_rest_and_levels_are_the_networks(images, networks):
    """In units of the threshold; a background neuron's input is its bias alone."""
    ann, net = networks
    there = np.broadcast_to(background(images), (60, 12, 12, 4))
    plain, back, random, rest, everywhere = (
        undone(net, images, 4, part, np.random.default_rng(2)) for part in PARTS
    )
    neuron = net[1]
    spikes, _ = neuron.scan(net[0].forward(images)[0][None], neuron.initial(60, (12, 12, 4)), 1)
    assert np.array_equal(plain, spikes[0])
    h = images
    for layer in ann[:3]:
        h = layer.forward(h)[0]
    # batch norm is folded into float32 weights: up to three inputs may lie so near a jump that they
    # change sides
    assert np.sum(np.abs(everywhere - h / ann[2].v_threshold) > 2**-23) <= 3
    assert np.array_equal(back, np.where(there, everywhere, plain))
    assert np.array_equal(rest, np.where(there, plain, everywhere))
    assert not np.array_equal(back, rest)
    elsewhere = undone_at(images, "random", np.random.default_rng(2))
    assert np.array_equal(random, np.where(elsewhere, everywhere, plain))
    assert np.array_equal(elsewhere.sum(axis=(1, 2, 3)), background(images).sum(axis=(1, 2, 3)))
    assert not np.array_equal(elsewhere, background(images))
    for channel in range(4):
        assert np.unique(plain[..., channel][there[..., channel]]).tolist() == [
            float(net[0].bias[channel] >= 0.5)
        ]


def test_background_error_is_that_of_the_biases():
    """Four levels: 0.3 sends nothing for 1/4, 0.6 a spike for 1/2, 0.1 and 0.95 what they
    should.
    """
    net = nn.Sequential([nn.Conv2d(1, 4, 3, rng=np.random.default_rng(0))], input_shape=(3, 3, 1))
    net[0].bias = np.array([0.3, 0.6, 0.1, 0.95], np.float32)
    assert residual_background.background_error(net, 4) == np.sqrt((0.25**2 + 0.5**2) / 4)


def test_plain_is_the_simulation_of_one_step(images, networks):
    net, y = networks[1], np.arange(60) % 10
    of_one_step = residual_background.accuracy(net, images, y, 4, "plain", np.random.default_rng(0))
    assert of_one_step == snn.simulate(net, images, 1).accuracy(y)[0]


def test_a_job_has_a_row_for_each_part_and_its_plain_one_is_that_of_the_study_residual():
    rng = np.random.default_rng(0)
    x, y = rng.random((160, 28, 28, 1)).astype(np.float32), np.arange(160) % 10
    x[:, :8] = 0
    settings = dataclasses.replace(
        BACKGROUND.settings,
        epochs=1,
        nets={"wide": Net((2, "P", 2, "P"), (4,))},
        arms={"wide, qcfs": Arm("qcfs", start=2.0, net="wide")},
    )
    job = runner.Job(
        0,
        {"arm": "wide, qcfs"},
        settings,
        Dataset(x[:120], y[:120], x[120:], y[120:], ("",) * 10, "", ""),
        1,
    )
    rows, (plain,) = BACKGROUND.run_job(job), jobs.run_job(job)
    assert [(row["conversion"], row["T"]) for row in rows] == [(part, 1) for part in PARTS]
    assert all(set(row) == set(BACKGROUND.columns) - {"arm", "seed"} for row in rows)
    assert all(row["share"] == 7 / 28 for row in rows)  # the last row of zeros sees others
    assert all(
        rows[0][column] == plain[column]
        for column in ("accuracy", "validation_accuracy", "ann_accuracy")
    )
