"""Every reader answers damaged files with their content or one sentence; the fuzzer that says so
notices a reader that does not.
"""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytest.importorskip("resource", reason="bounds of a process are POSIX's")
from tools import fuzz_files

ROOT = Path(__file__).parents[2]


def test_a_sample_of_damaged_files_of_every_format_is_answered():
    """A thousand times as many: `make fuzz`."""
    command = [sys.executable, "-m", "tools.fuzz_files", "--count", "275"]
    answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert answer.returncode == 0, answer.stdout
    assert answer.stdout.count(": 25 mutants, ") == len(fuzz_files.FORMATS)


def refuses(words):
    def read(path):
        raise ValueError(words.format(path=path))

    return read


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of a fork beside other threads
@pytest.mark.parametrize(
    "read, answer",
    [
        (lambda path: path.read_text(), "content whole"),
        (refuses("{path} is damaged."), "sentence ValueError"),
        (refuses("The file is damaged."), "fault ValueError"),
        (refuses("{path}\nis damaged."), "fault ValueError"),
        (refuses("{path}: Unable to allocate 1 GB."), "fault ValueError"),
        (lambda path: {}[path.name], "fault KeyError"),
        (lambda path: bytes(2**30), "fault MemoryError"),
        (lambda path: time.sleep(9), "fault no answer in time"),
        (lambda path: os._exit(3), "fault the process ended with 3"),
        (lambda path: os.kill(os.getpid(), signal.SIGKILL), "fault the process ended with -9"),
    ],
)
def test_an_answer_is_judged(tmp_path, monkeypatch, read, answer):
    monkeypatch.setattr(fuzz_files, "SECONDS", 1)
    (tmp_path / "data.bin").write_text("whole")
    assert fuzz_files.in_child(read, tmp_path / "data.bin").startswith(answer)


@pytest.mark.parametrize(
    "said, sealed, whole, answer",
    [
        ("content a", True, True, "content a"),
        ("content b", True, False, "fault another content b"),
        ("content b", False, False, "content b"),
        ("content ", True, False, "sentence the file counts as missing"),
        ("sentence no", True, False, "sentence no"),
        ("sentence no", True, True, "fault sentence no"),
    ],
)
def test_another_content_than_that_of_the_good_file_is_a_fault_under_a_checksum(
    said, sealed, whole, answer
):
    assert fuzz_files.judged(said, "content a", sealed, whole) == answer
