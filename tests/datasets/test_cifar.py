"""CIFAR-10 and CIFAR-100: what the loaders read, and what they say about files that are not
right.
"""

import pickle
import shutil

import numpy as np
import pytest

from refsnn import datasets
from refsnn.datasets import cifar


def test_cifar10_is_read_pixel_by_pixel_in_the_order_of_its_batches(cifar10_home, no_download):
    home, held = cifar10_home
    data = datasets.load_cifar10(home)
    assert data.x_train.shape == (20, 32, 32, 3) and data.x_test.shape == (4, 32, 32, 3)
    assert data.x_train.dtype == np.float32 and data.y_train.dtype == np.int64
    for i in range(5):
        pixels, labels = held[f"data_batch_{i + 1}.bin"]
        assert np.array_equal(data.x_train[4 * i : 4 * i + 4], pixels / np.float32(255))
        assert np.array_equal(data.y_train[4 * i : 4 * i + 4], labels)
    assert np.array_equal(data.x_test, held["test_batch.bin"][0] / np.float32(255))
    assert (
        data.classes[0] == "airplane"
        and data.classes[9] == "truck"
        and "Krizhevsky" in data.citation
    )


def test_cifar100_gives_the_fine_labels(cifar100_home, no_download):
    home, held = cifar100_home
    data = datasets.load_cifar100(home)
    assert np.array_equal(data.x_train, held["train.bin"][0] / np.float32(255))
    assert np.array_equal(data.y_train, held["train.bin"][1])
    assert np.array_equal(data.y_test, held["test.bin"][1])
    assert data.name == "cifar100" and len(repr(data)) < 400


def test_the_hundred_classes_are_in_alphabetical_order():
    assert len(set(cifar.HUNDRED)) == 100 and list(cifar.HUNDRED) == sorted(cifar.HUNDRED)


@pytest.mark.parametrize("name", ["cifar10", "cifar100"])
def test_the_archive_gives_what_the_unpacked_folder_gives(name, request, formats, no_download):
    home, _ = request.getfixturevalue(f"{name}_home")
    folder, archive = {
        "cifar10": ("cifar-10-batches-bin", "cifar-10-binary.tar.gz"),
        "cifar100": ("cifar-100-binary", "cifar-100-binary.tar.gz"),
    }[name]
    load = getattr(datasets, f"load_{name}")
    unpacked = load(home)
    (home / folder / "readme.html").write_text("the official archives hold other files too")
    formats.pack(home / folder, home / archive)
    shutil.rmtree(home / folder)
    packed = load(home)
    for field in ("x_train", "y_train", "x_test", "y_test"):
        assert np.array_equal(getattr(packed, field), getattr(unpacked, field))
    assert [path.name for path in home.iterdir()] == [archive]  # nothing was unpacked on disk


def test_batches_may_differ_in_length(cifar10_home, no_download):
    """A partial copy: three of the four records of batch 2."""
    home, held = cifar10_home
    path = home / "cifar-10-batches-bin" / "data_batch_2.bin"
    path.write_bytes(path.read_bytes()[: 3 * 3073])
    data = datasets.load_cifar10(home)
    assert len(data.x_train) == 19
    assert np.array_equal(data.x_train[7:11], held["data_batch_3.bin"][0] / np.float32(255))


DAMAGES = {
    "cut short": (lambda data: data[:-1], "truncated or not a binary CIFAR file"),
    "empty": (lambda data: b"", "is empty"),
    "label out of range": (
        lambda data: data[:3073] + b"\x0a" + data[3074:],
        "labels 0..9; label 1 is 10",
    ),
    "pickle": (
        lambda data: pickle.dumps({"data": [1, 2, 3]}),
        "truncated or not a binary CIFAR file",
    ),
}


@pytest.mark.parametrize("name", ["data_batch_3.bin", "test_batch.bin"])
@pytest.mark.parametrize("damage", DAMAGES)
def test_a_malformed_file_gets_one_sentence_and_is_left_alone(
    cifar10_home, no_download, name, damage
):
    home, _ = cifar10_home
    change, sentence = DAMAGES[damage]
    path = home / "cifar-10-batches-bin" / name
    damaged = change(path.read_bytes())
    path.write_bytes(damaged)
    with pytest.raises(ValueError) as caught:
        datasets.load_cifar10(home)
    message = str(caught.value)
    assert sentence in message and str(path) in message and "\n" not in message
    assert path.read_bytes() == damaged


def test_cifar100_checks_the_fine_label(cifar100_home, no_download):
    home, _ = cifar100_home
    path = home / "cifar-100-binary" / "train.bin"
    path.write_bytes(path.read_bytes().replace(path.read_bytes()[:2], b"\x13\x64", 1))  # 19, 100
    with pytest.raises(ValueError, match="labels 0..99; label 0 is 100"):
        datasets.load_cifar100(home)


def test_an_incomplete_folder_is_named_with_what_it_lacks(cifar10_home, no_download):
    home, _ = cifar10_home
    (home / "cifar-10-batches-bin" / "data_batch_4.bin").unlink()
    with pytest.raises(
        FileNotFoundError, match="cifar-10-batches-bin lacks data_batch_4.bin; complete it"
    ):
        datasets.load_cifar10(home)


def test_a_complete_archive_goes_before_an_incomplete_folder(cifar10_home, formats, no_download):
    home, _ = cifar10_home
    formats.pack(home / "cifar-10-batches-bin", home / "cifar-10-binary.tar.gz")
    (home / "cifar-10-batches-bin" / "data_batch_4.bin").unlink()
    assert len(datasets.load_cifar10(home).x_train) == 20


@pytest.mark.parametrize("keep", [0, 10, 1000, 0.5, 0.999])
def test_a_truncated_archive_gets_one_sentence(cifar10_home, formats, no_download, keep):
    home, _ = cifar10_home
    archive = home / "cifar-10-binary.tar.gz"
    formats.pack(home / "cifar-10-batches-bin", archive)
    shutil.rmtree(home / "cifar-10-batches-bin")
    data = archive.read_bytes()
    archive.write_bytes(data[: int(keep * len(data)) if keep < 1 else keep])
    with pytest.raises(ValueError, match="truncated or damaged"):
        datasets.load_cifar10(home)


def test_an_archive_of_something_else_is_named_with_what_it_lacks(
    cifar10_home, formats, no_download
):
    """The archive of the Python version (pickles) under the name of the binary one."""
    home, _ = cifar10_home
    folder = home / "cifar-10-batches-bin"
    for path in list(folder.iterdir()):
        path.rename(path.with_suffix(""))
    formats.pack(folder, home / "cifar-10-binary.tar.gz")
    shutil.rmtree(folder)
    with pytest.raises(ValueError, match="it lacks data_batch_1.bin, data_batch_2.bin"):
        datasets.load_cifar10(home)
