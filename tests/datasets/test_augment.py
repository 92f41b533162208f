"""Augmented images are shifted and mirrored copies, in the shares that were asked for."""

import numpy as np
import pytest

from refsnn import datasets
from tests.oracles import caught


def shifted(image, down, right):
    """Cropped from an image with a border of zeros."""
    height, width, _ = image.shape
    padded = np.pad(image, ((3, 3), (3, 3), (0, 0)))
    return padded[3 - down : 3 - down + height, 3 - right : 3 - right + width]


def test_each_image_is_one_of_its_shifts_and_reflections():
    """1,200 images, 25 shifts x 2 reflections: each occurs 24 times on average, within 5 standard
    deviations of a binomial count."""
    rng = np.random.default_rng(0)
    image = rng.random((6, 5, 2)).astype(np.float32)
    out = datasets.augmented(np.broadcast_to(image, (1200, *image.shape)), rng, pad=2)

    def statement(source):
        counts = [
            np.sum(np.all(out == shifted(each, down, right), axis=(1, 2, 3)))
            for each in (source, source[:, ::-1])
            for down in range(-2, 3)
            for right in range(-2, 3)
        ]
        assert sum(counts) == 1200 and max(np.abs(np.array(counts) - 24)) < 5 * np.sqrt(
            1200 * 0.02 * 0.98
        )

    statement(image)
    caught(statement, image[::-1])


def test_the_same_generator_gives_the_same_images_and_the_originals_stay():
    x = np.random.default_rng(1).random((10, 4, 4, 1)).astype(np.float32)
    before = x.copy()
    one, two = (datasets.augmented(x, np.random.default_rng(2), pad=1) for _ in range(2))
    assert one.tobytes() == two.tobytes() and np.array_equal(x, before)
    assert np.array_equal(datasets.augmented(x, np.random.default_rng(3), flip=False), x)


def test_the_frames_of_a_sequence_are_shifted_and_mirrored_as_one():
    """With the same numbers, a sequence becomes what each of its frames becomes."""
    x = np.random.default_rng(1).random((6, 3, 5, 4, 2)).astype(np.float32)
    out = datasets.augmented(x, np.random.default_rng(2), pad=2)
    for t in range(3):
        assert np.array_equal(
            out[:, t], datasets.augmented(x[:, t], np.random.default_rng(2), pad=2)
        )


@pytest.mark.parametrize(
    "call, error, says",
    [
        (lambda x, rng: datasets.augmented(x[0], rng), ValueError, "x must hold images"),
        (
            lambda x, rng: datasets.augmented(x, rng, pad=4),
            ValueError,
            "larger than the shift of 4",
        ),
        (lambda x, rng: datasets.augmented(x, rng, pad=-1), ValueError, "pad must be at least 0"),
        (lambda x, rng: datasets.augmented(x, 0), TypeError, "rng must be"),
    ],
)
def test_bad_input_gets_one_clear_sentence(call, error, says):
    with pytest.raises(error, match=says):
        call(np.zeros((3, 4, 4, 1), np.float32), np.random.default_rng(0))
