"""Images seen a little differently in every epoch: mirrored and shifted at random."""

import numpy as np

from refsnn import validate


def augmented(
    x: np.ndarray, rng: np.random.Generator, *, pad: int = 0, flip: bool = True
) -> np.ndarray:
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
    x = validate.images(x)
    pad = validate.integer("pad", pad, least=0)
    if x.ndim not in (4, 5) or pad >= min(x.shape[-3:-1]):
        raise ValueError(
            f"x must hold images (N, H, W, C) larger than the shift of {pad}, or sequences of them "
            f"(N, T, H, W, C), not have shape {x.shape}."
        )

    n = len(x)
    shifts = validate.generator(rng).integers(-pad, pad + 1, (n, 2))
    mirrored = rng.random(n) < (0.5 if flip else 0)

    height, width = x.shape[-3:-1]
    out = np.zeros_like(x)
    for shifted, image, (down, right), mirror in zip(out, x, shifts, mirrored, strict=True):
        if mirror:
            image = image[..., ::-1, :]
        to_rows = _overlap(down, height)
        to_columns = _overlap(right, width)
        from_rows = _overlap(-down, height)
        from_columns = _overlap(-right, width)
        shifted[..., to_rows, to_columns, :] = image[..., from_rows, from_columns, :]
    return out


def _overlap(shift, length):
    """The part of 0 .. length - 1 that is still covered after a shift."""
    return slice(max(shift, 0), length + min(shift, 0))
