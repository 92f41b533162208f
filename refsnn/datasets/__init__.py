"""Images and recordings to learn from: bundled digits, loaders of the official files of well-known
datasets, and tools for the events of event cameras.

Every loader takes `data_home`, the folder of the datasets. It raises ValueError, with one sentence
that names the file, if a file is truncated or malformed (the file is left alone),
FileNotFoundError if a file is missing and cannot be downloaded, and another OSError if it cannot be
read. Every other function raises ValueError or TypeError with one sentence on bad input.
"""

from refsnn.datasets.augment import augmented
from refsnn.datasets.camera import film, saccades
from refsnn.datasets.catalogue import fetch, listing
from refsnn.datasets.cifar import load_cifar10
from refsnn.datasets.dataset import Dataset
from refsnn.datasets.digits import load_digits
from refsnn.datasets.frames import frames, time_surface
from refsnn.datasets.idx import load_fashion_mnist, load_mnist
from refsnn.datasets.nmnist import load_nmnist, read_recordings, write_recordings
from refsnn.datasets.recordings import Recordings

__all__ = [
    "Dataset",
    "Recordings",
    "augmented",
    "fetch",
    "film",
    "frames",
    "listing",
    "load_cifar10",
    "load_digits",
    "load_fashion_mnist",
    "load_mnist",
    "load_nmnist",
    "read_recordings",
    "saccades",
    "time_surface",
    "write_recordings",
]
