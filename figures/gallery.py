"""The gallery: one script, one figure.

A script `fig_NN_slug.py` defines

* `compute(...)`, which returns a dict of arrays; its parameters have defaults, and
  those are the figure's settings;
* `draw(data)`, which makes a matplotlib Figure of that dict;
* `TITLE`, one line, and `ALT`, what the figure shows, for those who cannot see it;
* where they apply, `DATA`, the name of the data set that it uses, and `QUICK`,
  settings with which a test computes it in a second or two.

In a chapter, `gallery.show("slug")` is the figure and `gallery.arrays("slug")` are its
numbers. `python -m figures` writes `out/fig_NN_slug.png`, and `out/fig_NN_slug.json`,
which says what made it. What `compute` returned is cached in `out/.cache` and used
again while script, code, versions and study results are the same, so that a change of
how a figure is drawn costs no computation.
"""

import contextlib
import hashlib
import importlib.util
import inspect
import io
import json
import sys
import time
import traceback
from dataclasses import dataclass
from pathlib import Path

import matplotlib
import numpy as np
from tqdm import tqdm

from refsnn import disk, validate
from studies import provenance, runner

FOLDER = Path(__file__).parent
ROOT = FOLDER.parent


@dataclass(frozen=True)
class Drawing:
    """The result of drawing one figure.

    Attributes
    ----------
    slug : str
    seconds : float
        What it took.
    path : pathlib.Path or None
        The PNG, if it was written.
    error : str or None
        If not, one sentence that says why.
    """

    slug: str
    seconds: float
    path: Path | None = None
    error: str | None = None


def scripts(folder=FOLDER):
    """The figure scripts of a folder in the order of their names: slug -> path.

    Raises
    ------
    FileNotFoundError
        If there is none.
    """
    paths = sorted(Path(folder).glob("fig_[0-9][0-9]_*.py"))
    if not paths:
        raise FileNotFoundError(f"There is no script fig_NN_slug.py in {folder}.")
    return {path.stem[len("fig_00_") :]: path for path in paths}


def load(slug, folder=FOLDER):
    """One script as a module, with `compute`, `draw`, `TITLE` and `ALT`.

    Raises
    ------
    ValueError
        If no script has that slug, or the script lacks one of the four.
    """
    known = scripts(folder)
    path = known[validate.one_of("figure", slug, known)]
    spec = importlib.util.spec_from_file_location(path.stem, path)
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)

    missing = [
        name
        for name in ("compute", "draw", "TITLE", "ALT")
        if not hasattr(script, name)
    ]
    if missing:
        raise ValueError(f"{path.name} must define {', '.join(missing)}.")
    return script


def show(slug, folder=FOLDER):
    """One figure, as a notebook shows it.

    Parameters
    ----------
    slug : str
        The part of the script's name that tells figures apart, such as "resets".
    folder : path-like
        Where the scripts are.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ValueError
        If no script has that slug.
    """
    script = load(slug, folder)
    return script.draw(_cached_arrays(script)[0])


def arrays(slug, folder=FOLDER):
    """The arrays of which one figure is drawn, by name.

    Parameters and errors are those of `show`.

    Returns
    -------
    dict of str to ndarray
    """
    return _cached_arrays(load(slug, folder))[0]


def draw_all(folder=FOLDER, *, only=None, progress=True):
    """Draw all figures of a folder, or one; one that fails does not stop the others.

    Parameters
    ----------
    folder : path-like
    only : str, optional
        Slug of the one figure to draw.
    progress : bool
        Show a progress bar on stderr.

    Returns
    -------
    list of Drawing

    Raises
    ------
    FileNotFoundError, ValueError
        If there are no scripts, or none has that slug.
    """
    known = scripts(folder)
    slugs = list(known) if only is None else [validate.one_of("figure", only, known)]
    drawings = []
    with tqdm(
        slugs, desc="drawing", unit="figure", file=sys.stderr, disable=not progress
    ) as bar:
        for slug in bar:
            bar.set_postfix_str(slug)
            drawings.append(_draw_and_time(slug, folder))
    return drawings


def _draw_and_time(slug, folder):
    started = time.perf_counter()
    try:
        path, error = write(slug, folder), None
    except Exception as failure:
        path, error = None, _message(scripts(folder)[slug], failure)
    return Drawing(slug, time.perf_counter() - started, path, error)


def write(slug, folder=FOLDER):
    """Draw one figure and write its PNG and its provenance.

    Returns
    -------
    pathlib.Path
        The PNG.
    """
    # The arrays, computed or cached, and the picture of them.
    script = load(slug, folder)
    path = Path(script.__file__)
    started = time.perf_counter()
    computed, cached = _cached_arrays(script)
    seconds = round(time.perf_counter() - started, 2)

    picture = io.BytesIO()
    figure = script.draw(computed)
    text = {"Title": script.TITLE, "Description": script.ALT, "Software": None}
    figure.savefig(picture, format="png", dpi=150, metadata=text)

    # What made it, beside it.
    about = {
        "figure": path.stem,
        "title": script.TITLE,
        "alt": script.ALT,
        "settings": settings(script),
        "data": _data(script),
        "arrays_sha256": provenance.array_hash(computed),
        "source_sha256": _source_hash(path, presentation=True),
        "seconds to compute": "cached" if cached else seconds,
        "versions": provenance.versions() | {"matplotlib": matplotlib.__version__},
        "git": provenance.git_revision(),
        "machine": provenance.machine(),
    }
    out, through = path.parent / "out", path.parent / "out" / ".cache"
    content = json.dumps(about, indent=2) + "\n"
    disk.write_atomically(out / f"{path.stem}.json", content.encode(), through=through)
    disk.write_atomically(out / f"{path.stem}.png", picture.getvalue(), through=through)
    return out / f"{path.stem}.png"


def settings(script):
    """Seed and other settings of a figure: the defaults of its `compute`, by name."""
    parameters = inspect.signature(script.compute).parameters
    return {name: parameter.default for name, parameter in parameters.items()}


def _data(script):
    name = getattr(script, "DATA", None)
    return name and {"name": name, "sha256": provenance.data_hash(runner.dataset(name))}


def _cached_arrays(script):
    """What `compute` returns, and whether it was cached."""
    path = Path(script.__file__)
    cache = path.parent / "out" / ".cache"
    cached = cache / f"{path.stem}-{_key(path)}.npz"
    # Not computed yet, or damaged: it is computed.
    with contextlib.suppress(OSError, ValueError):
        names, kept = disk.read_arrays(cached, "cache")
        if names == list(kept):
            return kept, True

    computed = {name: np.asarray(array) for name, array in script.compute().items()}
    with contextlib.suppress(
        OSError
    ):  # a folder that may not be written: nothing is cached
        for old in cache.glob(f"{path.stem}-*.npz"):
            old.unlink(missing_ok=True)
        disk.write_arrays(cached, json.dumps(list(computed)), computed)
    return computed, False


def _key(path):
    """A hash of all that the arrays of the script at `path` depend on."""
    tables = [*ROOT.glob("studies/*/tables/*.csv"), *ROOT.glob("benchmarks/*.csv")]
    contents = [
        hashlib.sha256(table.read_bytes()).hexdigest() for table in sorted(tables)
    ]
    parts = (_source_hash(path), provenance.versions(), contents)
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]


def _source_hash(path, presentation=False):
    studies = sorted(ROOT.glob("studies/**/*.py"))
    return provenance.source_hash(extra=(path, *studies), presentation=presentation)


def _message(path, error):
    """Where in the script at `path` it went wrong, and why."""
    frames = traceback.extract_tb(error.__traceback__)
    lines = [frame.lineno for frame in frames if frame.filename == str(path)]
    line = f", line {lines[-1]}" if lines else ""
    return f"{path.name}{line}: {type(error).__name__}: {' '.join(str(error).split())}"
