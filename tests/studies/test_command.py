"""`python -m studies` runs and lists; a mistake is one sentence and an exit code that is not 0."""

import subprocess
import sys
from pathlib import Path

import pytest

from studies import __main__ as command
from studies import runner
from studies.table import read
from tests.studies import toy

ROOT = Path(__file__).parents[2]


@pytest.fixture
def toy_study(monkeypatch):
    """The toy stands among the studies."""
    monkeypatch.setattr(runner, "listing", lambda: [toy.STUDY])


def test_run_writes_the_table(tmp_path, capsys, toy_study):
    """Every option: the table, and a line that says where it is and how many rows it has."""
    options = ["--data", "digits", "--seeds", "1", "--jobs", "1", "--folder", str(tmp_path)]
    assert command.main(["run", "toy", *options]) == 0
    out, err = capsys.readouterr()
    assert out.startswith(f"{tmp_path / 'toy-digits.csv'}: 10 rows") and "toy on digits" in err
    assert set(read(tmp_path / "toy-digits.csv")["seed"]) == {0}


def test_list_names_every_study(capsys):
    """One line per study, first its name."""
    assert command.main(["list"]) == 0
    names = [line.split()[0] for line in capsys.readouterr().out.splitlines()]
    assert names == [study.name for study in runner.listing()] == sorted(names)
    assert {"l4", "residual_fashion", "nmnist", "gaps"} <= set(names)


def test_every_committed_table_is_that_of_a_study():
    """It lies where its study would write it."""
    expected = {
        runner.results_folder(study) / f"{study.name}-{data}.csv"
        for study in runner.listing()
        for data in study.data
    }
    assert set((ROOT / "studies").glob("*/tables/*.csv")) == expected


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["run", "nothing"], "study must be one of"),
        (["run", "scaling", "--data", "mnist"], "must be one of 'digits'"),
        (["run", "scaling", "--seeds", "0"], "seeds must be at least 1"),
        (["run", "scaling", "--jobs", "-1"], "jobs must be at least 1"),
        (["run", "scaling", "--folder", "/dev/null/no"], "Not a directory"),
    ],
)
def test_a_mistake_is_one_sentence_on_stderr(arguments, words, capsys):
    """Exit code 1, one line on stderr that says what is wrong, nothing on stdout."""
    assert command.main(arguments) == 1
    out, err = capsys.readouterr()
    assert out == "" and err.startswith("studies: ") and words in err and err.count("\n") == 1


@pytest.mark.parametrize("arguments", [[], ["run"], ["run", "toy", "--seeds", "x"]])
def test_a_command_not_understood_ends_with_2(arguments, capsys):
    """argparse says how the command is used."""
    with pytest.raises(SystemExit) as ended:
        command.main(arguments)
    assert ended.value.code == 2 and "usage: python -m studies" in capsys.readouterr().err


def test_an_interrupt_is_one_sentence(capsys, monkeypatch):
    """Ctrl-C: no traceback, and the code that shells expect."""

    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(runner, "run", interrupted)
    assert command.main(["run", "toy"]) == 130
    assert capsys.readouterr().err.startswith("studies: interrupted")


def test_python_m_studies_is_the_command():
    """Without a command: how it is used, code 2."""
    answer = subprocess.run(
        [sys.executable, "-m", "studies"], capture_output=True, text=True, cwd=ROOT
    )
    assert answer.returncode == 2 and answer.stderr.startswith("usage: python -m studies")
