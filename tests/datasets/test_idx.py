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

IMAGES, LABELS = catalogue.SOURCES["mnist"].files[:2]
FASHION = catalogue.SOURCES["fashion-mnist"]  # as written: a fixture hides the system's folder


def test_mnist_is_read_pixel_by_pixel(mnist_home, no_download):
    home, (x_train, y_train, x_test, y_test) = mnist_home
    data = datasets.load_mnist(home)
    assert data.x_train.dtype == np.float32 and data.y_train.dtype == np.int64
    assert data.x_train.shape == (7, 28, 28, 1) and data.x_test.shape == (3, 28, 28, 1)
    for place in ((0, 0, 1), (3, 5, 20), (6, 27, 27)):
        assert data.x_train[*place, 0] == np.float32(x_train[place]) / np.float32(255)
    assert np.array_equal(data.x_test[..., 0], x_test / np.float32(255))
    assert np.array_equal(data.y_train, y_train) and np.array_equal(data.y_test, y_test)
    assert data.x_train.min() == 0 and data.x_train.max() == 1
    assert data.name == "mnist" and "LeCun" in data.citation


def test_fashion_mnist_has_its_own_folder_and_classes(tmp_path, formats, no_download):
    formats.write_idx_folder(tmp_path / "mnist", n_train=2)
    formats.write_idx_folder(tmp_path / "fashion-mnist", n_train=5)
    data = datasets.load_fashion_mnist(tmp_path)
    assert len(data.x_train) == 5 and data.classes[9] == "Ankle boot" and len(data.classes) == 10


def test_repacked_files_are_welcome(mnist_home, no_download):
    """Another compression level, another file name in the gzip header: same data, other bytes."""
    home, (x_train, *_) = mnist_home
    path = home / "mnist" / IMAGES
    data = gzip.decompress(path.read_bytes())
    with open(path, "wb") as raw, gzip.GzipFile("other name", "wb", 1, raw, mtime=1) as packed:
        packed.write(data)
    assert np.array_equal(datasets.load_mnist(home).x_train[..., 0], x_train / np.float32(255))


def unpacked(change):
    """A damage done to the unpacked bytes of a file."""
    return lambda packed: gzip.compress(change(gzip.decompress(packed)))


def header(*numbers):
    """Another header, and the rest as it was."""
    packed = struct.pack(f">{len(numbers)}i", *numbers)
    return unpacked(lambda data: packed + data[len(packed) :])


DAMAGES = {
    "not gzip": (IMAGES, gzip.decompress),
    "empty file": (IMAGES, lambda packed: b""),
    "gzip cut short": (IMAGES, lambda packed: packed[: len(packed) // 2]),
    "gzip cut within its header": (IMAGES, lambda packed: packed[:5]),
    "gzip damaged": (IMAGES, lambda packed: packed[:-8] + b"\0" * 8),
    "data cut short": (IMAGES, unpacked(lambda data: data[:-1])),
    "header cut short": (IMAGES, unpacked(lambda data: data[:11])),
    "header only": (IMAGES, unpacked(lambda data: data[:16])),
    "data too long": (IMAGES, unpacked(lambda data: data + b"\0")),
    "labels instead of images": (IMAGES, header(2049)),
    "images instead of labels": (LABELS, header(2051)),
    "little-endian header": (IMAGES, unpacked(lambda data: data[3::-1] + data[4:])),
    "wrong size of images": (IMAGES, header(2051, 7, 14, 56)),
    "no images": (IMAGES, unpacked(lambda data: struct.pack(">4i", 2051, 0, 28, 28))),
    "absurd count": (IMAGES, header(2051, 2**31 - 1)),
    "negative count": (IMAGES, header(2051, -7)),
    "labels cut short": (LABELS, unpacked(lambda data: data[:-2])),
    "label out of range": (LABELS, unpacked(lambda data: data[:-1] + b"\x0a")),
    "fewer labels": (LABELS, unpacked(lambda data: struct.pack(">2i", 2049, 2) + b"\1\2")),
}


@pytest.mark.parametrize("part", ["train", "t10k"])
@pytest.mark.parametrize("damage", DAMAGES)
def test_a_malformed_file_gets_one_sentence_and_is_left_alone(
    mnist_home, no_download, damage, part
):
    home, _ = mnist_home
    name, change = DAMAGES[damage]
    if part == "t10k" and damage == "wrong size of images":
        change = header(2051, 3, 14, 56)
    path = home / "mnist" / name.replace("train", part)
    path.write_bytes(change(path.read_bytes()))
    before = {each: each.read_bytes() for each in (home / "mnist").iterdir()}
    with pytest.raises(ValueError) as raised:
        datasets.load_mnist(home)
    message = str(raised.value)
    assert str(path) in message and "\n" not in message and message.endswith(".")
    assert {each: each.read_bytes() for each in (home / "mnist").iterdir()} == before


@pytest.mark.skipif(
    not Path(FASHION.system_folder, IMAGES).is_file(),
    reason="the files of Fashion-MNIST are not here",
)
def test_the_real_fashion_mnist(tmp_path, monkeypatch, no_download):
    """Mean and standard deviation of the training pixels as published everywhere: 0.2860 and
    0.3530.
    """
    monkeypatch.setitem(catalogue.SOURCES, "fashion-mnist", FASHION)
    data = datasets.load_fashion_mnist(tmp_path)
    assert data.x_train.shape == (60000, 28, 28, 1) and data.x_test.shape == (10000, 28, 28, 1)
    assert (np.bincount(data.y_train) == 6000).all() and (np.bincount(data.y_test) == 1000).all()
    # half a unit of the last published digit
    assert abs(data.x_train.mean(dtype=np.float64) - 0.2860) < 5e-5
    assert abs(data.x_train.std(dtype=np.float64) - 0.3530) < 5e-5
