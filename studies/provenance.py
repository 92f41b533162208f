"""What made a file: code, versions, machine, data.

Nothing here names a host, a user or a path, so its answers may be committed beside a result.
"""

import functools
import hashlib
import os
import platform
import subprocess
from dataclasses import is_dataclass
from importlib import metadata
from pathlib import Path

import numpy as np

import refsnn

PACKAGE = Path(refsnn.__file__).parent
PRESENTATION = ("cli.py", "__main__.py", "plots.py", "event_plots.py")


@functools.cache
def source_hash(*, extra=(), presentation=False):
    """Hash of the code and bundled data that can change a number: 64 hexadecimal digits (SHA-256).

    It is taken once in a process, near the time the code was imported: a file edited later is not
    what runs here.

    It covers the package; the command line and the drawing only if `presentation` is true: they
    change no result.

    Parameters
    ----------
    extra : tuple of path-like
        Further source files (those of a study, a figure's script).
    presentation : bool
        Also hash the command line and the plots.
    """
    digest = hashlib.sha256()
    for path in sorted(PACKAGE.rglob("*")):
        inside = path.relative_to(PACKAGE)
        if not path.is_file() or "__pycache__" in inside.parts:
            continue
        if presentation or inside.name not in PRESENTATION:
            digest.update(inside.as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    for path in extra:
        digest.update(Path(path).name.encode() + b"\0" + Path(path).read_bytes() + b"\0")
    return digest.hexdigest()


def array_hash(arrays):
    """Hash of names, shapes, types and values of arrays: 64 hexadecimal digits (SHA-256).

    Parameters
    ----------
    arrays : dict of str to array_like
        Order does not matter; values are hashed in C order as they lie in memory.

    Examples
    --------
    >>> array_hash({"a": [1, 2], "b": [3]}) == array_hash({"b": [3], "a": [1, 2]})
    True
    >>> array_hash({"a": [1, 2]}) == array_hash({"a": [2, 1]})
    False
    """
    digest = hashlib.sha256()
    for name in sorted(arrays):
        array = np.asarray(arrays[name])
        digest.update(f"{name} {array.dtype.str} {array.shape} ".encode())
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


def data_hash(data):
    """Hash of a data set's images (or recordings) and labels, training and test: 64 hexadecimal
    digits (SHA-256).
    """
    parts = {part: getattr(data, part) for part in ("x_train", "y_train", "x_test", "y_test")}
    arrays = {part: array for part, array in parts.items() if not is_dataclass(array)}
    return array_hash(
        arrays
        | {
            f"{part}.{name}": array
            for part, recordings in parts.items()
            if is_dataclass(recordings)
            for name, array in vars(recordings).items()
        }
    )


def versions():
    """Versions that a number can depend on: {"python": ..., "refsnn": ..., "numpy": ..., ...}."""
    found = {"python": platform.python_version(), "refsnn": refsnn.__version__}
    return found | {name: metadata.version(name) for name in ("numpy", "numba", "scipy")}


def machine():
    """The machine without its name: system, processor, number of processors, linear algebra
    library.
    """
    from threadpoolctl import threadpool_info

    blas = sorted(
        {
            f"{pool['internal_api']} {pool['version']} {pool.get('architecture', '')}".strip()
            for pool in threadpool_info()
            if pool["user_api"] == "blas"
        }
    )
    return {
        "system": platform.system(),
        "processor": _processor(),
        "processors": os.cpu_count(),
        "blas": blas,
    }


def git_revision():
    """Revision of the work tree, with "+changes" if package or studies (tables aside) differ from
    it; None without one.
    """
    revision = _git("rev-parse", "HEAD")
    if revision is None or _git("ls-files", "--error-unmatch", "refsnn/__init__.py") is None:
        return None  # not in a repository, or installed somewhere inside another one

    places = ("refsnn", "studies", ":!studies/*/results")
    changes = _git("status", "--porcelain", "--untracked-files=no", "--", *places)
    return revision + ("+changes" if changes else "")


def _git(*arguments):
    try:
        answer = subprocess.run(
            ("git", *arguments), cwd=PACKAGE.parent, capture_output=True, text=True, timeout=10
        )
    except (OSError, subprocess.TimeoutExpired):  # git is not installed, or its disk hangs
        return None
    return answer.stdout.strip() if answer.returncode == 0 else None


def _processor():
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:  # not Linux
        return platform.processor() or platform.machine()
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return models[0] if models else platform.machine()
