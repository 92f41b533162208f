"""CIFAR-10: what the loader reads, and what it says about files that are not right."""

import pickle

import numpy as np
import pytest

from refsnn import datasets

FOLDER = "cifar-10-batches-bin"


def test_cifar10_is_read_pixel_by_pixel_in_the_order_of_its_batches(cifar10_home, no_download):
    home, held = cifar10_home
    data = datasets.load_cifar10(home)
    assert data.x_train.shape == (20, 32, 32, 3) and data.x_test.shape == (4, 32, 32, 3)
    assert data.x_train.dtype == np.float32 and data.y_train.dtype == np.int64
    for i in range(5):
        pixels, labels = held[f"data_batch_{i + 1}.bin"]
        assert np.array_equal(data.x_train[4 * i : 4 * i + 4], pixels / np.float32(255))
        assert np.array_equal(data.y_train[4 * i : 4 * i + 4], labels)
    pixels, labels = held["test_batch.bin"]
    assert np.array_equal(data.x_test, pixels / np.float32(255))
    assert np.array_equal(data.y_test, labels)
    assert (data.classes[0], data.classes[9]) == ("airplane", "truck")
    assert "Krizhevsky" in data.citation


def test_batches_may_differ_in_length(cifar10_home, no_download):
    """A partial copy: three of the four records of batch 2."""
    home, held = cifar10_home
    path = home / FOLDER / "data_batch_2.bin"
    path.write_bytes(path.read_bytes()[: 3 * 3073])
    data = datasets.load_cifar10(home)
    assert len(data.x_train) == 19
    assert np.array_equal(data.x_train[7:11], held["data_batch_3.bin"][0] / np.float32(255))


DAMAGES = {
    "cut short": lambda data: data[:-1],
    "empty": lambda data: b"",
    "label out of range": lambda data: data[:3073] + b"\x0a" + data[3074:],
    "pickle": lambda data: pickle.dumps({"data": [1, 2, 3]}),
}


@pytest.mark.parametrize("name", ["data_batch_3.bin", "test_batch.bin"])
@pytest.mark.parametrize("damage", DAMAGES)
def test_a_malformed_file_gets_one_sentence_and_is_left_alone(
    cifar10_home, no_download, name, damage
):
    home, _ = cifar10_home
    path = home / FOLDER / name
    damaged = DAMAGES[damage](path.read_bytes())
    path.write_bytes(damaged)
    with pytest.raises(ValueError) as raised:
        datasets.load_cifar10(home)
    message = str(raised.value)
    assert str(path) in message and "\n" not in message and message.endswith(".")
    assert path.read_bytes() == damaged
