"""The runner: same bytes whatever happens on the way, and no row from other settings, code or
data.
"""

import contextlib
import csv
import dataclasses
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from studies import provenance, runner
from studies.table import read
from tests.studies import toy

ROOT = Path(__file__).parents[2]
JOBS = 8  # 2 methods x 4 seeds
RUNNER = {"runner.py", "table.py", "provenance.py"}


def run(folder, **options):
    options.setdefault("progress", False)
    return runner.run(options.pop("study", quick()), folder=folder, **options)


def quick(**changes):
    return dataclasses.replace(toy.STUDY, **{"settings": toy.Settings(pause=0.0)} | changes)


def kept(folder):
    return sorted((folder / ".toy-digits").glob("*.json"))


@pytest.fixture(scope="module")
def expected(tmp_path_factory):
    """Bytes of the toy study, run without interruption in this process."""
    return runner.run(
        toy.STUDY, folder=tmp_path_factory.mktemp("expected"), progress=False
    ).read_bytes()


def start(folder, jobs):
    """The toy study in a process of its own, in a session of its own."""
    code = (
        "from studies import runner; from tests.studies import toy; "
        f"runner.run(toy.STUDY, folder={str(folder)!r}, jobs={jobs})"
    )
    return subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=ROOT,
        start_new_session=True,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stderr=subprocess.PIPE,
    )


def end_session(process):
    """Kill a process and its workers, all at once, as a machine that loses power does."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.communicate()


def test_rows_are_in_grid_order_and_complete(expected):
    """The table has one row for each method, seed and T, in the order declared, floats exact."""
    rows = list(csv.DictReader(expected.decode().splitlines()))
    assert [(row["method"], int(row["seed"]), int(row["T"])) for row in rows] == [
        (method, seed, T) for method in ("plain", "fancy") for seed in range(4) for T in range(1, 6)
    ]
    job = runner.Job(2, {"method": "fancy"}, toy.Settings(pause=0.0), runner.dataset("digits"))
    values = [
        float(row["value"]) for row in rows if row["method"] == "fancy" and row["seed"] == "2"
    ]
    assert values == [row["value"] for row in toy.run_job(job)]


@pytest.mark.parametrize("jobs", [1, 2])
@pytest.mark.parametrize("done", [0, 1, 5])
def test_killed_and_started_again_gives_the_same_bytes(tmp_path, expected, jobs, done):
    """SIGKILL once `done` jobs ended: no table; again, only missing jobs run, and the bytes are the
    same.
    """
    process = start(tmp_path, jobs)
    while len(kept(tmp_path)) < done and process.poll() is None:
        time.sleep(0.01)
    end_session(process)
    before = kept(tmp_path)
    assert done <= len(before) < JOBS
    assert not list(tmp_path.glob("toy-digits*"))
    times = {path: path.stat().st_mtime_ns for path in before}
    table = run(tmp_path, study=toy.STUDY, jobs=3 - jobs)
    assert table.read_bytes() == expected
    assert all(path.stat().st_mtime_ns == then for path, then in times.items())
    about = json.loads(table.with_name("toy-digits.provenance.json").read_text())
    assert about["seconds"]["jobs of last run"] == JOBS - len(before)


def test_killed_parent_alone_is_no_harm(tmp_path, expected):
    """SIGKILL of the parent only: workers that live on for a while change nothing."""
    process = start(tmp_path, 2)
    while len(kept(tmp_path)) < 2 and process.poll() is None:
        time.sleep(0.01)
    process.kill()
    try:
        assert run(tmp_path, study=toy.STUDY, jobs=1).read_bytes() == expected
    finally:
        end_session(process)


def workers(session):
    """The processes of a session, but for those that have ended and wait for nobody."""
    listed = subprocess.run(["ps", "-s", str(session), "-o", "stat="], capture_output=True)
    return [state for state in listed.stdout.split() if not state.startswith(b"Z")]


@pytest.mark.skipif(not shutil.which("ps"), reason="ps is not here")
def test_workers_end_with_their_parent(tmp_path):
    """SIGKILL of the parent only: a few seconds later nothing of it runs."""
    process = start(tmp_path, 2)
    while not kept(tmp_path) and process.poll() is None:
        time.sleep(0.01)
    assert len(workers(process.pid)) > 2
    process.kill()
    deadline = time.monotonic() + 20
    while workers(process.pid) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not workers(process.pid)
    end_session(process)


def test_two_runs_at_once_do_not_disturb_each_other(tmp_path, expected):
    """Two processes run the same study in the same folder: both end well, the bytes are the
    same.
    """
    first, second = start(tmp_path, 1), start(tmp_path, 1)
    for process in (first, second):
        _, stderr = process.communicate()
        assert process.returncode == 0, stderr
    assert (tmp_path / "toy-digits.csv").read_bytes() == expected


def test_dask_cluster_gives_the_same_bytes(tmp_path, expected):
    """A local Dask cluster of two processes, after an interruption: the same bytes."""
    from distributed import LocalCluster

    run(tmp_path, study=toy.STUDY, seeds=1)
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster:
        table = run(tmp_path, study=toy.STUDY, dask=cluster.scheduler_address)
    assert table.read_bytes() == expected
    about = json.loads(table.with_name("toy-digits.provenance.json").read_text())
    assert about["seconds"]["jobs of last run"] == JOBS - 2


def test_more_seeds_run_only_what_is_new(tmp_path):
    """Seeds 0 and 1 are kept when four are asked for; their rows stay as they were."""
    few = read(run(tmp_path, seeds=2))
    many = read(run(tmp_path, seeds=4))
    assert len(kept(tmp_path)) == JOBS
    assert many["value"][many["seed"] < 2].tolist() == few["value"].tolist()


def test_rows_from_other_settings_are_not_used(tmp_path):
    """Another T in the settings: nothing kept under the old T enters the table."""
    run(tmp_path)
    table = read(
        run(tmp_path, study=dataclasses.replace(toy.STUDY, settings=toy.Settings(pause=0.0, T=3)))
    )
    assert table["T"].max() == 3


def test_rows_from_other_code_are_not_used(tmp_path, monkeypatch):
    """Other code, that is another hash of the sources: every job runs again."""
    run(tmp_path)
    monkeypatch.setattr(provenance, "source_hash", lambda **_: "other code")
    run(tmp_path)
    assert len(kept(tmp_path)) == 2 * JOBS


def test_rows_from_other_data_are_not_used(tmp_path, monkeypatch):
    """One pixel differs: every job runs again, on the new data."""
    before = run(tmp_path).read_bytes()
    data = runner.dataset("digits")
    x_train = data.x_train.copy()
    x_train[0] += 1
    monkeypatch.setattr(runner, "dataset", lambda name: dataclasses.replace(data, x_train=x_train))
    assert run(tmp_path).read_bytes() != before
    assert len(kept(tmp_path)) == 2 * JOBS


@pytest.mark.parametrize(
    "damage",
    [
        lambda path, others: path.write_bytes(path.read_bytes()[:40]),
        lambda path, others: path.write_text(path.read_text().replace("0.", "0.9", 1)),
        lambda path, others: path.write_text("{}"),
        lambda path, others: path.write_bytes(b"\xff"),
        lambda path, others: path.write_bytes(others[0].read_bytes()),
        lambda path, others: (path.unlink(), os.mkfifo(path)),
    ],
)
def test_a_damaged_kept_job_runs_again(tmp_path, damage):
    """Cut short, a flipped digit, other rows or another job's: never another table."""
    before = run(tmp_path).read_bytes()
    *others, path = kept(tmp_path)
    damage(path, others)
    table = run(tmp_path)
    assert table.read_bytes() == before
    about = json.loads(table.with_name("toy-digits.provenance.json").read_text())
    assert about["seconds"]["jobs of last run"] == 1


def test_a_worker_that_is_killed_is_said(tmp_path):
    """What ended before is kept, and the next run ends."""
    killed = quick(run_job=toy.killed_at_seed_3)
    with pytest.raises(RuntimeError, match="A worker process ended before its job, killed or"):
        run(tmp_path, study=killed, jobs=2)
    assert not (tmp_path / "toy-digits.csv").exists()


def test_there_are_no_more_processes_than_jobs(tmp_path, monkeypatch):
    asked = []
    executor = runner._executor
    monkeypatch.setattr(
        runner, "_executor", lambda jobs, dask: asked.append(jobs) or executor(jobs, dask)
    )
    run(tmp_path, seeds=1, jobs=10**30)
    assert asked == [2]


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_failing_job_keeps_those_that_ended(tmp_path, jobs):
    """One job fails: a sentence that names it; no table; what ended before is kept."""
    with pytest.raises(RuntimeError, match="the job with seed 3 .*plain.* failed"):
        run(tmp_path, study=dataclasses.replace(toy.STUDY, run_job=toy.fail_at_seed_3), jobs=jobs)
    assert not (tmp_path / "toy-digits.csv").exists()
    assert kept(tmp_path)


@pytest.mark.parametrize("jobs", [1, 2])
def test_an_interrupt_keeps_the_old_table_whole(tmp_path, jobs):
    """Ctrl-C in a job: KeyboardInterrupt (or the worker's end) reaches the caller; the old table
    stands.
    """
    before = run(tmp_path).read_bytes()
    other = quick(run_job=toy.interrupt_at_seed_1, settings=toy.Settings(pause=0.0, T=4))
    with pytest.raises((KeyboardInterrupt, RuntimeError)):
        run(tmp_path, study=other, jobs=jobs)
    assert (tmp_path / "toy-digits.csv").read_bytes() == before


def test_rows_must_fit_the_declared_columns(tmp_path):
    """A job that returns another column than declared is refused before anything is written."""
    with pytest.raises(RuntimeError, match="declares the columns method, seed, T, value"):
        run(tmp_path, study=quick(columns=("method", "seed", "T", "value")))
    assert not kept(tmp_path)


def test_a_worker_with_other_code_is_refused():
    """A worker whose code, versions or data differ says so instead of computing other rows."""
    with pytest.raises(ValueError, match="worker has other code"):
        runner._run_job(
            quick(), "digits", {"method": "plain"}, 0, "fingerprint of other code", 0, None
        )


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"study": "no such"}, "study must be one of"),
        ({"data": "mnist"}, "data of study toy must be one of 'digits'"),
        ({"seeds": 0}, "seeds must be at least 1"),
        ({"seeds": 10**30}, "seeds must be at most 10,000"),
        ({"jobs": 0}, "jobs must be at least 1"),
        ({"jobs": 1.5}, "jobs must be a whole number"),
        ({"dask": "tcp://127.0.0.1:9"}, "no Dask scheduler answers"),
        ({"dask": "nonsense://x"}, "no Dask scheduler answers"),
    ],
)
def test_bad_input_is_one_sentence_and_no_file(tmp_path, options, sentence):
    """What cannot run is refused before any work."""
    with pytest.raises((ValueError, TypeError, OSError), match=sentence):
        run(tmp_path, **options)
    assert not list(tmp_path.glob("toy-digits*"))


def test_missing_joblib_is_one_sentence(tmp_path, monkeypatch):
    """Without the extra, one process still works and two say what to install."""
    monkeypatch.setitem(sys.modules, "joblib", None)
    with pytest.raises(ImportError, match=r"pip install 'refsnn\[study\]'"):
        run(tmp_path, jobs=2)
    assert run(tmp_path, jobs=1).exists()


def test_provenance_is_complete_and_names_no_host_or_path(tmp_path):
    """Beside the table: settings, data, versions, machine, seconds, revision; no host and no
    folder.
    """
    table = run(tmp_path)
    text = table.with_name("toy-digits.provenance.json").read_text()
    about = json.loads(text)
    assert about["settings"] == {"pause": 0.0, "T": 5} and about["grid"] == {
        "method": ["plain", "fancy"]
    }
    assert about["data"] == {
        "name": "digits",
        "sha256": provenance.data_hash(runner.dataset("digits")),
    }
    assert set(about["versions"]) == {"python", "refsnn", "numpy", "numba", "scipy"}
    assert about["machines"] == [provenance.machine()] and about["seeds"] == 4
    for private in (socket.gethostname(), str(Path.home()), str(ROOT), str(tmp_path)):
        assert private not in text


def test_study_leaves_git_status_as_it_was(tmp_path):
    """What a study keeps while it runs is invisible to git."""
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    table = run(tmp_path)
    answer = subprocess.run(
        ["git", "-C", tmp_path, "status", "--porcelain"], capture_output=True, check=True
    )
    assert answer.stdout.decode().split() == ["??", table.name, "??", "toy-digits.provenance.json"]


def test_kept_rows_depend_on_every_module_of_the_studies_that_is_imported():
    """Of jobs and settings, directly or not; results and other folders are not asked."""
    files = runner._files(runner.find("l4_confirm"))
    names = {Path(file).relative_to(ROOT / "studies").as_posix() for file in files}
    assert names == {"l4/grid.py", "l4/jobs.py", "networks.py", *RUNNER}
    toys = {Path(file).name for file in runner._files(quick())}
    assert toys == {"toy.py", *RUNNER}
