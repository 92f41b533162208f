"""The command line: each command works, each mistake is one sentence and an exit code that is not
0.
"""

import subprocess
import sys
from pathlib import Path

import pytest

from refsnn import cli, datasets, study
from tests.study import toy

FIGURES = Path(__file__).parents[2] / "figures"


@pytest.fixture
def toy_study(monkeypatch):
    """The toy stands among the studies."""
    monkeypatch.setattr(study, "listing", lambda: [toy.STUDY])


def test_study_run_writes_the_table(tmp_path, capsys, toy_study):
    """`study run` with every option: the table, and a line that says where it is and how many rows
    it has.
    """
    arguments = [
        "study",
        "run",
        "toy",
        "--data",
        "digits",
        "--seeds",
        "1",
        "--jobs",
        "1",
        "--folder",
        str(tmp_path),
    ]
    assert cli.main(arguments) == 0
    out, err = capsys.readouterr()
    assert out.startswith(f"{tmp_path / 'toy-digits.csv'}: 10 rows") and "toy on digits" in err
    assert set(study.read(tmp_path / "toy-digits.csv")["seed"]) == {0}


def test_lists_name_what_there_is(capsys):
    """`study list`, `data list`, `figures --list`: one line an entry, first its name."""
    for arguments, names in (
        (["study", "list"], [entry.name for entry in study.listing()]),
        (["data", "list"], [row.name for row in datasets.listing()]),
        (
            ["figures", "--list", "--folder", str(FIGURES)],
            [path.stem[len("fig_NN_") :] for path in sorted(FIGURES.glob("fig_*.py"))],
        ),
    ):
        assert cli.main(arguments) == 0
        assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == names


def test_data_fetch_says_where_the_files_are(capsys):
    """The bundled digits need no network."""
    assert cli.main(["data", "fetch", "digits"]) == 0
    assert Path(capsys.readouterr().out.strip()).exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["study", "run", "nothing"], "study must be one of"),
        (["study", "run", "scaling", "--data", "mnist"], "must be one of 'digits'"),
        (["study", "run", "scaling", "--seeds", "0"], "seeds must be at least 1"),
        (["study", "run", "scaling", "--jobs", "-1"], "jobs must be at least 1"),
        (["study", "run", "scaling", "--folder", "/dev/null/no"], "Not a directory"),
        (["data", "fetch", "nothing"], "digits"),
        (["figures", "--folder", "nowhere"], "no script fig_NN_slug.py in nowhere"),
        (["figures", "--folder", str(FIGURES), "--only", "nothing"], "'resets'"),
    ],
)
def test_a_mistake_is_one_sentence_on_stderr(arguments, words, capsys):
    """Exit code 1, one line on stderr that says what is wrong, nothing on stdout."""
    assert cli.main(arguments) == 1
    out, err = capsys.readouterr()
    assert out == "" and err.startswith("refsnn: ") and words in err and err.count("\n") == 1


@pytest.mark.parametrize(
    "arguments", [[], ["study"], ["data", "fetch"], ["study", "run", "toy", "--seeds", "x"]]
)
def test_a_command_not_understood_ends_with_2(arguments, capsys):
    """argparse says how the command is used."""
    with pytest.raises(SystemExit) as ended:
        cli.main(arguments)
    assert ended.value.code == 2 and "usage: refsnn" in capsys.readouterr().err


def test_an_interrupt_is_one_sentence(capsys, monkeypatch):
    """Ctrl-C: no traceback, and the code that shells expect."""

    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(study, "run", interrupted)
    assert cli.main(["study", "run", "toy"]) == 130
    assert capsys.readouterr().err.startswith("refsnn: interrupted")


def test_python_m_refsnn_is_the_command():
    """`python -m refsnn` without a command: how it is used, code 2."""
    answer = subprocess.run([sys.executable, "-m", "refsnn"], capture_output=True, text=True)
    assert answer.returncode == 2 and answer.stderr.startswith("usage: refsnn")
