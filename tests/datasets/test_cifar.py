"""CIFAR-10: what the loader reads, and what it says about files that are not right."""

import pickle
import shutil

import numpy as np
import pytest

from refsnn import datasets

FOLDER, ARCHIVE = "cifar-10-batches-bin", "cifar-10-binary.tar.gz"


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


def test_the_archive_gives_what_the_unpacked_folder_gives(cifar10_home, formats, no_download):
    home, _ = cifar10_home
    unpacked = datasets.load_cifar10(home)
    (home / FOLDER / "readme.html").write_text("the official archives hold other files too")
    formats.pack(home / FOLDER, home / ARCHIVE)
    (home / FOLDER / "data_batch_4.bin").unlink()
    packed = [datasets.load_cifar10(home)]  # beside an incomplete folder
    shutil.rmtree(home / FOLDER)
    packed.append(datasets.load_cifar10(home))
    for data in packed:
        for field in ("x_train", "y_train", "x_test", "y_test"):
            assert np.array_equal(getattr(data, field), getattr(unpacked, field))
    assert [path.name for path in home.iterdir()] == [ARCHIVE]  # nothing was unpacked on disk


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


@pytest.mark.parametrize("keep", [0, 10, 1000, 0.5, 0.999])
def test_a_truncated_archive_gets_one_sentence(cifar10_home, formats, no_download, keep):
    home, _ = cifar10_home
    formats.pack(home / FOLDER, home / ARCHIVE)
    shutil.rmtree(home / FOLDER)
    data = (home / ARCHIVE).read_bytes()
    (home / ARCHIVE).write_bytes(data[: int(keep * len(data)) if keep < 1 else keep])
    with pytest.raises(ValueError, match=f"{ARCHIVE} is truncated, damaged or not"):
        datasets.load_cifar10(home)


def test_an_archive_of_something_else_gets_one_sentence(cifar10_home, formats, no_download):
    """The archive of the Python version (pickles) under the name of the binary one."""
    home, _ = cifar10_home
    for path in list((home / FOLDER).iterdir()):
        path.rename(path.with_suffix(""))
    formats.pack(home / FOLDER, home / ARCHIVE)
    shutil.rmtree(home / FOLDER)
    with pytest.raises(ValueError, match="not a .tar.gz of data_batch_1.bin, data_batch_2.bin"):
        datasets.load_cifar10(home)
