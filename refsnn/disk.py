"""Files: how one appears on disk, whole or not at all; and arrays in one, without pickle."""

import contextlib
import io
import json
import os
import secrets
import zipfile
from pathlib import Path

import numpy as np


def write_atomically(path, content, *, through=None):
    """Write bytes so that `path` holds all of them, or what it held before, whenever the process
    is killed.

    The bytes go to a temporary file, from there to the disk, and only then under the name `path`.
    A symbolic link is followed: the file that it points to is replaced, and the link stays. The
    file's mode is what the process's umask leaves of read and write for everybody.

    Parameters
    ----------
    path : path-like
        The file to write; its folder is made if it is missing.
    content : bytes
    through : path-like, optional
        Folder on the same file system for the temporary file (default: the file's own folder). A
        process killed while it writes leaves its temporary file there.

    Raises
    ------
    OSError
        The folder cannot be made or written.
    """
    path = Path(os.path.realpath(path))
    folder = path.parent if through is None else Path(through)
    for needed in (path.parent, folder):
        needed.mkdir(parents=True, exist_ok=True)

    temporary = folder / f".{path.name}.{secrets.token_hex(4)}.tmp"
    try:
        with open(temporary, "xb") as file:  # "x": a new file, and its mode from the umask
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    _keep_name(path.parent)


def _keep_name(folder):
    """Bring a folder's list of names to the disk, where the system can: a file's new name is in
    it.
    """
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


# What zipfile, NumPy and JSON raise on bytes that `write_arrays` did not write.
DAMAGE = (
    ValueError,
    KeyError,
    TypeError,
    AttributeError,
    OSError,
    EOFError,
    RuntimeError,
    zipfile.BadZipFile,
)


def write_arrays(path, description, arrays):
    """Write arrays by name and a description to a file, NumPy's .npz and JSON, whole or not at all.

    Parameters
    ----------
    path : path-like
    description : str
        JSON.
    arrays : dict of str to array
    """
    content = io.BytesIO()
    np.savez(content, description=np.array(description), **arrays)
    write_atomically(path, content.getvalue())


def read_arrays(path):
    """The description, from JSON, and the arrays by name that `write_arrays` wrote to a file; no
    pickle is loaded.
    """
    with open(path, "rb") as file:
        if not zipfile.is_zipfile(file):
            raise ValueError("it is no .npz archive, or only the beginning of one")
        file.seek(0)
        with np.load(file, allow_pickle=False) as archive:
            arrays = dict(archive)
    return json.loads(str(arrays.pop("description"))), arrays


@contextlib.contextmanager
def damage_named(path, kind):
    """Turn whatever is raised inside, while a file is read, into one ValueError that names the
    file and its `kind`.
    """
    try:
        yield
    except DAMAGE as error:
        reason = " ".join(str(error).split()).rstrip(".") or "it ends early"
        raise ValueError(f"{str(path)!r} is not a whole {kind} of refsnn: {reason}.") from None
