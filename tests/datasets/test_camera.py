"""The simulated event camera: pixel by pixel what its definition says, and from `rng` alone what is
random.
"""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from refsnn import datasets
from refsnn.datasets import camera
from tests.oracles import caught
from tests.strategies import arrays, dyadics, thresholds

RNG = np.random.default_rng(0)


def one_pixel(levels, threshold, interval, refractory):
    """Events (time, polarity) of one pixel whose log brightness runs evenly between `levels`, on
    any numbers.
    """
    memory, awake, events = levels[0], 0, []
    for k, (before, after) in enumerate(zip(levels[:-1], levels[1:], strict=True)):
        start, end, slope = k * interval, (k + 1) * interval, (after - before) / interval
        if start < awake <= end:
            memory = before + slope * (awake - start)
        while awake <= end and slope != 0:
            level = memory + threshold if slope > 0 else memory - threshold
            at = start + (level - before) / slope
            if at > end:
                break
            events.append((math.floor(at), int(slope > 0)))
            memory, awake = level, at + refractory
            if refractory and awake <= end:
                memory = before + slope * (awake - start)
    return events


@given(
    st.integers(1, 3),
    st.integers(2, 6).flatmap(lambda steps: arrays(dyadics(-1, 1), (steps, 6))),
    thresholds(),
)
def test_each_pixel_is_the_slow_one_on_fractions(n, levels, threshold):
    """Without refractory period all is exact: the divisions are rounded, but no floor of a ratio of
    such numbers is. A camera that begins with another memory is caught.
    """
    per_recording = 6 // n
    C = np.full(per_recording, threshold)
    t, pixel, polarity, counts = camera._events(iter(levels[:, : n * per_recording]), n, 1024, C, 0)
    recording = np.repeat(np.arange(n), counts)

    def statement(first):
        for i in range(n * per_recording):
            own = (recording == i // per_recording) & (pixel == i % per_recording)
            series = [Fraction(value) for value in levels[:, i]]
            found = list(zip(t[own].tolist(), polarity[own].tolist(), strict=True))
            assert found == one_pixel(
                [series[0] + first, *series[1:]], Fraction(threshold), 1024, 0
            )

    statement(0)
    if np.abs(np.diff(levels[:, 0])).max() >= threshold:
        caught(statement, -Fraction(17, 3))
    assert all((np.diff(t[recording == i]) >= 0).all() for i in range(n))


@pytest.mark.parametrize("refractory", [0, 1, 300, 2500, 10**6])
def test_a_film_is_the_slow_one_with_any_refractory_period(refractory):
    """Two images on a path, the same float64 operations one by one: the same events, in the order
    of time.
    """
    images, path, sensor = RNG.random((2, 3, 3, 1)), datasets.saccades(2, 12), (6, 5)
    found = datasets.film(
        images, path, sensor=sensor, rng=np.random.default_rng(3), refractory=refractory
    )
    thresholds = 0.2 * np.exp(0.03 * np.random.default_rng(3).standard_normal(sensor))
    levels = np.array(
        [*camera._brightness(images.astype(np.float32), path, sensor, 1.0, 0.1)]
    ).reshape(13, 2, 6, 5)
    total = 0
    for i in range(2):
        one = found[i]
        assert (np.diff(one.t) >= 0).all()
        for y, x in np.ndindex(sensor):
            own = (one.y == y) & (one.x == x)
            expected = one_pixel(levels[:, i, y, x], thresholds[y, x], 1000, refractory)
            assert (
                list(zip(one.t[own].tolist(), one.polarity[own].tolist(), strict=True)) == expected
            )
            total += len(expected)
    assert total == len(found.t) > 0
    if refractory == 10**6:
        # Once, and never again.
        assert max(np.bincount(found.owner() * 30 + found.y * 5 + found.x)) == 1


def test_the_image_stands_where_the_path_says_and_is_interpolated():
    """At (0, 0) in the centre; moved by one pixel exactly; by half a pixel the mean of two;
    enlarged by the zoom.
    """
    image = RNG.random((1, 2, 2, 1)).astype(np.float32)
    path = np.array([[0.0, 0.0], [1.0, -1.0], [0.0, 0.5]])
    there, moved, half = (
        np.exp(level.reshape(4, 4)) - 0.1
        for level in camera._brightness(image, path, (4, 4), 1.0, 0.1)
    )
    padded = np.pad(image[0, :, :, 0], 1)
    assert np.allclose(there, padded, atol=1e-7)
    assert np.allclose(moved, np.roll(padded, (1, -1), axis=(0, 1)), atol=1e-7)
    assert np.allclose(half, (padded + np.roll(padded, 1, axis=1)) / 2, atol=1e-7)
    (level,) = camera._brightness(image, path[:1], (5, 5), 2.0, 0.1)
    assert np.isclose(np.exp(level.reshape(5, 5)[2, 2]) - 0.1, image.mean(), atol=1e-7)
    assert np.isclose(np.exp(level.reshape(5, 5)[1, 1]) - 0.1, image[0, 0, 0, 0], atol=1e-7)


def test_what_does_not_move_or_has_no_contrast_makes_no_events():
    still = datasets.film(RNG.random((3, 4, 4, 1)), np.zeros((5, 2)), sensor=(6, 6), rng=RNG)
    black = datasets.film(np.zeros((3, 4, 4, 1)), datasets.saccades(2, 6), sensor=(6, 6), rng=RNG)
    assert len(still) == len(black) == 3 and len(still.t) == len(black.t) == 0


def test_films_are_the_same_one_by_one_and_in_any_slab(monkeypatch):
    """The pixels' thresholds are all that is drawn: an image's recording does not depend on the
    other images.
    """
    images, path = RNG.random((5, 3, 3, 1)), datasets.saccades(1, 9)

    def filmed(images, seed=0):
        return datasets.film(
            images, path, sensor=(5, 5), rng=np.random.default_rng(seed), mismatch=0.2
        )

    whole = filmed(images)
    monkeypatch.setattr(camera, "IMAGES_AT_A_TIME", 2)
    slabs, alone = filmed(images), filmed(images[3:4])
    for name in ("x", "y", "t", "polarity", "offsets"):
        assert np.array_equal(getattr(whole, name), getattr(slabs, name))
        assert np.array_equal(getattr(whole[3], name), getattr(alone, name))
    assert not np.array_equal(filmed(images, seed=1).counts(), whole.counts())


def test_saccades_are_three_even_sides_of_a_closed_triangle():
    path = datasets.saccades(3.0, 30)
    assert path.shape == (31, 2) and np.allclose(
        path[[0, 10, 20, 30]], [[0, 0], [3, 1.5], [0, 3], [0, 0]]
    )
    speeds = np.linalg.norm(np.diff(path, axis=0), axis=1).reshape(3, 10)
    assert np.allclose(speeds, speeds[:, :1])


def test_simulated_recordings_go_through_files_of_the_official_format(tmp_path):
    """34 x 34 pixels: written, then read by the loader of N-MNIST."""
    images, y = RNG.random((4, 8, 8, 1)), np.array([7, 0, 7, 2])
    found = datasets.film(
        images, datasets.saccades(3, 30), sensor=(34, 34), zoom=3, rng=RNG, interval=10_000
    )
    for part in ("Train", "Test"):
        datasets.write_recordings(tmp_path / "N-MNIST" / part, found, y)
    data = datasets.load_nmnist(tmp_path)
    assert all(
        np.array_equal(getattr(data.x_test, name), getattr(found, name))
        for name in ("x", "y", "t", "polarity")
    )
    assert data.y_train.tolist() == y.tolist()


def film(images=np.ones((1, 2, 2, 1)), path=datasets.saccades(1, 3), **settings):
    return datasets.film(images, path, **{"sensor": (3, 3), "rng": RNG} | settings)


@pytest.mark.parametrize(
    "call, error, says",
    [
        (lambda: film(np.ones((2, 2, 1))), ValueError, "images must have shape"),
        (lambda: film(np.ones((1, 2, 2, 3))), ValueError, "images must have shape"),
        (lambda: film(np.full((1, 2, 2, 1), 1.5)), ValueError, r"images must lie in \[0, 1\]"),
        (
            lambda: film(np.ones((1, 2, 2, 1), int)),
            TypeError,
            "images must hold floating-point numbers",
        ),
        (lambda: film(path=np.zeros((1, 2))), ValueError, "path must have shape"),
        (lambda: film(path=np.zeros((3, 3))), ValueError, "path must have shape"),
        (lambda: film(path=[[0, 0], [np.nan, 0]]), ValueError, "path must be finite"),
        (lambda: film(sensor=3), TypeError, "sensor must be a pair"),
        (lambda: film(rng=0), TypeError, "rng must be"),
        (lambda: film(zoom=0), ValueError, "zoom must be above 0"),
        (lambda: film(dark=0), ValueError, "dark must be above 0"),
        (lambda: film(interval=0), ValueError, "interval must be at least 1"),
        (
            lambda: film(interval=2**31),
            ValueError,
            "interval must be at most 715827882 for a path of 3 moves",
        ),
        (lambda: film(threshold=0), ValueError, "threshold must be at least 0.001"),
        (lambda: film(threshold=1e-30), ValueError, "threshold must be at least 0.001"),
        (lambda: film(mismatch=-1), ValueError, "mismatch must be at least 0 and at most 1"),
        (lambda: film(mismatch=2), ValueError, "mismatch must be at least 0 and at most 1"),
        (lambda: film(refractory=-1), ValueError, "refractory must be at least 0"),
        (lambda: film(refractory=1.5), TypeError, "refractory must be a whole number"),
        (lambda: datasets.saccades(steps=2), ValueError, "steps must be at least 3"),
        (lambda: datasets.saccades(np.inf), ValueError, "reach must be finite"),
    ],
)
def test_bad_input_gets_one_clear_sentence(call, error, says):
    with pytest.raises(error, match=says):
        call()
