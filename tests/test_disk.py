"""A file appears whole or not at all, with the mode and at the place that its user expects."""

import os
import stat

import pytest

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
    with pytest.raises(OSError, match="No space left"):
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
