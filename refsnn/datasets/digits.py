"""The bundled handwritten digits: small enough that everything in the book can be run on them in
seconds.
"""

import numpy as np

from refsnn.datasets.catalogue import DIGITS_FILE, SOURCES
from refsnn.datasets.dataset import Dataset


def load_digits() -> Dataset:
    """Load the bundled handwritten digits: 8 x 8 pixels, 1,437 to learn from and 360 to test on.

    The file says which of the 1,797 images belong to which part, and in what order. The division
    was drawn once and for all (seed 0): each digit has its share in both parts, and both are
    shuffled, so that the first images are a sample of all.

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
        train = file["train"]
        test = file["test"]
    return Dataset(
        x[train],
        y[train],
        x[test],
        y[test],
        classes=tuple("0123456789"),
        name="digits",
        citation=SOURCES["digits"].citation,
    )
