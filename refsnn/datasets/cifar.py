"""CIFAR-10: the files of its binary version."""

import numpy as np

from refsnn import validate
from refsnn.datasets.catalogue import SOURCES, PathLike, fetch
from refsnn.datasets.dataset import Dataset
from refsnn.disk import read_bytes

CLASSES = tuple("airplane automobile bird cat deer dog frog horse ship truck".split())
RECORD = 1 + 3 * 32 * 32  # bytes of an image: its label; its red, green and blue plane, 32 x 32
LARGEST_BATCH = 10_000 * RECORD  # bytes of an official file


def load_cifar10(data_home: PathLike | None = None) -> Dataset:
    """Load CIFAR-10: colour photographs of 10 classes, 32 x 32, 50,000 to learn from and 10,000 to
    test on.

    Parameters
    ----------
    data_home : str or path, optional
        Folder of the datasets; else ``REFSNN_DATA``, else ``~/.cache/refsnn``. The files lie in its
        subfolder ``cifar-10-batches-bin``; those that are missing are unpacked from
        ``cifar-10-binary.tar.gz`` beside it, which is downloaded if it is not there (170 MB).

    Returns
    -------
    Dataset
        x float32 in [0, 1], shape (N, 32, 32, 3), red, green, blue; y int64, 0..9. The two parts
        take 0.74 GB.

    Notes
    -----
    Source: A. Krizhevsky (2009), Learning multiple layers of features from tiny images.
    """
    batches = [_records(path) for path in fetch("cifar10", data_home)]
    x_train, y_train = _images_and_labels(np.concatenate(batches[:-1]))
    x_test, y_test = _images_and_labels(batches[-1])  # the test part is the last file
    citation = SOURCES["cifar10"].citation
    return Dataset(x_train, y_train, x_test, y_test, CLASSES, "cifar10", citation)


def _records(path):
    """Return the records of a file as uint8, (n, RECORD)."""
    content = read_bytes(path, LARGEST_BATCH)
    if not content or len(content) % RECORD:
        raise ValueError(
            f"{path} is empty, truncated or not a binary CIFAR-10 file: its {len(content):,} bytes "
            f"are not records of {RECORD:,}."
        )
    records = np.frombuffer(content, np.uint8).reshape(-1, RECORD)
    validate.labels(records[:, 0], len(records), len(CLASSES), name=f"The labels in {path}")
    return records


def _images_and_labels(records):
    """Return x (n, 32, 32, 3) of float32 and y (n,) of int64."""
    images = records[:, 1:].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)
    x = np.divide(images, 255, dtype=np.float32, order="C")
    return x, records[:, 0].astype(np.int64)
