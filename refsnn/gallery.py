"""The gallery: one script, one figure.

A script `fig_NN_slug.py` defines

* `compute(...)`, which returns a dict of arrays; its parameters have defaults, and those are the
  figure's
  settings;
* `draw(data)`, which makes a matplotlib Figure of that dict;
* `TITLE`, one line; `ALT`, what the figure shows, for those who cannot see it; and `DATA`, the name
  of the
  data set that it uses, if any.

The figure appears as `out/fig_NN_slug.png` beside the scripts, with `out/fig_NN_slug.json`, which
says what made it. What `compute` returned is kept in `out/.cache` and used again while script,
package, versions and study results are the same, so that changing how a figure is drawn costs no
computation.
"""

import hashlib
import importlib.util
import inspect
import io
import json
import sys
import time
import traceback
import zipfile
from dataclasses import dataclass
from pathlib import Path

import matplotlib
import numpy as np
from tqdm import tqdm

from refsnn import disk, validate
from studies import provenance, runner
from studies.table import STUDIES


@dataclass(frozen=True)
class Outcome:
    """What became of one figure: `path` and `bytes` if it was written, else the sentence
    `error`.
    """

    name: str
    seconds: float
    path: Path | None = None
    bytes: int = 0
    error: str | None = None


def scripts(folder="figures"):
    """Paths of the figure scripts in a folder, in the order of their names.

    Raises
    ------
    FileNotFoundError
        There is none.
    """
    found = sorted(Path(folder).glob("fig_[0-9][0-9]_*.py"))
    if not found:
        raise FileNotFoundError(
            f"There is no script fig_NN_slug.py in {folder}: go to the repository's folder, or "
            "name the scripts' folder."
        )
    return found


def slug(script):
    """The part of a script's name that tells figures apart.

    Examples
    --------
    >>> slug("figures/fig_02_resets.py")
    'resets'
    """
    return Path(script).stem[len("fig_00_") :]


def find(name, folder="figures"):
    """The script with that slug.

    Raises
    ------
    ValueError
        There is none; the message lists the slugs there are.
    """
    known = {slug(script): script for script in scripts(folder)}
    return known[validate.one_of("figure", name, known)]


def load(script):
    """The script as a module, with `compute`, `draw`, `TITLE` and `ALT`.

    Raises
    ------
    ValueError
        One of these is missing.
    """
    script = Path(script)
    spec = importlib.util.spec_from_file_location(script.stem, script)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    missing = [
        name for name in ("compute", "draw", "TITLE", "ALT") if not getattr(module, name, None)
    ]
    if missing:
        raise ValueError(f"{script.name} must define {', '.join(missing)}.")
    return module


def draw_all(folder="figures", *, only=None, progress=True):
    """Draw all figures of a folder, or one; a figure that fails does not stop the others.

    Parameters
    ----------
    folder : path-like
    only : str, optional
        Slug of the one figure to draw.
    progress : bool
        Show a progress bar on stderr.

    Returns
    -------
    list of Outcome

    Raises
    ------
    FileNotFoundError, ValueError
        No scripts, or no such slug.
    """
    chosen = scripts(folder) if only is None else [find(only, folder)]
    outcomes = []
    with tqdm(chosen, desc="figures", unit="figure", file=sys.stderr, disable=not progress) as bar:
        for script in bar:
            bar.set_postfix_str(slug(script))
            outcomes.append(_outcome(script))
    return outcomes


def _outcome(script):
    started = time.perf_counter()
    try:
        path = draw_one(script)
    except Exception as error:
        return Outcome(script.stem, time.perf_counter() - started, error=_sentence(script, error))
    return Outcome(script.stem, time.perf_counter() - started, path, path.stat().st_size)


def draw_one(script):
    """Compute (or take from the cache) and draw one figure; write its PNG and its provenance.

    Returns
    -------
    pathlib.Path
        The PNG.
    """
    script = Path(script)
    module = load(script)
    out = script.parent / "out"
    cache = out / ".cache"
    started = time.perf_counter()
    arrays, cached = _computed(script, module, cache)
    seconds = None if cached else round(time.perf_counter() - started, 2)
    with matplotlib.rc_context():
        matplotlib.use("Agg")
        figure = module.draw(arrays)
        picture = io.BytesIO()
        figure.savefig(
            picture,
            format="png",
            dpi=150,
            metadata={"Title": module.TITLE, "Description": module.ALT, "Software": None},
        )
    about = {
        "figure": script.stem,
        "title": module.TITLE,
        "alt": module.ALT,
        "settings": settings(module),
        "data": _data(module),
        "arrays_sha256": provenance.array_hash(arrays),
        "source_sha256": provenance.source_hash(extra=_code(script), presentation=True),
        "seconds to compute": "kept from before" if cached else seconds,
        "versions": provenance.versions() | {"matplotlib": matplotlib.__version__},
        "git": provenance.git_revision(),
        "machine": provenance.machine(),
    }
    path = out / f"{script.stem}.png"
    text = json.dumps(about, indent=2) + "\n"
    disk.write_atomically(path.with_suffix(".json"), text.encode(), through=cache)
    disk.write_atomically(path, picture.getvalue(), through=cache)
    return path


def settings(module):
    """Seed and other settings of a figure: the defaults of its `compute`, by name."""
    parameters = inspect.signature(module.compute).parameters
    return {name: parameter.default for name, parameter in parameters.items()}


def _data(module):
    name = getattr(module, "DATA", None)
    return name and {"name": name, "sha256": provenance.data_hash(runner.dataset(name))}


def _code(script):
    """A script, and the studies from which it may import."""
    return script, *sorted(STUDIES.rglob("*.py"))


def _computed(script, module, cache):
    """What `compute` returns, and whether it was kept from before."""
    results = {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted([*script.parent.glob("results/*.csv"), *STUDIES.glob("*/results/*.csv")])
    }
    key = json.dumps((provenance.source_hash(extra=_code(script)), provenance.versions(), results))
    path = cache / f"{script.stem}-{hashlib.sha256(key.encode()).hexdigest()[:16]}.npz"
    try:
        with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as kept:
            return dict(kept), True
    except (
        OSError,
        ValueError,
        EOFError,
        zipfile.BadZipFile,
    ):  # not computed yet, or damaged: compute it
        pass
    arrays = {name: np.asarray(array) for name, array in module.compute().items()}
    content = io.BytesIO()
    np.savez(content, **arrays)
    for old in cache.glob(f"{script.stem}-*.npz"):
        old.unlink(missing_ok=True)
    disk.write_atomically(path, content.getvalue())
    return arrays, False


def _sentence(script, error):
    """Where in the script it went wrong, and why."""
    frames = traceback.extract_tb(error.__traceback__)
    lines = [frame.lineno for frame in frames if frame.filename == str(script)]
    where = f", line {lines[-1]}" if lines else ""
    return f"{script.name}{where}: {type(error).__name__}: {' '.join(str(error).split())}"
