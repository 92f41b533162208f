"""MNIST and Fashion-MNIST: gzip-compressed IDX files of images and labels."""

import gzip
import math
import struct
import zlib

import numpy as np

from refsnn.datasets.catalogue import ENTRIES
from refsnn.datasets.dataset import Dataset
from refsnn.datasets.files import fetch
from refsnn.datasets.home import read

SIDE = 28
CLOTHING = (
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
)


def load_fashion_mnist(data_home=None):
    """Load Fashion-MNIST: articles of clothing, 28 x 28, 60,000 to learn from and 10,000 to test
    on.

    Parameters
    ----------
    data_home : str or path, optional
        Folder of the datasets; else ``REFSNN_DATA``, else ``~/.cache/refsnn``; then the folder of
        the Debian package dataset-fashion-mnist. The files lie in its subfolder ``fashion-mnist``;
        those that are missing are downloaded.

    Returns
    -------
    Dataset
        x float32 in [0, 1], shape (N, 28, 28, 1); y int64, 0..9. N is what the files' headers say.

    Raises
    ------
    ValueError
        If a file is malformed: not gzip, truncated, wrong magic number, size or label.
    FileNotFoundError
        If a file is missing and cannot be downloaded.
    OSError
        If `data_home` is not a folder or a file cannot be read.

    Notes
    -----
    Source: H. Xiao, K. Rasul and R. Vollgraf (2017), https://arxiv.org/abs/1708.07747
    """
    return _load("fashion-mnist", CLOTHING, data_home)


def load_mnist(data_home=None):
    """Load MNIST: handwritten digits, 28 x 28, 60,000 to learn from and 10,000 to test on.

    Parameters
    ----------
    data_home : str or path, optional
        Folder of the datasets; else ``REFSNN_DATA``, else ``~/.cache/refsnn``. The files lie in its
        subfolder ``mnist``; those that are missing are downloaded.

    Returns
    -------
    Dataset
        x float32 in [0, 1], shape (N, 28, 28, 1); y int64, 0..9. N is what the files' headers say.

    Raises
    ------
    ValueError, FileNotFoundError, OSError
        As `load_fashion_mnist`.

    Notes
    -----
    Source: Y. LeCun, L. Bottou, Y. Bengio and P. Haffner (1998), https://doi.org/10.1109/5.726791
    """
    return _load("mnist", tuple("0123456789"), data_home)


def _load(name, classes, data_home):
    paths = fetch(name, data_home)
    parts = []
    for images_path, labels_path in (paths[:2], paths[2:]):
        y = read_labels(labels_path, len(classes))
        images = read_images(images_path)
        if len(images) != len(y):
            raise ValueError(
                f"{images_path} holds {len(images):,} images and {labels_path.name} {len(y):,} "
                "labels; there must be one label for each image."
            )
        parts += [np.divide(images, 255, dtype=np.float32), y]
    return Dataset(*parts, classes, name, ENTRIES[name].citation)


def read_images(path):
    """Return the images of a gzip IDX file, uint8, shape (N, 28, 28, 1); the header (magic 2051)
    says N.
    """
    data, shape = _read_idx(path, magic=2051, what="images")
    if shape[1:] != (SIDE, SIDE):
        raise ValueError(
            f"{path} must hold images of {SIDE} x {SIDE} pixels; "
            f"its header says {shape[1]} x {shape[2]}."
        )
    return _body(path, data, shape)[..., None]


def read_labels(path, classes):
    """Return the labels of a gzip IDX file, int64, shape (N,); the header (magic 2049) says N."""
    y = _body(path, *_read_idx(path, magic=2049, what="labels"))
    if y.max() >= classes:
        raise ValueError(
            f"{path} must hold labels 0..{classes - 1}; label {y.argmax()} is {y.max()}."
        )
    return y.astype(np.int64)


def _read_idx(path, magic, what):
    """Return the unpacked bytes and the shape that the header says.

    The header is big-endian int32: the magic number, whose low byte is the number of axes, then the
    shape.
    """
    packed = read(path)
    if packed[:2] != b"\x1f\x8b":
        raise ValueError(f"{path} is not a gzip file.")
    try:
        data = gzip.decompress(packed)
    except EOFError as error:
        raise ValueError(f"{path} is truncated: its gzip stream ends early.") from error
    except (gzip.BadGzipFile, zlib.error) as error:
        raise ValueError(f"{path} is damaged: its gzip stream cannot be unpacked.") from error
    axes = magic & 0xFF
    if len(data) < 4 + 4 * axes:
        raise ValueError(f"{path} is truncated: it ends within its header.")
    first, *shape = struct.unpack(f">{1 + axes}I", data[: 4 + 4 * axes])
    if first != magic:
        raise ValueError(
            f"{path} must start with the magic number {magic} of IDX {what}; "
            f"it starts with {first}."
        )
    return data, tuple(shape)


def _body(path, data, shape):
    """Return what follows the header as an array of uint8 with the header's shape."""
    start = 4 + 4 * len(shape)
    if shape[0] == 0:
        raise ValueError(f"{path} is empty: its header says 0 items.")
    expected = math.prod(shape)
    if len(data) - start != expected:
        how = "is truncated" if len(data) - start < expected else "is too long"
        raise ValueError(
            f"{path} {how}: its header says {expected:,} bytes of data, "
            f"there are {len(data) - start:,}."
        )
    return np.frombuffer(data, np.uint8, offset=start).reshape(shape)
