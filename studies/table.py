"""A study's table: written so that the same rows are the same bytes, read as arrays."""

import contextlib
import csv
import io
from pathlib import Path

import numpy as np

STUDIES = Path(__file__).parent


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
        One array a column, in the order of the rows: int64, float64 or str, whichever holds all its
        values.
    """
    with open(path, newline="", encoding="utf-8") as file:
        header, *rows = csv.reader(file)
    return {name: _column([row[k] for row in rows]) for k, name in enumerate(header)}


def committed_path(name):
    """Where the committed table of that name lies: `studies/FOLDER/results/NAME.csv`.

    Raises
    ------
    FileNotFoundError
        No folder has it.
    """
    for path in STUDIES.glob(f"*/results/{name}.csv"):
        return path
    raise FileNotFoundError(f"No folder of studies has a table results/{name}.csv.")


def committed(name):
    """The committed table of that name, such as "residual-digits", wherever it lies; see `read`."""
    return read(committed_path(name))


def _column(texts):
    for kind in (np.int64, np.float64):
        with contextlib.suppress(ValueError):
            return np.array([kind(text) for text in texts])
    return np.array(texts)
