"""Downloads from a server on this machine that answers, lies, breaks off or is not there: all or
nothing.
"""

import builtins
import hashlib
import http.server
import logging
import socket
import threading

import numpy as np
import pytest

from refsnn import datasets
from refsnn.datasets import catalogue
from refsnn.datasets.download import download

pooch = pytest.importorskip("pooch")
requests = pytest.importorskip("requests")


class Handler(http.server.BaseHTTPRequestHandler):
    """Serves `server.files`; the folder part of the address says what goes wrong."""

    def do_GET(self):
        self.server.asked.append(self.path)
        _, how, name = self.path.split("/")
        data = self.server.files.get(name)
        if data is None or how == "refuse":
            self.send_error(503 if how == "refuse" else 404)
            return
        if how == "lie":
            data = data[:-1] + b"?"
        self.send_response(200)
        if how != "shut":
            self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data[: len(data) // 2] if how in ("break", "shut") else data)

    def log_message(self, *args):
        pass


@pytest.fixture
def server():
    """A server on a free port of 127.0.0.1: `.files` it has, `.asked` addresses, `.url`."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as httpd:
        httpd.files, httpd.asked = {}, []
        httpd.url = f"http://127.0.0.1:{httpd.server_port}"
        thread = threading.Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield httpd
        httpd.shutdown()
        thread.join()


@pytest.fixture(autouse=True)
def quiet(monkeypatch):
    monkeypatch.setattr(pooch.get_logger(), "level", logging.ERROR)


CONTENT = bytes(range(256)) * 400
SHA256 = hashlib.sha256(CONTENT).hexdigest()


def test_a_download_arrives_whole_in_new_folders(server, tmp_path):
    server.files["data.gz"] = CONTENT
    download(f"{server.url}/fine/data.gz", SHA256, tmp_path / "new" / "newer" / "data.gz")
    assert (tmp_path / "new" / "newer" / "data.gz").read_bytes() == CONTENT
    assert [path.name for path in (tmp_path / "new" / "newer").iterdir()] == ["data.gz"]


@pytest.mark.parametrize(
    ("how", "error", "sentence"),
    [
        (
            "break",
            FileNotFoundError,
            "data.gz is not in .*: the connection broke before the end of the file; ",
        ),
        ("shut", ValueError, "does not have the published checksum of data.gz; nothing was kept"),
        ("lie", ValueError, "does not have the published checksum of data.gz; nothing was kept"),
        (
            "refuse",
            FileNotFoundError,
            "could not be downloaded from .*: the server answered 503 Service Unav",
        ),
    ],
)
def test_a_failed_download_gets_one_sentence_and_leaves_nothing(
    server, tmp_path, how, error, sentence
):
    server.files["data.gz"] = CONTENT
    with pytest.raises(error, match=sentence) as caught:
        download(f"{server.url}/{how}/data.gz", SHA256, tmp_path / "new" / "newer" / "data.gz")
    assert "\n" not in str(caught.value) and str(caught.value).endswith(".")
    assert list(tmp_path.iterdir()) == []


def test_a_missing_page_is_said_so(server, tmp_path):
    with pytest.raises(FileNotFoundError, match="the server answered 404 Not Found"):
        download(f"{server.url}/fine/data.gz", SHA256, tmp_path / "data.gz")
    assert list(tmp_path.iterdir()) == []


def test_no_server_gets_one_sentence_and_leaves_nothing(tmp_path):
    with (
        socket.socket() as reserved
    ):  # bound but not listening: connections to this port are refused
        reserved.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{reserved.getsockname()[1]}/data.gz"
        with pytest.raises(
            FileNotFoundError, match="the server could not be reached .is there a network?"
        ):
            download(url, SHA256, tmp_path / "new" / "data.gz")
    assert list(tmp_path.iterdir()) == []


def test_a_server_that_says_nothing_is_given_up(tmp_path, monkeypatch):
    """The downloader is told to wait a finite time, and its giving up becomes a sentence."""

    def patient(timeout, **options):
        def silence(url, output_file, pooch):
            raise requests.exceptions.ReadTimeout(f"nothing for {float(timeout)} s")

        return silence

    monkeypatch.setattr(pooch, "HTTPDownloader", patient)
    with pytest.raises(FileNotFoundError, match="the server did not answer in time"):
        download("http://127.0.0.1/data.gz", SHA256, tmp_path / "new" / "data.gz")
    assert list(tmp_path.iterdir()) == []


def test_an_interruption_midway_passes_through_and_leaves_nothing(tmp_path, monkeypatch):
    """Control-C after half of the file has been written."""
    seen = []

    def interrupted(url, output_file, pooch):
        with open(output_file, "wb") as file:
            file.write(CONTENT[:1000])
        seen.append(sorted(tmp_path.rglob("*")))
        raise KeyboardInterrupt

    monkeypatch.setattr(pooch, "HTTPDownloader", lambda **options: interrupted)
    with pytest.raises(KeyboardInterrupt):
        download("http://127.0.0.1/data.gz", SHA256, tmp_path / "new" / "data.gz")
    assert len(seen[0]) == 2  # the folder and a temporary file: there was something to remove
    assert tmp_path / "new" / "data.gz" not in seen[0]
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_gets_one_sentence_and_leaves_nothing(tmp_path, monkeypatch):
    def full(url, output_file, pooch):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pooch, "HTTPDownloader", lambda **options: full)
    with pytest.raises(OSError, match="data.gz cannot be written: No space left on device.$"):
        download("http://127.0.0.1/data.gz", SHA256, tmp_path / "new" / "data.gz")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_may_not_be_written_gets_one_sentence(tmp_path, monkeypatch):
    def denied(*args, **kwargs):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("tempfile.NamedTemporaryFile", denied)
    with pytest.raises(OSError, match="data.gz cannot be written: permission denied.$"):
        download("http://127.0.0.1/data.gz", SHA256, tmp_path / "data.gz")


def test_without_pooch_one_sentence_says_how_to_get_it(tmp_path, monkeypatch):
    real = builtins.__import__

    def without_pooch(name, *args, **kwargs):
        if name == "pooch":
            raise ModuleNotFoundError("No module named 'pooch'")
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without_pooch)
    sentence = (
        "train-images-idx3-ubyte.gz is not in .*mnist, and downloading it needs pooch "
        "\\(python -m pip install pooch\\); or get it from https://.* yourself.$"
    )
    with pytest.raises(FileNotFoundError, match=sentence):
        datasets.load_mnist(tmp_path)
    assert list(tmp_path.iterdir()) == []


def contents(folder):
    """{name: bytes} of the files of MNIST in a folder."""
    return {name: (folder / name).read_bytes() for name in catalogue.IDX_FILES}


def serve(monkeypatch, server, name, files, how="fine"):
    """Let the catalogue say that `files` of the dataset come from the server, with their
    checksums.
    """
    server.files.update(files)
    entry = catalogue.ENTRIES[name]
    remotes = tuple(
        catalogue.Remote(f"{server.url}/{how}/{file}", len(data), hashlib.sha256(data).hexdigest())
        for file, data in files.items()
    )
    monkeypatch.setitem(
        catalogue.ENTRIES, name, catalogue.Entry(**{**vars(entry), "remotes": remotes})
    )


def test_mnist_is_downloaded_once_and_read(server, monkeypatch, tmp_path, formats):
    x_train, *_ = formats.write_idx_folder(tmp_path / "origin")
    serve(monkeypatch, server, "mnist", contents(tmp_path / "origin"))
    data = datasets.load_mnist(tmp_path / "home")
    assert np.array_equal(data.x_train[..., 0], x_train / np.float32(255))
    assert len(server.asked) == 4
    datasets.load_mnist(tmp_path / "home")
    assert len(server.asked) == 4
    first = datasets.fetch("mnist", tmp_path / "home")[0]
    assert first == tmp_path / "home" / "mnist" / catalogue.IDX_FILES[0]


def test_an_interrupted_fetch_goes_on_where_it_stopped(server, monkeypatch, tmp_path, formats):
    """The third file fails: the first two stay, and the next call asks for the other two only."""
    formats.write_idx_folder(tmp_path / "origin")
    serve(monkeypatch, server, "mnist", contents(tmp_path / "origin"))
    third = server.files.pop(catalogue.IDX_FILES[2])
    with pytest.raises(FileNotFoundError, match="404"):
        datasets.fetch("mnist", tmp_path / "home")
    kept = sorted(path.name for path in (tmp_path / "home" / "mnist").iterdir())
    assert kept == sorted(catalogue.IDX_FILES[:2])
    server.files[catalogue.IDX_FILES[2]] = third
    server.asked.clear()
    datasets.fetch("mnist", tmp_path / "home")
    assert server.asked == [f"/fine/{name}" for name in catalogue.IDX_FILES[2:]]


def test_a_file_of_the_user_is_never_replaced(server, monkeypatch, tmp_path, formats):
    """A file that differs from the official one stays, also where others are downloaded beside
    it.
    """
    formats.write_idx_folder(tmp_path / "origin")
    serve(monkeypatch, server, "mnist", contents(tmp_path / "origin"))
    own = tmp_path / "home" / "mnist" / catalogue.IDX_FILES[1]
    own.parent.mkdir(parents=True)
    own.write_bytes(b"mine")
    with pytest.raises(ValueError, match="train-labels-idx1-ubyte.gz is not a gzip file"):
        datasets.load_mnist(tmp_path / "home")
    assert own.read_bytes() == b"mine" and len(server.asked) == 3


def test_the_archive_of_cifar10_is_downloaded_and_read(
    server, monkeypatch, cifar10_home, formats, tmp_path
):
    origin, held = cifar10_home
    formats.pack(origin / "cifar-10-batches-bin", origin / "origin.tar.gz")
    serve(
        monkeypatch,
        server,
        "cifar10",
        {"cifar-10-binary.tar.gz": (origin / "origin.tar.gz").read_bytes()},
    )
    data = datasets.load_cifar10(tmp_path / "home")
    assert np.array_equal(data.x_test, held["test_batch.bin"][0] / np.float32(255))
    assert [path.name for path in (tmp_path / "home").iterdir()] == ["cifar-10-binary.tar.gz"]


def test_a_failed_download_of_an_archive_leaves_no_data_home(server, monkeypatch, tmp_path):
    serve(monkeypatch, server, "cifar100", {"cifar-100-binary.tar.gz": CONTENT}, how="break")
    with pytest.raises(FileNotFoundError, match="the connection broke before the end of the file"):
        datasets.load_cifar100(tmp_path / "home")
    assert list(tmp_path.iterdir()) == []
