"""A study's table: written so that the same rows are the same bytes, read as arrays."""

import contextlib
import csv
import io
from pathlib import Path

import numpy as np

from refsnn import disk

STUDIES = Path(__file__).parent
LARGEST_TABLE = 2**22  # bytes, eight times the largest of the studies


def encode(columns, rows):
    """Bytes of a CSV table (UTF-8, one header line, lines end in a single newline).

    A float is written as its `repr`, the shortest text that reads back as the same float.

    Parameters
    ----------
    columns : sequence of str
    rows : sequence of sequence of int, float, str or bool

    Examples
    --------
    >>> encode(["seed", "accuracy"], [[0, 0.1]])
    b'seed,accuracy\\n0,0.1\\n'
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(
        [repr(value) if isinstance(value, float) else value for value in row] for row in rows
    )
    return text.getvalue().encode()


def read(path):
    """Read a study's table.

    Returns
    -------
    dict of str to ndarray
        One array per column, in the order of the rows: int64, float64 or str, whichever holds all
        its values.

    Raises
    ------
    ValueError
        It is not a table of at most 4 MB with one header line of different names and as many values
        in every row.
    OSError
        It is not there (FileNotFoundError), or may not be read.
    """
    content = disk.read_bytes(path, LARGEST_TABLE)
    with disk.damage_named(path, "table"):
        text = io.StringIO(content.decode(), newline="")
        names, *rows = [*csv.reader(text, strict=True)] or [[]]
        if not content.endswith(b"\n") or any(len(row) != len(names) for row in rows):
            raise ValueError("not every line has as many values as the first")
        if not names or len(set(names)) < len(names):
            raise ValueError("its first line does not hold different names")
    return {name: _column([row[k] for row in rows]) for k, name in enumerate(names)}


def committed_path(name):
    """Where the committed table of that name lies: `studies/FOLDER/tables/NAME.csv`.

    Raises
    ------
    FileNotFoundError
        No folder has it.
    """
    for path in STUDIES.glob(f"*/tables/{name}.csv"):
        return path
    raise FileNotFoundError(f"No folder of studies has a table named {name}.")


def committed(name):
    """The committed table of that name, such as "residual-digits", wherever it lies; see `read`."""
    return read(committed_path(name))


def _column(texts):
    for kind in (np.int64, np.float64):
        with contextlib.suppress(ValueError, OverflowError):
            return np.array([kind(text) for text in texts])
    return np.array(texts)
