"""MNIST and Fashion-MNIST: what the loaders read, and what they say about files that are not
right.
"""

import gzip
import struct
from pathlib import Path

import numpy as np
import pytest

from refsnn import datasets
from refsnn.datasets import catalogue

IMAGES, LABELS = "train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz"
DEBIAN = Path("/usr/share/datasets/fashion-mnist")


def test_mnist_is_read_pixel_by_pixel(mnist_home, no_download):
    home, (x_train, y_train, x_test, y_test) = mnist_home
    data = datasets.load_mnist(home)
    assert data.x_train.dtype == np.float32 and data.y_train.dtype == np.int64
    assert data.x_train.shape == (7, 28, 28, 1) and data.x_test.shape == (3, 28, 28, 1)
    for n, row, column in ((0, 0, 1), (3, 5, 20), (6, 27, 27)):
        assert data.x_train[n, row, column, 0] == np.float32(x_train[n, row, column]) / np.float32(
            255
        )
    assert np.array_equal(data.x_test[..., 0], x_test / np.float32(255))
    assert np.array_equal(data.y_train, y_train) and np.array_equal(data.y_test, y_test)
    assert data.x_train.min() == 0 and data.x_train.max() == 1
    assert data.name == "mnist" and "LeCun" in data.citation


def test_fashion_mnist_has_its_own_folder_and_classes(tmp_path, formats, no_download):
    formats.write_idx_folder(tmp_path / "mnist", n_train=2)
    formats.write_idx_folder(tmp_path / "fashion-mnist", n_train=5)
    data = datasets.load_fashion_mnist(tmp_path)
    assert len(data.x_train) == 5 and data.classes[9] == "Ankle boot" and len(data.classes) == 10


def test_data_home_may_be_the_folder_of_the_dataset_itself(mnist_home, no_download):
    home, _ = mnist_home
    assert len(datasets.load_mnist(home / "mnist").x_train) == 7


def test_repacked_files_are_welcome(mnist_home, no_download):
    """Another compression level, another file name in the gzip header: same data, other bytes."""
    home, (x_train, *_) = mnist_home
    path = home / "mnist" / IMAGES
    data = gzip.decompress(path.read_bytes())
    with open(path, "wb") as raw, gzip.GzipFile("other name", "wb", 1, raw, mtime=1) as packed:
        packed.write(data)
    assert np.array_equal(datasets.load_mnist(home).x_train[..., 0], x_train / np.float32(255))


def rewrite(change):
    """A damage done to the unpacked bytes of a file."""
    return lambda packed: gzip.compress(change(gzip.decompress(packed)))


def header(*numbers):
    return rewrite(
        lambda data: struct.pack(f">{len(numbers)}i", *numbers) + data[4 * len(numbers) :]
    )


DAMAGES = {
    "not gzip": (IMAGES, gzip.decompress, "is not a gzip file"),
    "empty file": (IMAGES, lambda packed: b"", "is not a gzip file"),
    "gzip cut short": (IMAGES, lambda packed: packed[: len(packed) // 2], "is truncated"),
    "gzip cut within its header": (IMAGES, lambda packed: packed[:5], "is truncated"),
    "gzip damaged": (IMAGES, lambda packed: packed[:-8] + b"\0" * 8, "is damaged"),
    "data cut short": (
        IMAGES,
        rewrite(lambda data: data[:-1]),
        "is truncated: its header says 5,488 bytes",
    ),
    "header cut short": (IMAGES, rewrite(lambda data: data[:11]), "ends within its header"),
    "data too long": (IMAGES, rewrite(lambda data: data + b"\0"), "is too long"),
    "labels instead of images": (
        IMAGES,
        header(2049),
        "number 2051 of IDX images; it starts with 2049",
    ),
    "images instead of labels": (
        LABELS,
        header(2051),
        "number 2049 of IDX labels; it starts with 2051",
    ),
    "little-endian header": (
        IMAGES,
        rewrite(lambda data: data[3::-1] + data[4:]),
        "magic number 2051",
    ),
    "wrong size of images": (
        IMAGES,
        header(2051, 7, 14, 56),
        "28 x 28 pixels; its header says 14 x 56",
    ),
    "no images": (
        IMAGES,
        lambda packed: gzip.compress(struct.pack(">4i", 2051, 0, 28, 28)),
        "is empty",
    ),
    "absurd count": (IMAGES, header(2051, 2**31 - 1), "is truncated"),
    "negative count": (IMAGES, header(2051, -7), "is truncated"),
    "labels cut short": (
        LABELS,
        rewrite(lambda data: data[:-2]),
        "is truncated: its header says 7 bytes",
    ),
    "label out of range": (
        LABELS,
        rewrite(lambda data: data[:-1] + b"\x0a"),
        "labels 0..9; label 6 is 10",
    ),
    "fewer labels than images": (
        LABELS,
        lambda packed: gzip.compress(struct.pack(">2i", 2049, 2) + b"\1\2"),
        "holds 7 images and train-labels-idx1-ubyte.gz 2 labels",
    ),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_malformed_file_gets_one_sentence_and_is_left_alone(mnist_home, no_download, damage):
    home, _ = mnist_home
    name, change, sentence = DAMAGES[damage]
    path = home / "mnist" / name
    path.write_bytes(change(path.read_bytes()))
    before = {p: p.read_bytes() for p in (home / "mnist").iterdir()}
    with pytest.raises(ValueError) as caught:
        datasets.load_mnist(home)
    message = str(caught.value)
    assert sentence in message and name in message
    assert "\n" not in message and message.endswith(".")
    assert {p: p.read_bytes() for p in (home / "mnist").iterdir()} == before


def test_a_test_file_is_checked_as_a_training_file_is(mnist_home, no_download):
    home, _ = mnist_home
    (home / "mnist" / "t10k-labels-idx1-ubyte.gz").write_bytes(b"hello")
    with pytest.raises(ValueError, match="t10k-labels-idx1-ubyte.gz is not a gzip file"):
        datasets.load_mnist(home)


@pytest.mark.skipif(
    not (DEBIAN / IMAGES).is_file(), reason="the files of Fashion-MNIST are not here"
)
def test_the_real_fashion_mnist(tmp_path, monkeypatch, no_download):
    """Mean and standard deviation of the training pixels as published everywhere: 0.2860 and
    0.3530.
    """
    entry = catalogue.ENTRIES["fashion-mnist"]
    monkeypatch.setitem(
        catalogue.ENTRIES,
        entry.name,
        catalogue.Entry(**{**vars(entry), "system_folder": str(DEBIAN)}),
    )
    data = datasets.load_fashion_mnist(tmp_path)
    assert data.x_train.shape == (60000, 28, 28, 1) and data.x_test.shape == (10000, 28, 28, 1)
    assert (np.bincount(data.y_train) == 6000).all() and (np.bincount(data.y_test) == 1000).all()
    # half a unit of the last published digit
    assert abs(data.x_train.mean(dtype=np.float64) - 0.2860) < 5e-5
    assert abs(data.x_train.std(dtype=np.float64) - 0.3530) < 5e-5
