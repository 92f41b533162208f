"""What every loader returns: images and labels, already divided into training and test part."""
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False, repr=False)
class Dataset:
    """Labelled images in two parts, one to learn from and one to test on.

    Attributes
    ----------
    x_train, x_test : ndarray of float32, shape (N, H, W, C)
        Images, channel last; pixels in [0, 1], without unit (0 is the darkest value of the file, 1 the
        brightest).
    y_train, y_test : ndarray of int64, shape (N,)
        Labels 0 .. len(classes) - 1.
    classes : tuple of str
        Name of each label.
    name : str
        Name of the dataset in `listing` and `fetch`.
    citation : str
        What to cite when a result rests on these images.
    """

    x_train: np.ndarray
    y_train: np.ndarray
    x_test: np.ndarray
    y_test: np.ndarray
    classes: tuple[str, ...]
    name: str
    citation: str

    def __repr__(self):
        """Counts, shape and first class names, without pixels."""
        shape = " x ".join(str(n) for n in self.x_train.shape[1:])
        some = ", ".join(self.classes[:10]) + (", ..." if len(self.classes) > 10 else "")
        return (f"Dataset {self.name}: {len(self.x_train):,} training and {len(self.x_test):,} test images "
                f"of {shape} (H x W x C)\n"
                f"  x {self.x_train.dtype} in [0, 1], y {self.y_train.dtype}\n"
                f"  {len(self.classes)} classes: {some}")
