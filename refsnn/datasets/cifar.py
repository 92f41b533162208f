"""CIFAR-10 and CIFAR-100: the binary versions, unpacked or straight from the official archive."""

import gzip
import io
import tarfile
import zlib

import numpy as np

from refsnn.datasets.catalogue import ENTRIES
from refsnn.datasets.dataset import Dataset
from refsnn.datasets.files import fetch
from refsnn.datasets.home import read

PIXELS = 3 * 32 * 32
TEN = tuple("airplane automobile bird cat deer dog frog horse ship truck".split())
HUNDRED = tuple(
    """
    apple aquarium_fish baby bear beaver bed bee beetle bicycle bottle bowl boy bridge bus
    butterfly camel can castle caterpillar cattle chair chimpanzee clock cloud cockroach couch
    crab crocodile cup dinosaur dolphin elephant flatfish forest fox girl hamster house kangaroo
    keyboard lamp lawn_mower leopard lion lizard lobster man maple_tree motorcycle mountain
    mouse mushroom oak_tree orange orchid otter palm_tree pear pickup_truck pine_tree plain
    plate poppy porcupine possum rabbit raccoon ray road rocket rose sea seal shark shrew skunk
    skyscraper snail snake spider squirrel streetcar sunflower sweet_pepper table tank telephone
    television tiger tractor train trout tulip turtle wardrobe whale willow_tree wolf woman worm
    """.split()
)


def load_cifar10(data_home=None):
    """Load CIFAR-10: colour photographs of 10 classes, 32 x 32, 50,000 to learn from and 10,000 to
    test on.

    Parameters
    ----------
    data_home : str or path, optional
        Folder of the datasets; else ``REFSNN_DATA``, else ``~/.cache/refsnn``. The files lie in its
        subfolder ``cifar-10-batches-bin`` or in ``cifar-10-binary.tar.gz``, which is downloaded if
        neither is there (170 MB).

    Returns
    -------
    Dataset
        x float32 in [0, 1], shape (N, 32, 32, 3), red, green, blue; y int64, 0..9. The two parts
        take 0.74 GB.

    Raises
    ------
    ValueError
        If a file is malformed: truncated, empty, or with a label out of range.
    FileNotFoundError
        If a file is missing and cannot be downloaded.
    OSError
        If `data_home` is not a folder or a file cannot be read.

    Notes
    -----
    Source: A. Krizhevsky (2009), Learning multiple layers of features from tiny images.
    """
    return _load("cifar10", TEN, 1, data_home)


def load_cifar100(data_home=None):
    """Load CIFAR-100 with its fine labels: colour photographs of 100 classes, 32 x 32, 50,000 and
    10,000.

    Parameters
    ----------
    data_home : str or path, optional
        Folder of the datasets; else ``REFSNN_DATA``, else ``~/.cache/refsnn``. The files lie in its
        subfolder ``cifar-100-binary`` or in ``cifar-100-binary.tar.gz``, which is downloaded if
        neither is there (169 MB).

    Returns
    -------
    Dataset
        x float32 in [0, 1], shape (N, 32, 32, 3), red, green, blue; y int64, 0..99. The two parts
        take 0.74 GB.

    Raises
    ------
    ValueError, FileNotFoundError, OSError
        As `load_cifar10`.

    Notes
    -----
    Source: A. Krizhevsky (2009), Learning multiple layers of features from tiny images.
    """
    return _load("cifar100", HUNDRED, 2, data_home)


def _load(name, classes, label_bytes, data_home):
    entry = ENTRIES[name]
    paths = fetch(name, data_home)
    if paths[0].name == entry.archive:
        where, contents = paths[0], _unpack(paths[0], entry.members)
    else:
        where, contents = paths[0].parent, {path.name: read(path) for path in paths}
    parts = []
    for members in (entry.members[:-1], entry.members[-1:]):  # the test part is the last file
        records = [
            _records(f"{where}/{member}", contents.pop(member), label_bytes, len(classes))
            for member in members
        ]
        parts += _images_and_labels(records, label_bytes)
    return Dataset(*parts, classes, name, entry.citation)


def _unpack(path, members):
    """Return {file name: bytes} of the members of a .tar.gz, read in memory."""
    contents = {}
    try:
        with tarfile.open(fileobj=io.BytesIO(read(path)), mode="r:gz") as archive:
            for item in archive:
                name = item.name.rsplit("/", 1)[-1]
                if item.isfile() and name in members:
                    contents[name] = archive.extractfile(item).read()
    except (tarfile.TarError, gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise ValueError(
            f"{path} is truncated or damaged: it cannot be unpacked as .tar.gz."
        ) from error
    missing = [member for member in members if member not in contents]
    if missing:
        raise ValueError(f"{path} must hold {', '.join(members)}; it lacks {', '.join(missing)}.")
    return contents


def _records(path, data, label_bytes, classes):
    """Return the records of a file, uint8, (n, label_bytes + 3072): labels, the last one fine;
    planes.
    """
    size = label_bytes + PIXELS
    if not data:
        raise ValueError(f"{path} is empty.")
    if len(data) % size:
        raise ValueError(
            f"{path} is truncated or not a binary CIFAR file: its {len(data):,} bytes are no "
            f"multiple of a record's {size:,}."
        )
    records = np.frombuffer(data, np.uint8).reshape(-1, size)
    labels = records[:, label_bytes - 1]
    if labels.max() >= classes:
        raise ValueError(
            f"{path} must hold labels 0..{classes - 1}; label {labels.argmax()} is {labels.max()}."
        )
    return records


def _images_and_labels(records, label_bytes):
    """Return x (N, 32, 32, 3) float32 and y (N,) int64; the files' planes are R, G, B, each 32 rows
    of 32.
    """
    x = np.empty((sum(len(block) for block in records), 32, 32, 3), np.float32)
    y = np.concatenate([block[:, label_bytes - 1] for block in records]).astype(np.int64)
    start = 0
    for block in records:
        planes = block[:, label_bytes:].reshape(-1, 3, 32, 32)
        np.divide(
            planes.transpose(0, 2, 3, 1), 255, out=x[start : start + len(block)], dtype=np.float32
        )
        start += len(block)
    return [x, y]
