"""Where files are looked for, what the listing says, and bad names and folders."""

import os

import pytest

from refsnn import datasets
from refsnn.datasets import catalogue, home


def test_data_home_is_the_argument_else_the_variable_else_the_cache(monkeypatch, tmp_path):
    assert home.find_home() == tmp_path / "nobody" / ".cache" / "refsnn"
    monkeypatch.setenv("REFSNN_DATA", str(tmp_path / "variable"))
    assert home.find_home() == tmp_path / "variable"
    assert home.find_home(tmp_path / "argument") == tmp_path / "argument"
    assert home.find_home("~/here") == tmp_path / "nobody" / "here"
    monkeypatch.setenv("REFSNN_DATA", "")
    assert home.find_home() == tmp_path / "nobody" / ".cache" / "refsnn"


def test_the_variable_is_used_by_the_loaders(monkeypatch, mnist_home, no_download):
    monkeypatch.setenv("REFSNN_DATA", str(mnist_home[0]))
    assert len(datasets.load_mnist().x_train) == 7


def with_system_folder(monkeypatch, folder):
    entry = catalogue.ENTRIES["fashion-mnist"]
    monkeypatch.setitem(
        catalogue.ENTRIES,
        entry.name,
        catalogue.Entry(**{**vars(entry), "system_folder": str(folder)}),
    )


def test_fashion_mnist_is_also_found_in_the_system_folder(
    monkeypatch, tmp_path, formats, no_download
):
    with_system_folder(monkeypatch, tmp_path / "system")
    formats.write_idx_folder(tmp_path / "system", n_train=5)
    assert len(datasets.load_fashion_mnist(tmp_path / "mine").x_train) == 5
    formats.write_idx_folder(tmp_path / "mine" / "fashion-mnist", n_train=6)
    assert len(datasets.load_fashion_mnist(tmp_path / "mine").x_train) == 6


def test_the_catalogue_names_the_folder_of_the_debian_package():
    from importlib import util

    fresh = util.module_from_spec(util.find_spec("refsnn.datasets.catalogue"))
    fresh.__spec__.loader.exec_module(fresh)  # as written: a fixture hides the folder from tests
    assert fresh.ENTRIES["fashion-mnist"].system_folder == "/usr/share/datasets/fashion-mnist"
    assert all(
        len(remote.sha256) == 64 and remote.filename in (*entry.members, entry.archive)
        for entry in fresh.ENTRIES.values()
        for remote in entry.remotes
    )


def test_listing_says_what_is_here_and_downloads_nothing(mnist_home, formats, no_download):
    folder, _ = mnist_home
    formats.write_idx_folder(folder / "fashion-mnist")
    (folder / "fashion-mnist" / "t10k-labels-idx1-ubyte.gz").unlink()
    (folder / "cifar-100-binary.tar.gz").write_bytes(b"")
    rows = {row.name: row for row in datasets.listing(folder)}
    assert list(rows) == ["digits", "fashion-mnist", "mnist", "cifar10", "cifar100", "nmnist"]
    assert {name: row.where for name, row in rows.items()} == {
        "digits": "bundled",
        "fashion-mnist": f"{folder / 'fashion-mnist'} lacks t10k-labels-idx1-ubyte.gz",
        "mnist": str(folder / "mnist"),
        "cifar10": "not found",
        "cifar100": str(folder / "cifar-100-binary.tar.gz"),
        "nmnist": "not found",
    }
    assert rows["digits"].size == "0.05 MB" and rows["cifar10"].size == "170 MB"
    assert rows["digits"].licence == "CC BY 4.0"
    assert all(isinstance(text, str) and text for row in rows.values() for text in row)


def test_listing_of_a_folder_that_does_not_exist_creates_nothing(tmp_path):
    assert [row.where for row in datasets.listing(tmp_path / "none")] == ["bundled"] + [
        "not found"
    ] * 5
    assert not (tmp_path / "none").exists()


def test_fetch_returns_the_paths_of_files_that_are_here(mnist_home, no_download):
    folder, _ = mnist_home
    paths = datasets.fetch("mnist", folder)
    assert [path.name for path in paths] == list(catalogue.IDX_FILES) and paths[
        0
    ].parent == folder / "mnist"
    assert datasets.fetch("digits")[0].is_file()


@pytest.mark.parametrize(
    ("name", "suggestion"),
    [
        ("minst", "mnist"),
        ("CIFAR-10", "cifar10"),
        ("fashion_mnist", "fashion-mnist"),
        ("Digits", "digits"),
    ],
)
def test_an_unknown_name_gets_a_suggestion(name, suggestion):
    with pytest.raises(ValueError) as caught:
        datasets.fetch(name)
    assert str(caught.value) == (
        "name must be one of digits, fashion-mnist, mnist, cifar10, cifar100, nmnist; "
        f"it was {name!r} (did you mean {suggestion}?)."
    )


@pytest.mark.parametrize("name", ["imagenet", "", 3, None, ["mnist"]])
def test_a_name_like_none_of_them_gets_the_list(name):
    with pytest.raises(ValueError, match="name must be one of digits, .*; it was .*[^?)]\\.$"):
        datasets.fetch(name)


@pytest.mark.parametrize(
    "call",
    [datasets.load_mnist, datasets.listing, lambda data_home: datasets.fetch("cifar10", data_home)],
)
def test_a_data_home_that_is_no_folder_gets_one_sentence(tmp_path, monkeypatch, no_download, call):
    file = tmp_path / "file"
    file.write_text("not a folder")
    with pytest.raises(NotADirectoryError, match="data_home must be a folder; .*file is a file.$"):
        call(file)
    with pytest.raises(NotADirectoryError, match="data_home must be a folder; .*file is a file.$"):
        call(file / "deeper")
    with pytest.raises(TypeError, match="data_home must be the path of a folder; it was 3.$"):
        call(3)
    with pytest.raises(ValueError, match="data_home must be the path of a folder; it was empty.$"):
        call(" ")
    monkeypatch.setenv("REFSNN_DATA", str(file))
    with pytest.raises(
        NotADirectoryError, match="REFSNN_DATA must be a folder; .*file is a file.$"
    ):
        call(None)


def test_a_file_in_place_of_the_folder_of_a_dataset_gets_one_sentence(tmp_path, no_download):
    (tmp_path / "mnist").write_text("not a folder")
    with pytest.raises(
        NotADirectoryError, match="mnist must be a folder, that of mnist; it is a file.$"
    ):
        datasets.load_mnist(tmp_path)


def test_a_folder_in_place_of_a_file_gets_one_sentence(mnist_home, no_download):
    path = mnist_home[0] / "mnist" / "train-labels-idx1-ubyte.gz"
    path.unlink()
    path.mkdir()
    with pytest.raises(
        OSError, match="train-labels-idx1-ubyte.gz cannot be read: Is a directory.$"
    ):
        datasets.load_mnist(mnist_home[0])


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything"
)
@pytest.mark.parametrize("call", [datasets.load_mnist, datasets.listing])
def test_an_unreadable_folder_gets_one_sentence(mnist_home, no_download, call):
    folder = mnist_home[0] / "mnist"
    folder.chmod(0)
    try:
        with pytest.raises(OSError, match="cannot be read: Permission denied.$"):
            call(mnist_home[0])
    finally:
        folder.chmod(0o755)


@pytest.mark.parametrize("method", ["stat", "read_bytes"])
def test_permission_denied_gets_one_sentence(mnist_home, no_download, monkeypatch, method):
    """As the test before, for root too: the system call is made to fail."""
    original = getattr(home.Path, method)

    def denied(path, *args, **kwargs):
        if path.name == "train-labels-idx1-ubyte.gz":
            raise PermissionError(13, "Permission denied", str(path))
        return original(path, *args, **kwargs)

    monkeypatch.setattr(home.Path, method, denied)
    with pytest.raises(
        OSError, match="train-labels-idx1-ubyte.gz cannot be read: Permission denied.$"
    ):
        datasets.load_mnist(mnist_home[0])
