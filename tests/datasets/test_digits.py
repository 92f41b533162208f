"""The bundled digits: the data, and the one split."""

import dataclasses
import hashlib

import numpy as np
import pytest

from refsnn import datasets
from refsnn.datasets.catalogue import DIGITS_FILE


@pytest.fixture(scope="module")
def data():
    return datasets.load_digits()


def test_digits_have_the_shapes_and_types_of_the_api(data):
    assert data.x_train.shape == (1437, 8, 8, 1) and data.x_test.shape == (360, 8, 8, 1)
    assert data.y_train.shape == (1437,) and data.y_test.shape == (360,)
    assert data.x_train.dtype == data.x_test.dtype == np.float32
    assert data.y_train.dtype == data.y_test.dtype == np.int64
    assert data.classes == tuple("0123456789") and data.name == "digits"
    assert "Alpaydin" in data.citation and "1998" in data.citation


def test_digits_are_sixteenths_between_0_and_1(data):
    x = np.concatenate([data.x_train, data.x_test])
    # All 17 grey levels occur, and nothing between them.
    assert set(np.unique(x * 16)) == set(range(17))


def test_digits_are_the_test_part_of_the_official_set(data):
    """Count of each class in optdigits.tes, from the set's own description (optdigits.names)."""
    counts = np.bincount(np.concatenate([data.y_train, data.y_test]))
    assert counts.tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]


def test_the_first_digit_is_the_first_line_of_the_official_file():
    """optdigits.tes begins 0,0,5,13,9,1,0,0,0,0,13,15,10,15,5,0 and is a zero."""
    with np.load(DIGITS_FILE, allow_pickle=False) as file:
        assert file["x"][0].ravel()[:16].tolist() == [
            0,
            0,
            5,
            13,
            9,
            1,
            0,
            0,
            0,
            0,
            13,
            15,
            10,
            15,
            5,
            0,
        ]
        assert file["y"][0] == 0
        assert file["x"].dtype == file["y"].dtype == np.uint8


def test_the_split_is_a_partition_of_the_file(data):
    """Every image of the file is in exactly one part, with its label."""
    with np.load(DIGITS_FILE, allow_pickle=False) as file:
        held = sorted(
            image.tobytes() + bytes([label])
            for image, label in zip(file["x"], file["y"], strict=True)
        )
    parts = [(data.x_train, data.y_train), (data.x_test, data.y_test)]
    got = sorted(
        (image * 16).astype(np.uint8).tobytes() + bytes([label])
        for x, y in parts
        for image, label in zip(x, y, strict=True)
    )
    assert got == held


def test_the_split_is_stratified(data):
    """Each class has 360 n_c / 1797 test images, rounded up or down."""
    test = np.bincount(data.y_test)
    share = 360 * (np.bincount(data.y_train) + test) / 1797
    assert (np.abs(test - share) < 1).all()


def test_the_split_never_changes(data):
    """Published numbers rest on these 360 images: another stream of NumPy's generator is noticed
    here.
    """
    pixels, labels = (data.x_test * 16).astype(np.uint8), data.y_test.astype(np.uint8)
    digest = hashlib.sha256(pixels.tobytes() + labels.tobytes()).hexdigest()
    assert digest == "c723e23f66ae9775200a4fa43f45005383e216954cca4ee60483f8af4befa31e"


def test_the_first_training_images_are_a_sample_of_all_classes(data):
    assert set(data.y_train[:100]) == set(range(10))


def test_loading_twice_gives_equal_and_independent_arrays(data):
    again = datasets.load_digits()
    assert np.array_equal(data.x_train, again.x_train) and np.array_equal(data.y_test, again.y_test)
    assert not np.shares_memory(data.x_train, again.x_train)


def test_dataset_is_frozen(data):
    with pytest.raises(dataclasses.FrozenInstanceError):
        data.x_train = None


def test_repr_says_what_it_holds_without_pixels(data):
    assert repr(data) == (
        "Dataset digits: 1,437 training and 360 test images of 8 x 8 x 1 (H x W x C)\n"
        "  x float32 in [0, 1], y int64\n"
        "  10 classes: 0, 1, 2, 3, 4, 5, 6, 7, 8, 9"
    )


def test_the_bundled_file_is_small_and_has_its_licence_beside_it():
    assert DIGITS_FILE.stat().st_size < 100_000
    note = DIGITS_FILE.with_name("digits.LICENCE.md").read_text(encoding="utf-8")
    assert "CC BY 4.0" in note and "Alpaydin" in note
