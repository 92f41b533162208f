"""N-MNIST: bytes to events and back, partial copies, and what is said of files that are not
right.
"""

import os

import numpy as np
import pytest

from refsnn import datasets
from studies import provenance
from tests.oracles import caught

EVENTS = {
    "Train/5/00001.bin": [(33, 0, 1, 7), (0, 33, 0, 300_000)],
    "Train/0/00002.bin": [(1, 2, 1, 2**23 - 1)],
    "Train/5/00010.bin": [],
    "Test/9/60031.bin": [(3, 4, 0, 0), (3, 4, 1, 0)],
}


def five_bytes(x, y, polarity, t):
    """From the description of the format: 40 bits, big-endian: 8 of x, 8 of y, 1 of polarity, 23 of
    time.
    """
    return (x << 32 | y << 24 | polarity << 23 | t).to_bytes(5, "big")


@pytest.fixture
def home(tmp_path):
    for name, events in EVENTS.items():
        path = tmp_path / "N-MNIST" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"".join(five_bytes(*event) for event in events))
    return tmp_path


def rows(recordings):
    return list(
        zip(
            *(getattr(recordings, name).tolist() for name in ("x", "y", "polarity", "t")),
            strict=True,
        )
    )


def test_events_are_read_bit_by_bit_in_the_order_of_their_numbers(home, no_download):
    data = datasets.load_nmnist(home)
    assert [rows(data.x_train[i]) for i in range(3)] == [EVENTS[name] for name in list(EVENTS)[:3]]
    assert (
        data.y_train.tolist() == [5, 0, 5]
        and data.y_test.tolist() == [9]
        and data.y_train.dtype == np.int64
    )
    assert rows(data.x_test) == EVENTS["Test/9/60031.bin"] and data.x_test.sensor == (34, 34)
    assert data.name == "nmnist" and "Orchard" in data.citation
    assert "3 training and 1 test recordings of 34 x 34 (H x W)" in repr(data)


def test_the_hash_of_the_data_sees_every_event(home):
    before = provenance.data_hash(datasets.load_nmnist(home))
    path = home / "N-MNIST" / "Train/5/00001.bin"
    path.write_bytes(path.read_bytes()[:9] + b"\x01" + path.read_bytes()[10:])
    assert provenance.data_hash(datasets.load_nmnist(home)) != before


def test_what_is_written_is_read_again(tmp_path):
    """Any recordings of a sensor of up to 256 x 256 pixels: the same events, in the official
    layout; without the bit of polarity they differ.
    """
    rng, n, counts = np.random.default_rng(0), 500, [200, 0, 300]
    t = np.concatenate([np.sort(rng.integers(0, 2**23, count)) for count in counts])
    x, y, polarity = rng.integers(0, 256, n), rng.integers(0, 200, n), rng.integers(0, 2, n)
    recordings = datasets.Recordings(x, y, t, polarity, [0, 200, 200, 500], (200, 256))
    datasets.write_recordings(tmp_path / "new" / "Train", recordings, [3, 0, 3])
    found, labels = datasets.read_recordings(tmp_path / "new" / "Train", (200, 256))

    def statement(name):
        assert np.array_equal(getattr(found, name), getattr(recordings, name))

    for name in ("x", "y", "t", "polarity", "offsets"):
        statement(name)
    assert labels.tolist() == [3, 0, 3]
    files = sorted(
        str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()
    )
    assert files == ["new/Train/0/00002.bin", "new/Train/3/00001.bin", "new/Train/3/00003.bin"]
    path = tmp_path / "new/Train/3/00001.bin"
    path.write_bytes(bytes(b & 0x7F if i % 5 == 2 else b for i, b in enumerate(path.read_bytes())))
    found, _ = datasets.read_recordings(tmp_path / "new" / "Train", (200, 256))
    caught(statement, "polarity")


def test_a_file_is_whole_or_what_it_was(tmp_path, monkeypatch):
    """A failure while a file is put in its place leaves the old one, and no temporary file."""
    recordings = datasets.Recordings([1], [1], [1], [1], [0, 1], (34, 34))
    datasets.write_recordings(tmp_path, recordings, [2])
    path = tmp_path / "2" / "00001.bin"
    before = path.read_bytes()
    monkeypatch.setattr(
        os, "replace", lambda *_: (_ for _ in ()).throw(OSError(28, "No space left on device"))
    )
    with pytest.raises(OSError, match="No space left"):
        datasets.write_recordings(tmp_path, recordings, [2])
    assert path.read_bytes() == before and [each.name for each in path.parent.iterdir()] == [
        path.name
    ]


def test_a_copy_may_lack_recordings_and_hold_hidden_files(home, no_download):
    (home / "N-MNIST" / "Train/0/00002.bin").unlink()
    (home / "N-MNIST" / "Train/.DS_Store").write_bytes(b"of a desktop")
    (home / "N-MNIST" / "Train/5/._00001.bin").write_bytes(b"likewise")
    assert datasets.load_nmnist(home).y_train.tolist() == [5, 5]


DAMAGES = {
    "cut short": (lambda data: data[:-1], "is truncated or not a recording: its 9 bytes"),
    "out of order": (lambda data: data[5:] + data[:5], "not in the order of their times"),
    "column outside": (lambda data: b"\x22" + data[1:], "outside its sensor of 34 x 34"),
    "row outside": (lambda data: data[:1] + b"\x22" + data[2:], "outside its sensor of 34 x 34"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_malformed_file_gets_one_sentence_and_is_left_alone(home, no_download, damage):
    change, sentence = DAMAGES[damage]
    path = home / "N-MNIST" / "Train/5/00001.bin"
    damaged = change(path.read_bytes())
    path.write_bytes(damaged)
    with pytest.raises(ValueError) as raised:
        datasets.load_nmnist(home)
    message = str(raised.value)
    assert (
        sentence in message
        and message.startswith(str(path))
        and "\n" not in message
        and message.endswith(".")
    )
    assert path.read_bytes() == damaged


@pytest.mark.parametrize("name", ["10/00001.bin", "three/00001.bin", "3/readme.txt", "3/one.bin"])
def test_a_name_that_is_not_a_label_or_a_number_gets_one_sentence(home, no_download, name):
    path = home / "N-MNIST" / "Train" / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"")
    says = f"Train must hold recordings <label>/<number>.bin with labels 0..9; it holds {name}.$"
    with pytest.raises(ValueError, match=says):
        datasets.load_nmnist(home)


def test_a_missing_part_is_named_with_where_it_can_be_got(home):
    for path in (home / "N-MNIST" / "Test").rglob("*.bin"):
        path.unlink()
    says = "Test must hold recordings <label>/<number>.bin; there is none.$"
    with pytest.raises(ValueError, match=says):
        datasets.load_nmnist(home)
    (home / "N-MNIST" / "Test" / "9").rmdir()
    (home / "N-MNIST" / "Test").rmdir()
    says = "N-MNIST lacks Test; get them from https://www.garrick.* there.$"
    with pytest.raises(FileNotFoundError, match=says):
        datasets.load_nmnist(home)
    with pytest.raises(FileNotFoundError, match="N-MNIST lacks Train, Test; get"):
        datasets.load_nmnist(home / "nowhere")
    with pytest.raises(FileNotFoundError, match="nowhere"):
        datasets.read_recordings(home / "nowhere")


def test_listing_knows_the_folder(home):
    (row,) = [row for row in datasets.listing(home) if row.name == "nmnist"]
    assert (
        row.where == str(home / "N-MNIST")
        and row.size == "1100 MB"
        and row.licence == "CC BY-SA 4.0"
    )


GOOD = datasets.Recordings([1], [1], [1], [1], [0, 1], (34, 34))


@pytest.mark.parametrize(
    "call, error, says",
    [
        (
            lambda to: datasets.write_recordings(to, [[1, 1, 1]], [0]),
            TypeError,
            "recordings must be datasets.Recordings",
        ),
        (lambda to: datasets.write_recordings(to, GOOD, [0, 1]), ValueError, "y must have shape"),
        (lambda to: datasets.write_recordings(to, GOOD, [-1]), ValueError, "y must lie from 0"),
        (
            lambda to: datasets.write_recordings(
                to, datasets.Recordings([1], [1], [2**23], [1], [0, 1], (34, 34)), [0]
            ),
            ValueError,
            "at most 256 x 256 pixels and 8,388,607 microseconds",
        ),
        (
            lambda to: datasets.write_recordings(
                to, datasets.Recordings([1], [1], [1], [1], [0, 1], (34, 257)), [0]
            ),
            ValueError,
            "at most 256 x 256 pixels",
        ),
        (
            lambda to: datasets.read_recordings(to, classes=0),
            ValueError,
            "classes must be at least 1",
        ),
        (lambda to: datasets.read_recordings(to, 34), TypeError, "sensor must be a pair"),
        (lambda to: datasets.load_nmnist(3), TypeError, "data_home must be the path of a folder"),
    ],
)
def test_bad_input_gets_one_clear_sentence_and_writes_nothing(tmp_path, call, error, says):
    with pytest.raises(error, match=says):
        call(tmp_path / "to")
    assert list(tmp_path.iterdir()) == []
