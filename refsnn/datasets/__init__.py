"""Images to learn from: bundled digits, and loaders of the official files of well-known datasets."""
from refsnn.datasets.augment import augmented
from refsnn.datasets.cifar import load_cifar10, load_cifar100
from refsnn.datasets.dataset import Dataset
from refsnn.datasets.digits import load_digits
from refsnn.datasets.files import fetch, listing
from refsnn.datasets.idx import load_fashion_mnist, load_mnist

__all__ = ["Dataset", "augmented", "fetch", "listing", "load_cifar10", "load_cifar100", "load_digits",
           "load_fashion_mnist", "load_mnist"]
