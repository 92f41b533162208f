"""Images seen a little differently in every epoch: mirrored and shifted at random."""

import numpy as np

from refsnn import validate


def augmented(x, rng, *, pad=0, flip=True):
    """A copy of images, each shifted by up to `pad` pixels in both directions and mirrored with
    probability 1/2.

    Parameters
    ----------
    x : array (N, H, W, C) or (N, T, H, W, C) of float
        Images, or sequences of frames that are shifted and mirrored as one.
    rng : numpy.random.Generator
    pad : int
        Largest shift; what comes in from outside is 0. The same as cropping from an image padded by
        as much.
    flip : bool
        Whether left and right are exchanged in half of the images.

    Returns
    -------
    array of float32
        As `x`.
    """
    x, pad = validate.images(x), validate.integer("pad", pad, least=0)
    if x.ndim not in (4, 5) or pad >= min(x.shape[-3:-1]):
        raise ValueError(
            f"x must hold images (N, H, W, C) larger than the shift of {pad}, or sequences of them "
            f"(N, T, H, W, C), not have shape {x.shape}."
        )
    n, (height, width) = len(x), x.shape[-3:-1]
    shifts = validate.generator(rng).integers(-pad, pad + 1, (n, 2))
    mirrored = rng.random(n) < (0.5 if flip else 0)
    out = np.zeros_like(x)
    for image, old, (down, right), mirror in zip(out, x, shifts, mirrored, strict=True):
        old = old[..., ::-1, :] if mirror else old
        image[
            ..., max(down, 0) : height + min(down, 0), max(right, 0) : width + min(right, 0), :
        ] = old[
            ..., max(-down, 0) : height - max(down, 0), max(-right, 0) : width - max(right, 0), :
        ]
    return out
