"""Small files in the official formats, written byte by byte from their descriptions."""

import dataclasses
import gzip
import struct
import tarfile

import numpy as np
import pytest

from refsnn.datasets import catalogue

CIFAR10_FILES = [f"data_batch_{i}.bin" for i in range(1, 6)] + ["test_batch.bin"]


@pytest.fixture(autouse=True)
def nothing_of_this_machine(monkeypatch, tmp_path):
    """No test sees the datasets, the cache folder or the proxy of the machine it runs on."""
    monkeypatch.delenv("REFSNN_DATA", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "nobody"))
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    for name, source in catalogue.SOURCES.items():
        alone = dataclasses.replace(source, system_folder="")
        monkeypatch.setitem(catalogue.SOURCES, name, alone)


@pytest.fixture
def no_download(monkeypatch):
    """A loader that turns to the network fails the test."""

    def refuse(source, folder, missing):
        pytest.fail(f"download of {missing}")

    monkeypatch.setattr(catalogue, "_download", refuse)


def idx(array):
    """An IDX file: 0, 0, 8 (unsigned byte), number of axes; sizes of the axes, big-endian int32;
    the data.
    """
    sizes = struct.pack(f">{array.ndim}i", *array.shape)
    return bytes([0, 0, 8, array.ndim]) + sizes + array.tobytes()


def write_idx_folder(folder, n_train=7, n_test=3, seed=0):
    """Write the four files of MNIST, and return what they hold: x_train, y_train, x_test, y_test
    (uint8).
    """
    rng = np.random.default_rng(seed)
    folder.mkdir(parents=True)
    arrays = []
    for part, n in (("train", n_train), ("t10k", n_test)):
        x = rng.integers(0, 256, (n, 28, 28), dtype=np.uint8)
        x[0, 0, :2] = 0, 255  # both ends of the scale
        y = rng.integers(0, 10, n, dtype=np.uint8)
        (folder / f"{part}-images-idx3-ubyte.gz").write_bytes(gzip.compress(idx(x)))
        (folder / f"{part}-labels-idx1-ubyte.gz").write_bytes(gzip.compress(idx(y)))
        arrays += [x, y]
    return arrays


def write_cifar_folder(folder, n=4, seed=0):
    """Write the files of CIFAR-10, n records each; return {name: (pixels (n, 32, 32, 3), labels
    (n,))}.
    """
    rng = np.random.default_rng(seed)
    folder.mkdir(parents=True)
    held = {}
    for name in CIFAR10_FILES:
        pixels = rng.integers(0, 256, (n, 32, 32, 3), dtype=np.uint8)
        labels = rng.integers(0, 10, n, dtype=np.uint8)
        with open(folder / name, "wb") as file:
            for image, label in zip(pixels, labels, strict=True):
                file.write(bytes([label]))
                for channel in range(3):
                    for row in range(32):
                        file.write(image[row, :, channel].tobytes())
        held[name] = pixels, labels
    return held


def pack(folder, archive):
    """Write a folder into a .tar.gz, under its name, as the official archives do."""
    with tarfile.open(archive, "w:gz") as tar:
        tar.add(folder, folder.name)


@pytest.fixture
def mnist_home(tmp_path):
    """(data_home, what its four MNIST files hold)."""
    return tmp_path, write_idx_folder(tmp_path / "mnist")


@pytest.fixture
def cifar10_home(tmp_path):
    """(data_home, what its six CIFAR-10 files hold)."""
    return tmp_path, write_cifar_folder(tmp_path / "cifar-10-batches-bin")


@pytest.fixture
def formats():
    """The writers above, for tests that need a file that is almost right."""

    class Formats:
        write_idx_folder = staticmethod(write_idx_folder)
        pack = staticmethod(pack)

    return Formats
