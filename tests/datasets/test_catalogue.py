"""Where files are looked for and what the listing says; downloads that arrive whole, or not at
all.
"""

import builtins
import dataclasses
import hashlib
import logging
from pathlib import Path

import numpy as np
import pytest

from refsnn import datasets
from refsnn.datasets import catalogue

requests = pytest.importorskip("requests")

AS_WRITTEN = dict(catalogue.SOURCES)  # a fixture hides the system's folder from the tests
MNIST = catalogue.SOURCES["mnist"].files
FOLDER, ARCHIVE = "cifar-10-batches-bin", "cifar-10-binary.tar.gz"


def test_data_home_is_the_argument_else_the_variable_else_the_cache(monkeypatch, tmp_path):
    cache = tmp_path / "nobody" / ".cache" / "refsnn"
    assert catalogue.find_home() == cache
    monkeypatch.setenv("REFSNN_DATA", "")
    assert catalogue.find_home() == cache
    monkeypatch.setenv("REFSNN_DATA", str(tmp_path / "variable"))
    assert catalogue.find_home() == tmp_path / "variable"
    assert catalogue.find_home(tmp_path / "argument") == tmp_path / "argument"
    assert catalogue.find_home("~/here") == tmp_path / "nobody" / "here"


@pytest.mark.parametrize("call", [datasets.load_mnist, datasets.listing])
def test_a_data_home_that_is_not_a_folder_gets_one_sentence(tmp_path, no_download, call):
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(NotADirectoryError, match="data_home must be a folder; .*file is a file.$"):
        call(tmp_path / "file")
    with pytest.raises(TypeError, match="data_home must be the path of a folder, not 3.$"):
        call(3)


@pytest.mark.parametrize("name", ["minst", "", 3, None, ["mnist"]])
def test_an_unknown_name_gets_the_list(name):
    with pytest.raises(ValueError, match="name must be one of 'digits', .*'nmnist', not .*\\.$"):
        datasets.fetch(name)


def test_the_catalogue_has_a_checksum_for_every_official_file():
    assert AS_WRITTEN["fashion-mnist"].system_folder == "/usr/share/datasets/fashion-mnist"
    for source in AS_WRITTEN.values():
        assert all(len(bytes.fromhex(sha256)) == 32 for sha256 in source.checksums.values())
        if source.site:
            assert {*source.checksums} == {source.archive or file for file in source.files}


def test_fashion_mnist_is_also_found_where_debian_puts_it(monkeypatch, tmp_path, formats):
    """There only if the user has no folder of its own."""
    hidden = catalogue.SOURCES["fashion-mnist"]
    shown = dataclasses.replace(hidden, system_folder=str(tmp_path / "system"))
    monkeypatch.setitem(catalogue.SOURCES, "fashion-mnist", shown)
    formats.write_idx_folder(tmp_path / "system", n_train=5)
    assert len(datasets.load_fashion_mnist(tmp_path / "mine").x_train) == 5
    formats.write_idx_folder(tmp_path / "mine" / "fashion-mnist", n_train=6)
    assert len(datasets.load_fashion_mnist(tmp_path / "mine").x_train) == 6


def test_data_home_may_be_the_folder_of_the_dataset_itself(mnist_home, no_download):
    home, _ = mnist_home
    assert [path.name for path in datasets.fetch("mnist", home / "mnist")] == [*MNIST]


def test_listing_says_what_is_here_and_downloads_nothing(mnist_home, formats, no_download):
    home, _ = mnist_home
    formats.write_idx_folder(home / "fashion-mnist")
    (home / "fashion-mnist" / MNIST[3]).unlink()
    rows = datasets.listing(home)
    assert {row.name: row.where for row in rows} == {
        "digits": "bundled",
        "fashion-mnist": f"{home / 'fashion-mnist'} lacks t10k-labels-idx1-ubyte.gz",
        "mnist": str(home / "mnist"),
        "cifar10": "not found",
        "nmnist": "not found",
    }
    assert all(isinstance(text, str) and text for row in rows for text in row)
    assert {row.where for row in datasets.listing(home / "none")[1:]} == {"not found"}
    assert not (home / "none").exists()


@pytest.fixture
def site(monkeypatch):
    """An imagined server, to which the catalogue turns: `site.files` are its answers, bytes or an
    error, `site.asked` what was asked for.
    """
    pooch = pytest.importorskip("pooch")
    monkeypatch.setattr(pooch.get_logger(), "level", logging.ERROR)

    class Site:
        files, asked = {}, []

        def offer(self, name, folder):
            """Publish the files of a folder as those of a dataset, with their checksums."""
            self.files |= {path.name: path.read_bytes() for path in folder.iterdir()}
            checksums = {
                file: hashlib.sha256(data).hexdigest() for file, data in self.files.items()
            }
            source = dataclasses.replace(catalogue.SOURCES[name], checksums=checksums)
            monkeypatch.setitem(catalogue.SOURCES, name, source)

        def download(self, url, output_file, pooch):
            """Write half of what is there before an error comes."""
            self.asked.append(url.rpartition("/")[2])
            answer = self.files[self.asked[-1]]
            Path(output_file).write_bytes(answer if isinstance(answer, bytes) else b"half")
            if not isinstance(answer, bytes):
                raise answer

    served = Site()
    monkeypatch.setattr(pooch, "HTTPDownloader", lambda **options: served.download)
    return served


def test_what_is_missing_is_downloaded_once_and_a_file_of_the_user_stays(site, tmp_path, formats):
    """The third file fails: the next call asks for what is still missing only."""
    x_train, *_ = formats.write_idx_folder(tmp_path / "origin")
    site.offer("mnist", tmp_path / "origin")
    folder = tmp_path / "home" / "mnist"
    folder.mkdir(parents=True)
    (folder / MNIST[1]).write_bytes(b"mine")
    third, site.files[MNIST[2]] = site.files[MNIST[2]], requests.ConnectionError()
    with pytest.raises(FileNotFoundError, match=f"lacks {MNIST[0]}, {MNIST[2]}, .*ConnectionError"):
        datasets.fetch("mnist", tmp_path / "home")
    assert sorted(path.name for path in folder.iterdir()) == sorted(MNIST[:2])

    site.files[MNIST[2]] = third
    with pytest.raises(ValueError, match=f"{MNIST[1]} is truncated, damaged or not a gzip file"):
        datasets.load_mnist(tmp_path / "home")
    assert site.asked == [MNIST[0], MNIST[2], MNIST[2], MNIST[3]]
    assert (folder / MNIST[1]).read_bytes() == b"mine"

    (folder / MNIST[1]).unlink()
    data = datasets.load_mnist(tmp_path / "home")
    assert np.array_equal(data.x_train[..., 0], x_train / np.float32(255))


def test_what_is_missing_of_cifar10_is_unpacked_from_its_archive(site, cifar10_home, formats):
    """The archive is downloaded if it is not there; a file of the user stays."""
    origin, held = cifar10_home
    (origin / "site").mkdir()
    formats.pack(origin / FOLDER, origin / "site" / ARCHIVE)
    site.offer("cifar10", origin / "site")
    home = origin / "home"
    data = datasets.load_cifar10(home)
    assert np.array_equal(data.x_test, held["test_batch.bin"][0] / np.float32(255))
    assert site.asked == [ARCHIVE]

    (home / FOLDER / "data_batch_4.bin").unlink()
    mine = (home / FOLDER / "data_batch_2.bin").read_bytes()[: 3 * 3073]
    (home / FOLDER / "data_batch_2.bin").write_bytes(mine)
    assert len(datasets.load_cifar10(home).x_train) == 19 and site.asked == [ARCHIVE]
    assert (home / FOLDER / "data_batch_2.bin").read_bytes() == mine


def test_an_archive_that_is_not_the_official_one_is_left_alone(site, cifar10_home):
    home, _ = cifar10_home
    (home / "site").mkdir()
    (home / "site" / ARCHIVE).write_bytes(b"official")
    site.offer("cifar10", home / "site")
    (home / FOLDER / "data_batch_4.bin").unlink()
    (home / ARCHIVE).write_bytes(b"mine")
    with pytest.raises(ValueError, match=f"{ARCHIVE} needs to update .* updates are disallowed.$"):
        datasets.load_cifar10(home)
    assert (home / ARCHIVE).read_bytes() == b"mine" and site.asked == []


@pytest.mark.parametrize(
    "answer, error, says",
    [
        (
            requests.ConnectionError(),
            FileNotFoundError,
            "failed .ConnectionError.: check the network",
        ),
        (
            requests.HTTPError(),
            FileNotFoundError,
            "failed .HTTPError.: .* from https://.* put them there.$",
        ),
        (b"other", ValueError, f"{MNIST[0]}.* does not match the known hash"),
        (OSError(28, "No space left on device"), OSError, "No space left on device"),
        (KeyboardInterrupt(), KeyboardInterrupt, "^$"),
    ],
)
def test_a_failed_download_leaves_nothing(site, tmp_path, formats, answer, error, says):
    formats.write_idx_folder(tmp_path / "origin")
    site.offer("mnist", tmp_path / "origin")
    site.files[MNIST[0]] = answer
    with pytest.raises(error, match=says) as raised:
        datasets.fetch("mnist", tmp_path / "home")
    assert "\n" not in str(raised.value)
    assert [path for path in (tmp_path / "home").rglob("*") if path.is_file()] == []


def test_without_pooch_one_sentence_says_how_to_get_it(tmp_path, monkeypatch):
    real = builtins.__import__

    def without_pooch(name, *args, **kwargs):
        if name == "pooch":
            raise ModuleNotFoundError("No module named 'pooch'")
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without_pooch)
    says = (
        f"mnist lacks {', '.join(MNIST)}; install pooch \\(python -m pip install pooch\\) to "
        "download them, or get them from https://.* and put them there.$"
    )
    with pytest.raises(FileNotFoundError, match=says):
        datasets.load_mnist(tmp_path)
    assert list(tmp_path.iterdir()) == []
