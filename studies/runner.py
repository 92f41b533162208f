"""Studies: a grid of method x setting x seed over one data set, run as jobs that survive any
interruption.

A study is declared in the `grid` of a folder of `studies` as `Study(...)`. A *job* is one point of
its grid with one seed: it trains or simulates, and returns its rows. The rows of a job that ended
are kept in a work folder, so a study that was stopped, even by SIGKILL, goes on where it was; when
all jobs have ended, the table `NAME-DATA.csv` appears at once. It has deterministic columns only:
the same bytes for any number of jobs, on a Dask cluster, after any interruption. What is not
deterministic (versions, machine, seconds) is in `NAME-DATA.provenance.json` beside it.
"""

import ast
import contextlib
import functools
import hashlib
import importlib
import inspect
import itertools
import json
import logging
import os
import pkgutil
import shutil
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, CancelledError
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

import studies
from refsnn import datasets, disk, validate
from refsnn.kernels.threads import available
from studies import provenance
from studies.table import LARGEST_TABLE, encode

MOST_SEEDS = 10_000


@dataclass(frozen=True)
class Job:
    """What `run_job` is handed: one point of the grid, one seed.

    Attributes
    ----------
    seed : int
        All randomness of the job must come from it.
    point : dict
        One value for each axis of the study's grid.
    settings : dataclass
        The study's settings, the same for every job.
    data : datasets.Dataset
    threads : int or None
        How many threads `nn.fit` and `snn.simulate` may use (None: all); results must not depend on
        it.
    folder : pathlib.Path or None
        Where a long job may keep checkpoints, so that an interruption does not cost all of it; the
        job makes the folder, and it is removed when the job has ended. None: nowhere.
    """

    seed: int
    point: dict
    settings: Any
    data: Any
    threads: int | None = None
    folder: Path | None = None


@dataclass(frozen=True)
class Study:
    """A grid of method x setting x seed over one data set.

    Attributes
    ----------
    name : str
        As in `python -m studies run NAME`.
    title : str
        The question it answers, one line.
    data : tuple of str
        Data sets it can run on, the usual one first.
    columns : tuple of str
        Columns of its table: "seed", the axes of the grid, and what `run_job` adds.
    run_job : callable
        `run_job(job)` returns a list of rows, each a dict of int, float, str or bool; a function of
        its module, so that other processes find it.
    settings : frozen dataclass
        What every job shares (T, epochs, ...), of numbers, texts, tuples, dicts and dataclasses;
        part of the provenance, and of what makes a kept row valid.
    grid : dict of str to tuple
        Axes whose product with the seeds gives the jobs.
    seeds : int
        How many seeds are run unless told otherwise.
    budget_minutes : float
        What it may take on two cores.
    """

    name: str
    title: str
    data: tuple[str, ...]
    columns: tuple[str, ...]
    run_job: Callable[[Job], list[dict]]
    settings: Any
    grid: dict[str, tuple] = field(default_factory=dict)
    seeds: int = 5
    budget_minutes: float = 5.0

    def plain_settings(self):
        """The settings as dicts, as they stand in the provenance."""
        return asdict(self.settings)

    def points(self, seeds):
        """List of (point, seed) in the order of the table: the grid's axes as declared, then the
        seeds.
        """
        values = itertools.product(*self.grid.values(), range(seeds))
        return [(dict(zip(self.grid, value, strict=False)), value[-1]) for value in values]


def listing():
    """All studies that the folders of `studies` declare in their `grid`, by name."""
    folders = [entry.name for entry in pkgutil.iter_modules(studies.__path__) if entry.ispkg]
    grids = [importlib.import_module(f"{studies.__name__}.{folder}.grid") for folder in folders]
    declared = [each for grid in grids for each in vars(grid).values() if isinstance(each, Study)]
    return sorted(declared, key=lambda study: study.name)


def find(name):
    """The study of that name.

    Raises
    ------
    ValueError
        There is none; the message lists those there are.
    """
    known = {study.name: study for study in listing()}
    return known[validate.one_of("study", name, known)]


def dataset(name):
    """The data set of that name, such as "digits" or "fashion-mnist": its loader's answer."""
    return getattr(datasets, f"load_{name.replace('-', '_')}")()


def run(study, *, data=None, seeds=None, jobs=1, dask=None, folder=None, progress=True):
    """Run a study, or what is missing of it, and write its table and provenance.

    Parameters
    ----------
    study : str or Study
    data : str, optional
        Name of a data set that the study allows (default: its first).
    seeds : int, optional
        Number of seeds (default: the study's own); seeds are 0, 1, ..., seeds - 1.
    jobs : int
        Processes on this machine (joblib, loky); each gets an equal share of the cores.
    dask : str, optional
        Address of a Dask scheduler, such as "tcp://127.0.0.1:8786", whose workers run the jobs
        instead. They need the same package and data; each job uses one thread.
    folder : path-like, optional
        Where NAME-DATA.csv and NAME-DATA.provenance.json appear (default: the folder `results`
        beside the study's module); `.NAME-DATA/` inside keeps the rows of jobs that ended. A kept
        job is used again only if settings, data, code and versions are unchanged.
    progress : bool
        Show a progress bar on stderr.

    Returns
    -------
    pathlib.Path
        The table.

    Raises
    ------
    ValueError, TypeError
        Unknown study or data set; seeds or jobs are no whole number of at least 1; a worker has
        other code, versions or data.
    ImportError
        joblib or dask is needed and not installed.
    ConnectionError
        No Dask scheduler answers, or it was lost.
    RuntimeError
        A job failed, its worker process ended before it, or it returned rows that do not fit the
        study's columns.
    """
    study = find(study) if isinstance(study, str) else study
    data = study.data[0] if data is None else data
    seeds = study.seeds if seeds is None else seeds
    validate.one_of(f"data of study {study.name}", data, study.data)
    seeds, jobs = validate.integer("seeds", seeds), validate.integer("jobs", jobs)
    if seeds > MOST_SEEDS:
        raise ValueError(f"seeds must be at most {MOST_SEEDS:,}, not {seeds}.")

    # What the rows of a job depend on names the file that keeps them.
    started, name = time.perf_counter(), f"{study.name}-{data}"
    fingerprint, data_hash = _fingerprint(study, dataset(data))
    folder = results_folder(study) if folder is None else Path(folder)
    work = folder / f".{name}"
    disk.write_atomically(work / ".gitignore", b"*\n")
    points = study.points(seeds)
    kept = [work / f"{_key(study, data, *point, fingerprint)}.json" for point in points]

    # Jobs that are missing, in any order.
    tasks = [
        (study, data, *point, fingerprint, path.absolute())
        for point, path in zip(points, kept, strict=True)
        if _read_job(path) is None
    ]
    bar = tqdm(
        total=len(points),
        initial=len(points) - len(tasks),
        desc=f"{study.name} on {data}",
        unit="job",
        file=sys.stderr,
        disable=not progress,
    )
    with _executor(min(jobs, len(tasks)), dask if tasks else None) as execute, bar:
        for path, result in _until_lost(execute(tasks)):
            disk.write_atomically(path, _sealed(path, json.dumps(result)))
            shutil.rmtree(_checkpoints(path), ignore_errors=True)
            bar.update()

    # The table has the rows of all jobs in the order of the grid.
    results = [_read_job(path) for path in kept]
    seconds = {
        "all jobs": round(sum(result["seconds"] for result in results), 1),
        "last run": round(time.perf_counter() - started, 1),
        "jobs of last run": len(tasks),
    }
    about = {
        "study": study.name,
        "title": study.title,
        "data": {"name": data, "sha256": data_hash},
        "seeds": seeds,
        "settings": study.plain_settings(),
        "grid": study.grid,
        "jobs": len(points),
        "seconds": seconds,
        "versions": provenance.versions(),
        "git": provenance.git_revision(),
        "source_sha256": provenance.source_hash(extra=_files(study)),
        "machines": _distinct(result["machine"] for result in results),
    }
    table, text = folder / f"{name}.csv", json.dumps(about, indent=2) + "\n"
    rows = [row for result in results for row in result["rows"]]
    disk.write_atomically(table.with_suffix(".provenance.json"), text.encode(), through=work)
    disk.write_atomically(table, encode(study.columns, rows), through=work)
    return table


def results_folder(study):
    """The folder of a study's committed tables: `results` beside the module of its jobs."""
    return Path(inspect.getsourcefile(study.run_job)).parent / "tables"


def _files(study):
    """Source files of the modules of a study's jobs and settings, and of all modules of `studies`
    that these import, directly or not.
    """
    names = [study.run_job.__module__, type(study.settings).__module__]
    for name in names:
        names += [each for each in _imported(sys.modules[name]) if each not in names]
    return tuple(inspect.getsourcefile(sys.modules[name]) for name in sorted(set(names)))


def _imported(module):
    """Names of the modules of `studies` that a module imports, packages aside."""
    names = []
    for node in ast.walk(ast.parse(inspect.getsource(module))):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    inside = [name for name in names if name.startswith(f"{studies.__name__}.")]
    return [name for name in inside if name in sys.modules and not _is_package(sys.modules[name])]


def _is_package(module):
    return hasattr(module, "__path__")


def _fingerprint(study, images):
    """One hash of all that a job's rows depend on beside its point, and the data set's own hash."""
    data_hash = provenance.data_hash(images)
    parts = (provenance.source_hash(extra=_files(study)), provenance.versions(), data_hash)
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest(), data_hash


def _key(study, data, point, seed, fingerprint):
    parts = (study.name, data, study.plain_settings(), study.columns, point, seed, fingerprint)
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:32]


def _sealed(path, text):
    """The bytes of a kept job: a checksum of its name and text, and the text."""
    return f"{hashlib.sha256(f'{path.name}{text}'.encode()).hexdigest()}\n{text}".encode()


def _read_job(path):
    """What a job returned; None if it has not run yet or its file is damaged, so that it runs
    again.
    """
    with contextlib.suppress(OSError, ValueError):
        content = disk.read_bytes(path, LARGEST_TABLE)
        text = content.decode().partition("\n")[2]
        if content == _sealed(path, text):
            return json.loads(text)
    return None


def _checkpoints(path):
    """The folder of a job's checkpoints, from the path that its rows will have."""
    return path.with_suffix("")


def _run_job(study, data, point, seed, fingerprint, path, threads):
    """Run one job, here or in another process, and return (where its result is to be kept, its
    result).
    """
    images = dataset(data)
    if _fingerprint(study, images)[0] != fingerprint:
        raise ValueError(
            "A worker has other code, versions or data than the process that started the study; if "
            "a file was changed meanwhile, start the study again."
        )

    started = time.perf_counter()
    job = Job(seed, point, study.settings, images, threads, _checkpoints(path))
    try:
        rows = study.run_job(job)
    except Exception as error:
        where = f"study {study.name} on {data}: the job with seed {seed} {point or ''}".strip()
        raise RuntimeError(f"{where} failed: {error}") from error

    values = [_in_order(study, {**point, "seed": seed, **row}) for row in rows]
    seconds = round(time.perf_counter() - started, 3)
    return path, {"rows": values, "seconds": seconds, "machine": provenance.machine()}


def _in_order(study, row):
    """The values of a row in the order of the study's columns, as Python's own numbers."""
    if set(row) != set(study.columns):
        raise RuntimeError(
            f"study {study.name} declares the columns {', '.join(study.columns)}, "
            f"but a job returned {', '.join(map(str, row))}"
        )
    return [np.asarray(row[column]).item() for column in study.columns]


@contextlib.contextmanager
def _executor(jobs, dask):
    """A function that runs tasks, here or elsewhere, and yields results as they come."""
    if dask is None and jobs <= 1:
        yield lambda tasks: (_run_job(*task, None) for task in tasks)
        return
    joblib = _extra("joblib")
    with contextlib.ExitStack() as stack:
        if dask is None:
            threads = max(1, available() // jobs)
            parallel = joblib.Parallel(n_jobs=jobs, batch_size=1, return_as="generator_unordered")
        else:
            threads = 1
            stack.enter_context(_client(dask))
            stack.enter_context(joblib.parallel_config(backend="dask"))
            parallel = joblib.Parallel(n_jobs=-1, batch_size=1, return_as="generator_unordered")
        run_job = functools.partial(_run_in_worker, os.getpid() if dask is None else None)
        yield lambda tasks: parallel(joblib.delayed(run_job)(*task, threads) for task in tasks)


def _run_in_worker(parent, *task):
    """Run one job in another process, which ends with its parent where it has one."""
    if parent is not None:
        _end_with(parent)
    return _run_job(*task)


@functools.cache
def _end_with(parent):
    """End this process within a second of the end of its parent, even by SIGKILL: nobody is left to
    keep what it computes.
    """

    def watch():
        while os.getppid() == parent:
            time.sleep(1)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _until_lost(results):
    """The results as they come; what is lost on the way is said."""
    try:
        yield from results
    except BrokenExecutor:
        raise RuntimeError(
            "A worker process ended before its job, killed or for want of memory; the jobs that "
            "ended are kept."
        ) from None
    except CancelledError:
        raise ConnectionError("The Dask scheduler is lost; the jobs that ended are kept.") from None


def _client(address):
    distributed = _extra("distributed")
    logging.getLogger("distributed").setLevel(
        logging.CRITICAL
    )  # what fails is raised, and said once
    try:
        return distributed.Client(address, timeout=3)
    except (OSError, ValueError) as error:
        raise ConnectionError(f"no Dask scheduler answers at {address!r}") from error


def _extra(module):
    try:
        return importlib.import_module(module)
    except ImportError:
        raise ImportError(f"this needs {module}: pip install 'refsnn[study]'") from None


def _distinct(machines):
    texts = {json.dumps(machine, sort_keys=True) for machine in machines}
    return [json.loads(text) for text in sorted(texts)]
