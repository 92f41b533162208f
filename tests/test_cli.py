"""The command line: each command works, each mistake is one sentence and an exit code that is not
0.
"""

import subprocess
import sys
from pathlib import Path

import pytest

import refsnn
from refsnn import cli, datasets


def test_data_list_names_every_data_set(capsys):
    """One line a data set, first its name."""
    assert cli.main(["data", "list"]) == 0
    names = [line.split()[0] for line in capsys.readouterr().out.splitlines()]
    assert names == [row.name for row in datasets.listing()]


def test_data_fetch_says_where_the_files_are(capsys):
    """The bundled digits need no network."""
    assert cli.main(["data", "fetch", "digits"]) == 0
    assert Path(capsys.readouterr().out.strip()).exists()


def test_a_mistake_is_one_sentence_on_stderr(capsys, monkeypatch):
    """Exit code 1, one line on stderr that says what is wrong, nothing on stdout."""
    assert cli.main(["data", "fetch", "nothing"]) == 1
    out, err = capsys.readouterr()
    assert out == "" and err.startswith("refsnn: name must be one of") and err.count("\n") == 1
    monkeypatch.setattr(datasets, "listing", lambda: open("/dev/null/no"))
    assert cli.main(["data", "list"]) == 1
    assert capsys.readouterr() == ("", "refsnn: /dev/null/no: Not a directory\n")


def test_version_is_that_of_the_package(capsys):
    with pytest.raises(SystemExit) as ended:
        cli.main(["--version"])
    assert ended.value.code == 0
    assert capsys.readouterr().out == f"refsnn {refsnn.__version__}\n"


@pytest.mark.parametrize("arguments", [[], ["data"], ["data", "fetch"]])
def test_a_command_not_understood_ends_with_2(arguments, capsys):
    """argparse says how the command is used."""
    with pytest.raises(SystemExit) as ended:
        cli.main(arguments)
    assert ended.value.code == 2 and "usage: refsnn" in capsys.readouterr().err


def test_an_interrupt_is_one_sentence(capsys, monkeypatch):
    """Ctrl-C: no traceback, and the code that shells expect."""

    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(datasets, "fetch", interrupted)
    assert cli.main(["data", "fetch", "digits"]) == 130
    assert capsys.readouterr().err.startswith("refsnn: interrupted")


def test_python_m_refsnn_is_the_command():
    """`python -m refsnn` without a command: how it is used, code 2."""
    answer = subprocess.run([sys.executable, "-m", "refsnn"], capture_output=True, text=True)
    assert answer.returncode == 2 and answer.stderr.startswith("usage: refsnn")
