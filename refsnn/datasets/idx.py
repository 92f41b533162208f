"""MNIST and Fashion-MNIST: gzip-compressed IDX files of images and labels."""

import math
import zlib

import numpy as np

from refsnn import validate
from refsnn.datasets.catalogue import SOURCES, PathLike, fetch
from refsnn.datasets.dataset import Dataset
from refsnn.disk import read_bytes

LARGEST_DATA = 60_000 * 28 * 28  # bytes that follow a header at most: the official training images
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


def load_fashion_mnist(data_home: PathLike | None = None) -> Dataset:
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

    Notes
    -----
    Source: H. Xiao, K. Rasul and R. Vollgraf (2017), https://arxiv.org/abs/1708.07747
    """
    return _load("fashion-mnist", CLOTHING, data_home)


def load_mnist(data_home: PathLike | None = None) -> Dataset:
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

    Notes
    -----
    Source: Y. LeCun, L. Bottou, Y. Bengio and P. Haffner (1998), https://doi.org/10.1109/5.726791
    """
    return _load("mnist", tuple("0123456789"), data_home)


def _load(name, classes, data_home):
    paths = fetch(name, data_home)
    parts = []
    for images_path, labels_path in (paths[:2], paths[2:]):
        images = _read_idx(images_path, axes=3)
        labels = _read_idx(labels_path, axes=1)
        if images.shape[1:] != (28, 28):
            raise ValueError(f"{images_path} must hold images of 28 x 28, not {images.shape[1:]}.")
        y = validate.labels(labels, len(images), len(classes), name=f"The labels in {labels_path}")
        parts += [np.divide(images[..., None], 255, dtype=np.float32), y]
    return Dataset(*parts, classes, name, SOURCES[name].citation)


def _read_idx(path, axes):
    """Return the array of uint8 in a gzip-compressed IDX file.

    The file begins with big-endian 32-bit integers: a magic number, 2048 + the number of axes, and
    the length of each axis. Then come the bytes of the array. A header that is cut short reads as
    if zeros followed, and no data.
    """
    start = 4 * (1 + axes)
    largest = start + LARGEST_DATA
    unpacker = zlib.decompressobj(wbits=31)  # of gzip
    try:
        content = unpacker.decompress(read_bytes(path, largest), largest + 1)
        if len(content) <= largest and (not unpacker.eof or unpacker.unused_data):
            raise zlib.error("it ends early, or something follows")
    except zlib.error as error:
        raise ValueError(f"{path} is truncated, damaged or not a gzip file.") from error

    magic, *shape = np.frombuffer(content[:start].ljust(start, b"\0"), ">u4").tolist()
    size = len(content) - start
    if magic != 2048 + axes or not 0 < size == math.prod(shape) <= LARGEST_DATA:
        raise ValueError(
            f"{path} must be a whole IDX file of {axes} axes, magic number {2048 + axes}; its "
            f"header says {magic} and shape {tuple(shape)}, and {size:,} bytes follow."
        )
    return np.frombuffer(content, np.uint8, offset=start).reshape(shape)
