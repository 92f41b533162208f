"""N-MNIST and its format: one file per recording, five bytes per event."""

from pathlib import Path

import numpy as np

from refsnn import validate
from refsnn.datasets.catalogue import SOURCES, PathLike, fetch
from refsnn.datasets.dataset import Dataset
from refsnn.datasets.recordings import Recordings, check_recordings, check_sensor, offsets_of
from refsnn.disk import read_bytes, write_atomically

SENSOR = (34, 34)
EVENT_BYTES = 5
LATEST = 2**23 - 1  # microseconds: the largest time that fits in 23 bits
MOST_EVENTS = 2**22  # of one recording that is read: a thousand times as many as are usual


def load_nmnist(data_home: PathLike | None = None) -> Dataset:
    """Load N-MNIST: MNIST's digits as an event camera saw them on a screen, during three jumps of
    the camera.

    Parameters
    ----------
    data_home : str or path, optional
        Folder of the datasets; else ``REFSNN_DATA``, else ``~/.cache/refsnn``. The files lie in its
        subfolder ``N-MNIST`` as ``Train/<label>/<number>.bin`` and ``Test/<label>/<number>.bin``;
        any of them may be absent. They cannot be downloaded from here.

    Returns
    -------
    Dataset
        x are `Recordings` of a sensor of 34 x 34 pixels, in the order of their numbers; y int64,
        0..9.

    Notes
    -----
    Source: G. Orchard et al. (2015), https://doi.org/10.3389/fnins.2015.00437
    """
    train, test = (read_recordings(folder) for folder in fetch("nmnist", data_home))
    return Dataset(*train, *test, tuple("0123456789"), "nmnist", SOURCES["nmnist"].citation)


def read_recordings(
    folder: PathLike, sensor: tuple[int, int] = SENSOR, classes: int = 10
) -> tuple[Recordings, np.ndarray]:
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
    ValueError
        If a file is truncated, has events out of order or outside the sensor; if a folder is not a
        label or a file not a number; if there is no recording.
    """
    folder = Path(folder)
    sensor = check_sensor(sensor)
    classes = validate.integer("classes", classes)

    # Number, label and path of every file.
    names = {str(label): label for label in range(classes)}
    files = []
    for path in (path for subfolder in _visible(folder) for path in _visible(subfolder)):
        label = path.parent.name
        number = path.stem
        if label not in names or path.suffix != ".bin" or not number.isdecimal():
            raise ValueError(
                f"{folder} must hold recordings <label>/<number>.bin with labels 0..{classes - 1}; "
                f"it holds {label}/{path.name}."
            )
        files.append((int(number), names[label], path))
    if not files:
        raise ValueError(f"{folder} must hold recordings <label>/<number>.bin; there is none.")
    _, labels, paths = zip(*sorted(files), strict=True)

    events = [_read_events(path, sensor) for path in paths]
    x, y, t, polarity = (np.concatenate(parts) for parts in zip(*events, strict=True))
    offsets = offsets_of([len(times) for _, _, times, _ in events])
    recordings = Recordings(x, y, t, polarity, offsets, sensor)
    return recordings, np.array(labels, np.int64)


def write_recordings(folder: PathLike, recordings: Recordings, y: np.ndarray) -> None:
    """Write recordings in the format of N-MNIST: recording i as `folder/<y[i]>/<number>.bin`,
    with numbers of five digits from 1 on.

    A file appears when it is whole; one of the same name is replaced.

    Parameters
    ----------
    folder : str or path
        Made if it is missing.
    recordings : Recordings
        Of a sensor of at most 256 x 256 pixels, up to 8,388,607 microseconds long, which is what
        five bytes hold; of at most 4,194,304 events, which is what `read_recordings` reads.
    y : array (N,) of int
        Labels from 0.

    Raises
    ------
    ValueError
        If the recordings do not fit the format, or the labels the recordings.
    """
    check_recordings(recordings)
    y = validate.labels(y, len(recordings))
    too_long = recordings.last().max() > LATEST or recordings.counts().max() > MOST_EVENTS
    if max(recordings.sensor) > 256 or too_long:
        raise ValueError(
            f"recordings must be of at most {MOST_EVENTS:,} events, at most 256 x 256 pixels and "
            f"{LATEST:,} microseconds to fit the format, not {recordings!r}."
        )

    # Five columns of bytes: x, y, and a number of 24 bits; the cast keeps of each the lowest byte.
    bits = recordings.polarity.astype(np.int32) << 23 | recordings.t
    columns = (recordings.x, recordings.y, bits >> 16, bits >> 8, bits)
    table = np.stack(columns, axis=1).astype(np.uint8)
    for i, events in enumerate(np.split(table, recordings.offsets[1:-1])):
        path = Path(folder) / str(y[i]) / f"{1 + i:05}.bin"
        write_atomically(path, events.tobytes())


def _read_events(path, sensor):
    """Return the columns, rows, times and polarities of the events in a file, each (n,) of
    int64.
    """
    content = read_bytes(path, MOST_EVENTS * EVENT_BYTES)
    if len(content) % EVENT_BYTES:
        raise ValueError(
            f"{path} is truncated or not a recording: its {len(content):,} bytes are not events of "
            f"{EVENT_BYTES}."
        )
    table = np.frombuffer(content, np.uint8).reshape(-1, EVENT_BYTES)
    x, y, high, middle, low = table.T.astype(np.int64)
    bits = high << 16 | middle << 8 | low
    t = bits & LATEST
    polarity = bits >> 23

    height, width = sensor
    if (x >= width).any() or (y >= height).any():
        raise ValueError(f"{path} has events outside its sensor of {height} x {width} (H x W).")
    if (np.diff(t) < 0).any():
        raise ValueError(f"{path} has events that are not in the order of their times.")
    return x, y, t, polarity


def _visible(folder):
    """What a folder holds, without the names that begin with a dot."""
    return [path for path in sorted(folder.iterdir()) if not path.name.startswith(".")]
