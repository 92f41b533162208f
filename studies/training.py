"""The one way in which studies train: stochastic gradient descent, images shifted and mirrored, a
checkpoint after every epoch.
"""

from functools import partial

import numpy as np

from refsnn import nn
from refsnn.datasets import augmented


def train(job, net, x, y, *, T=None, encoder=None, pad=0, flip=False, after_epoch=None):
    """Train a job's network in place with the settings `epochs`, `batch_size`, `learning_rate` and
    `weight_decay`.

    Where the job has a folder, a run that was interrupted goes on after its last whole epoch.

    Parameters
    ----------
    job : runner.Job
    net : nn.Sequential
    x, y : arrays
        Training images and labels.
    T, encoder, after_epoch
        As for `nn.fit`.
    pad, flip : int, bool
        How images are changed anew in every epoch, see `datasets.augmented`.

    Returns
    -------
    nn.History
    """
    settings = job.settings
    checkpoint = None
    if job.folder is not None:
        job.folder.mkdir(parents=True, exist_ok=True)
        checkpoint = job.folder / "run.npz"

    return nn.fit(
        net,
        x,
        y,
        epochs=settings.epochs,
        batch_size=settings.batch_size,
        optimiser=nn.SGD(settings.learning_rate, weight_decay=settings.weight_decay),
        rng=np.random.default_rng([job.seed, 1]),
        T=T,
        encoder=encoder,
        augment=partial(augmented, pad=pad, flip=flip) if pad or flip else None,
        after_epoch=after_epoch,
        checkpoint=checkpoint,
        progress=False,
        threads=job.threads,
    )


def held_out(data, part, images=None):
    """Training images and labels without the last `part`-th, the first `images` of them, and that
    part: ((x, y), (x_val, y_val)).
    """
    held = len(data.x_train) // part
    last = len(data.x_train) - held
    used = slice(0, last if images is None else min(images, last))
    return (data.x_train[used], data.y_train[used]), (data.x_train[last:], data.y_train[last:])
