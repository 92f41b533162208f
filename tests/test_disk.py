"""A file appears whole or not at all, with the mode and at the place that its user expects."""

import os
import stat

import numpy as np
import pytest

from refsnn import disk
from refsnn.disk import write_atomically


@pytest.fixture
def umask():
    """Sets the umask of the process; the test's end puts it back."""
    before = os.umask(0)
    os.umask(before)
    yield os.umask
    os.umask(before)


def test_a_file_is_whole_or_what_it_was(tmp_path, monkeypatch):
    """A failure while writing leaves the old content and no temporary file."""
    path = tmp_path / "deep" / "result.csv"
    write_atomically(path, b"old")

    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left on device: .*result.csv"):
        write_atomically(path, b"new")
    assert path.read_bytes() == b"old" and os.listdir(path.parent) == ["result.csv"]


def test_a_failure_on_the_way_through_another_folder_leaves_nothing_there(tmp_path, monkeypatch):
    path, through = tmp_path / "result.csv", tmp_path / "work"
    write_atomically(path, b"old", through=through)

    def denied(*_):
        raise PermissionError("not allowed")

    monkeypatch.setattr(os, "replace", denied)
    with pytest.raises(PermissionError):
        write_atomically(path, b"new", through=through)
    assert path.read_bytes() == b"old" and os.listdir(through) == []


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX's")
@pytest.mark.parametrize("mask, mode", [(0o022, 0o644), (0o027, 0o640), (0o077, 0o600)])
def test_the_mode_comes_from_the_umask(tmp_path, umask, mask, mode):
    umask(mask)
    for content in (b"first", b"second"):
        write_atomically(tmp_path / "file", content)
        assert stat.S_IMODE((tmp_path / "file").stat().st_mode) == mode


def test_a_link_stays_and_its_target_is_replaced(tmp_path):
    """The link may point to another folder, and to a file that is not there yet."""
    target, link = tmp_path / "elsewhere" / "target", tmp_path / "here" / "link"
    link.parent.mkdir()
    link.symlink_to(os.path.join("..", "elsewhere", "target"))
    for content in (b"first", b"second"):
        write_atomically(link, content)
        assert link.is_symlink() and target.read_bytes() == content
    assert os.listdir(target.parent) == ["target"] and os.listdir(link.parent) == ["link"]


def test_a_missing_folder_is_made_and_a_name_may_be_text(tmp_path):
    write_atomically(str(tmp_path / "a" / "b" / "file"), b"content")
    assert (tmp_path / "a" / "b" / "file").read_bytes() == b"content"


@pytest.mark.skipif(os.name != "posix", reason="pipes and devices are POSIX's")
@pytest.mark.parametrize(
    "make, says",
    [
        (os.mkdir, "is not a file but a folder, a pipe or a device"),
        (os.mkfifo, "is not a file but a folder, a pipe or a device"),
        (lambda path: path.symlink_to("/dev/zero"), "is not a file but a folder"),
        (lambda path: (path.touch(), os.truncate(path, 2**40)), "is too large: of its 1,099,511"),
        (lambda path: path.symlink_to(path), "Too many levels of symbolic links"),
        (lambda path: None, "No such file or directory"),
    ],
)
def test_what_is_no_file_of_bounded_size_is_not_opened(tmp_path, make, says):
    make(tmp_path / "data")
    with pytest.raises((ValueError, OSError), match=says) as raised:
        disk.read_bytes(tmp_path / "data")
    assert str(tmp_path / "data") in str(raised.value)


def test_arrays_larger_than_what_is_read_are_not_written(tmp_path, monkeypatch):
    arrays = {"a": np.zeros(1000)}
    disk.write_arrays(tmp_path / "file", "{}", arrays)
    monkeypatch.setattr(disk, "LARGEST_FILE", 8000)
    with pytest.raises(ValueError, match="file would take 8,[0-9]{3} bytes, of which at most"):
        disk.write_arrays(tmp_path / "file", "[]", arrays)
    assert disk.read_arrays(tmp_path / "file", "file")[0] == {}


@pytest.mark.parametrize("dtype", ["<f4", ">i2", "U3", "?", "c16"])
@pytest.mark.parametrize("shape", [(), (3,), (2, 3), (0, 4)])
@pytest.mark.parametrize("order", ["C", "F"])
def test_arrays_come_back_as_they_were(tmp_path, dtype, shape, order):
    array = np.arange(np.prod(shape)).reshape(shape).astype(dtype, order=order)
    disk.write_arrays(tmp_path / "file", "3", {"a b": array})
    description, arrays = disk.read_arrays(tmp_path / "file", "file")
    assert description == 3 and arrays.keys() == {"a b"} and arrays["a b"].flags.writeable
    assert arrays["a b"].dtype == array.dtype and np.array_equal(arrays["a b"], array)
