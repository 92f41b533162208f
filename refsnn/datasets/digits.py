"""The bundled handwritten digits: small enough that everything in the book can be run on them in
seconds.
"""

import numpy as np

from refsnn.datasets.catalogue import ENTRIES
from refsnn.datasets.dataset import Dataset
from refsnn.datasets.files import DIGITS_FILE

N_TEST = 360


def load_digits():
    """Load the bundled handwritten digits: 8 x 8 pixels, 1,437 to learn from and 360 to test on.

    The 1,797 images are divided once and for all (seed 0) so that each digit has its share in both
    parts; both are shuffled, so that the first images are a sample of all.

    Returns
    -------
    Dataset
        x float32, multiples of 1/16 in [0, 1], shape (N, 8, 8, 1); y int64, 0..9.

    Notes
    -----
    Source: the test part of E. Alpaydin and C. Kaynak (1998), Optical Recognition of Handwritten
    Digits, UCI Machine Learning Repository, https://doi.org/10.24432/C50P49, CC BY 4.0.

    Examples
    --------
    >>> load_digits().x_train.shape
    (1437, 8, 8, 1)
    """
    with np.load(DIGITS_FILE, allow_pickle=False) as file:
        x = file["x"][..., None] / np.float32(16)
        y = file["y"].astype(np.int64)
    train, test = split(y, N_TEST, np.random.default_rng(0))
    return Dataset(
        x[train],
        y[train],
        x[test],
        y[test],
        tuple("0123456789"),
        "digits",
        ENTRIES["digits"].citation,
    )


def split(y, n_test, rng):
    """Divide the images with labels `y` at random, each class in proportion.

    Class c gets n_test * n_c / N test images, rounded down; the classes with the largest remainders
    get one more until there are `n_test`.

    Parameters
    ----------
    y : ndarray of int64, shape (N,)
        Labels from 0 on.
    n_test : int
    rng : numpy.random.Generator

    Returns
    -------
    train, test : ndarray of int64
        Indices, in random order; (N - n_test,) and (n_test,).
    """
    counts = np.bincount(y)
    share, remainder = np.divmod(n_test * counts, len(y))
    share[np.argsort(-remainder, kind="stable")[: n_test - share.sum()]] += 1
    order = rng.permutation(len(y))
    rank = np.empty(len(y), np.int64)  # of an image among those of its class, in random order
    for c, n in enumerate(counts):
        rank[order[y[order] == c]] = np.arange(n)
    chosen = rank[order] < share[y[order]]
    return order[~chosen], order[chosen]
