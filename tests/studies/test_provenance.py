"""Hashes see what matters and nothing else."""

import numpy as np

from refsnn import disk
from studies import provenance


def test_hash_of_arrays_sees_name_shape_type_and_value():
    """Arrays that differ in any of the four have other hashes; memory layout and order do not
    matter.
    """
    x = np.arange(6.0)
    same = [{"x": x, "y": x}, {"y": x, "x": x}, {"x": np.repeat(x, 2)[::2], "y": x}]
    other = [
        {"x": x},
        {"x": x, "z": x},
        {"x": x.reshape(2, 3), "y": x},
        {"x": x.astype(np.float32), "y": x},
        {"x": -x, "y": x},
    ]
    assert len({provenance.array_hash(arrays) for arrays in same}) == 1
    assert len({provenance.array_hash(arrays) for arrays in same[:1] + other}) == 6


def test_hash_of_source_sees_numbers_code_only(tmp_path, monkeypatch):
    """A change in the package or in a study's own file changes it; drawing code and other files do
    not.
    """
    names = ("refsnn/neuron.py", "refsnn/data.npz", "refsnn/cli.py", "refsnn/plots.py")
    names += ("studies/other.py", "studies/mine.py")
    for name in names:
        disk.write_atomically(tmp_path / name, name.encode())
    monkeypatch.setattr(provenance, "PACKAGE", tmp_path / "refsnn")

    def source():
        provenance.source_hash.cache_clear()
        return provenance.source_hash(extra=(tmp_path / "studies/mine.py",))

    def changed(name):
        before, content = source(), (tmp_path / name).read_bytes()
        (tmp_path / name).write_bytes(b"changed")
        after = source()
        (tmp_path / name).write_bytes(content)
        return before != after

    seen = {name for name in names if changed(name)}
    assert seen == {"refsnn/neuron.py", "refsnn/data.npz", "studies/mine.py"}


def test_revision_is_none_without_git(monkeypatch):
    """No git on the machine: no revision, no error."""
    monkeypatch.setenv("PATH", "")
    assert provenance.git_revision() is None
