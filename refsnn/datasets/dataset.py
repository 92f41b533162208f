"""What every loader returns: images or recordings, and labels, already divided into a training and
a test part.
"""

from dataclasses import dataclass

import numpy as np

from refsnn.datasets.recordings import Recordings


@dataclass(frozen=True, eq=False, repr=False)
class Dataset:
    """Labelled images, or recordings, in two parts, one to learn from and one to test on.

    Attributes
    ----------
    x_train, x_test : ndarray of float32, shape (N, H, W, C), or Recordings
        Images, channel last; pixels in [0, 1], without unit (0 is the darkest value of the file, 1
        the brightest). Of N-MNIST: recordings of an event camera, which `frames` turns into arrays.
    y_train, y_test : ndarray of int64, shape (N,)
        Labels 0 .. len(classes) - 1.
    classes : tuple of str
        Name of each label.
    name : str
        Name of the dataset in `listing` and `fetch`.
    citation : str
        What to cite when a result rests on these images.
    """

    x_train: np.ndarray | Recordings
    y_train: np.ndarray
    x_test: np.ndarray | Recordings
    y_test: np.ndarray
    classes: tuple[str, ...]
    name: str
    citation: str

    def __repr__(self):
        """Counts, shape and classes, without pixels."""
        if isinstance(self.x_train, Recordings):
            what, x = "recordings", "of events"
            shape = self.x_train.sensor
        else:
            what, x = "images", f"{self.x_train.dtype} in [0, 1]"
            shape = self.x_train.shape[1:]
        size = " x ".join(map(str, shape))
        axes = " x ".join("HWC"[: len(shape)])
        return (
            f"Dataset {self.name}: {len(self.x_train):,} training and {len(self.x_test):,} test "
            f"{what} of {size} ({axes})\n"
            f"  x {x}, y {self.y_train.dtype}\n"
            f"  {len(self.classes)} classes: {', '.join(self.classes)}"
        )
