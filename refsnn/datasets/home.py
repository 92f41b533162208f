"""Where files of datasets are: the folder `data_home`, and reading from it with errors for
people.
"""

import os
from pathlib import Path


def find_home(data_home=None):
    """Return the folder that holds downloaded datasets; it need not exist yet.

    Parameters
    ----------
    data_home : str or path, optional
        The folder. Without it the environment variable ``REFSNN_DATA`` names the folder, and
        without that it is ``~/.cache/refsnn``.

    Returns
    -------
    pathlib.Path

    Raises
    ------
    TypeError
        If `data_home` is neither a string nor a path.
    ValueError
        If it is empty.
    NotADirectoryError
        If it, or a folder it lies in, is a file.
    """
    who = "data_home"
    if data_home is None:
        if os.environ.get("REFSNN_DATA"):
            who, data_home = "REFSNN_DATA", os.environ["REFSNN_DATA"]
        else:
            data_home = "~/.cache/refsnn"
    if not isinstance(data_home, (str, os.PathLike)):
        raise TypeError(f"data_home must be the path of a folder; it was {data_home!r}.")
    if not str(data_home).strip():
        raise ValueError(f"{who} must be the path of a folder; it was empty.")
    home = Path(data_home).expanduser().absolute()
    for folder in (home, *home.parents):
        if exists(folder):
            if not folder.is_dir():
                raise NotADirectoryError(f"{who} must be a folder; {folder} is a file.")
            break
    return home


def exists(path):
    """Whether there is something at `path`; an OSError with one sentence if that cannot be told."""
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as error:
        raise OSError(f"{path} cannot be read: {error.strerror}.") from error
    return True


def read(path):
    """Return the bytes of a file; an OSError with one sentence if it cannot be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise OSError(f"{path} cannot be read: {error.strerror}.") from error
