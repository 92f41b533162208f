"""N-MNIST and its format: one file a recording, five bytes an event."""

from pathlib import Path

import numpy as np

from refsnn import disk, validate
from refsnn.datasets.catalogue import ENTRIES
from refsnn.datasets.dataset import Dataset
from refsnn.datasets.files import fetch
from refsnn.datasets.home import read
from refsnn.datasets.recordings import Recordings, check, fault, sides

SENSOR = (34, 34)
BYTES = 5  # of an event
LAST = 2**23 - 1  # microseconds: the largest time that fits in 23 bits


def load_nmnist(data_home=None):
    """Load N-MNIST: MNIST's digits as an event camera saw them on a screen, during three jumps of
    the camera.

    Parameters
    ----------
    data_home : str or path, optional
        Folder of the datasets; else ``REFSNN_DATA``, else ``~/.cache/refsnn``. The files lie in its
        subfolder ``N-MNIST`` as ``Train/<label>/<number>.bin`` and ``Test/<label>/<number>.bin``;
        any of them may be absent.

    Returns
    -------
    Dataset
        x are `Recordings` of a sensor of 34 x 34 pixels, in the order of their numbers; y int64,
        0..9.

    Raises
    ------
    ValueError
        If a file is malformed: truncated, with events out of order or outside the sensor; or a
        folder is no label.
    FileNotFoundError
        If the folder is missing; it cannot be downloaded from here.
    OSError
        If `data_home` is not a folder or a file cannot be read.

    Notes
    -----
    Source: G. Orchard et al. (2015), https://doi.org/10.3389/fnins.2015.00437
    """
    parts = [
        part for folder in fetch("nmnist", data_home) for part in read_recordings(folder, SENSOR)
    ]
    return Dataset(*parts, tuple("0123456789"), "nmnist", ENTRIES["nmnist"].citation)


def read_recordings(folder, sensor=SENSOR, classes=10):
    """Read recordings in the format of N-MNIST: `folder/<label>/<number>.bin`.

    An event is five bytes: its column; its row; then, in big-endian order, one bit of polarity (1
    is brighter) and 23 bits of time in microseconds. A file without bytes is a recording without
    events.

    Parameters
    ----------
    folder : str or path
    sensor : (int, int)
        Height and width in pixels.
    classes : int
        Subfolders are named 0 to classes - 1; any of them may be absent. Names that begin with a
        dot are passed over.

    Returns
    -------
    recordings : Recordings
        In the order of their numbers, so that the first are a sample of all classes.
    y : array (N,) of int64

    Raises
    ------
    ValueError, FileNotFoundError, OSError
        As `load_nmnist`.
    """
    folder, sensor, classes = Path(folder), sides(sensor), validate.integer("classes", classes)
    found = sorted(
        (number, label, path)
        for label, sub in _labels(folder, classes)
        for number, path in _numbers(sub)
    )
    if not found:
        raise ValueError(f"{folder} must hold recordings <label>/<number>.bin; there is none.")
    _, y, paths = zip(*found, strict=True)
    contents = [read(path) for path in paths]
    for path, content in zip(paths, contents, strict=True):
        if len(content) % BYTES:
            raise ValueError(
                f"{path} is truncated or no recording: its {len(content):,} bytes are no multiple "
                f"of an event's {BYTES}."
            )
    offsets = np.concatenate([[0], np.cumsum([len(content) // BYTES for content in contents])])
    column, row, high, middle, low = (
        np.frombuffer(b"".join(contents), np.uint8).reshape(-1, BYTES).T.astype(np.int64)
    )
    events = column, row, (high & 0x7F) << 16 | middle << 8 | low, high >> 7
    wrong = fault(*events, offsets, sensor)
    if wrong is not None:
        raise ValueError(f"{paths[wrong[0]]} {wrong[1]}")
    return Recordings(*events, offsets, sensor), np.array(y, np.int64)


def write_recordings(folder, recordings, y, first=1):
    """Write recordings in the format of N-MNIST: recording i as `folder/<y[i]>/<first + i>.bin`,
    five digits.

    A file appears when it is whole; one of the same name is replaced.

    Parameters
    ----------
    folder : str or path
        Made if it is missing.
    recordings : Recordings
        Of a sensor of at most 256 x 256 pixels, up to 8,388,607 microseconds long: what five bytes
        hold.
    y : array (N,) of int
        Labels from 0.
    first : int
        Number of the first recording, from 0.

    Raises
    ------
    ValueError, TypeError
        If the recordings do not fit the format, or the labels the recordings.
    OSError
        If a file cannot be written.
    """
    check(recordings)
    y, first = validate.labels(y, len(recordings)), validate.integer("first", first, least=0)
    if max(recordings.sensor) > 256 or recordings.last().max() > LAST:
        raise ValueError(
            f"recordings must be of at most 256 x 256 pixels and {LAST:,} microseconds to fit the "
            f"format, not {recordings!r}."
        )
    t, offsets = recordings.t, recordings.offsets
    high = recordings.polarity.astype(np.int32) << 7 | t >> 16
    events = np.stack([recordings.x, recordings.y, high, t >> 8 & 0xFF, t & 0xFF], axis=1).astype(
        np.uint8
    )
    for i, label in enumerate(y):
        path = Path(folder) / str(label) / f"{first + i:05}.bin"
        disk.write_atomically(path, events[offsets[i] : offsets[i + 1]].tobytes())


def _entries(folder):
    """What a folder holds; an OSError with one sentence if it cannot be read."""
    try:
        return [path for path in sorted(folder.iterdir()) if not path.name.startswith(".")]
    except OSError as error:
        raise type(error)(f"{folder} cannot be read as a folder: {error.strerror}.") from error


def _labels(folder, classes):
    """Subfolders by label."""
    names = {str(label): label for label in range(classes)}
    for sub in _entries(folder):
        if sub.name not in names:
            raise ValueError(
                f"{folder} must hold folders named by labels 0..{classes - 1}; it holds "
                f"{sub.name!r}."
            )
        yield names[sub.name], sub


def _numbers(sub):
    """A label's files by number."""
    for path in _entries(sub):
        if path.suffix != ".bin" or not (path.stem.isascii() and path.stem.isdecimal()):
            raise ValueError(f"{sub} must hold recordings <number>.bin; it holds {path.name!r}.")
        yield int(path.stem), path
