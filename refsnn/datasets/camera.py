"""A small event camera: a picture moves before its pixels, and each pixel reports changes of log
brightness.
"""

import numpy as np

from refsnn import validate
from refsnn.datasets.recordings import LARGEST, Recordings, sides

SLAB = 256  # images filmed at a time, so that memory does not grow with their number
LEAST = 1e-3  # threshold below which a pixel would never stop sending


def saccades(reach=2.0, steps=300):
    """Path of three jumps along the sides of a triangle, back to where it began, as the camera of
    N-MNIST moved.

    Parameters
    ----------
    reach : float
        Height and width of the triangle in pixels.
    steps : int
        Number of moves, at least 3; a side gets a third of them, evenly.

    Returns
    -------
    array (steps + 1, 2) of float64
        Positions (down, right).

    Notes
    -----
    Source: G. Orchard et al. (2015) for the triangle; constant speed along a side is our choice.

    Examples
    --------
    >>> saccades(2.0, 3)
    array([[0., 0.],
           [2., 1.],
           [0., 2.],
           [0., 0.]])
    """
    reach, steps = validate.number("reach", reach), validate.integer("steps", steps, least=3)
    corners = reach * np.array([[0, 0], [1, 0.5], [0, 1], [0, 0]])
    at = np.linspace(0, 3, steps + 1)
    return np.stack([np.interp(at, range(4), corner) for corner in corners.T], axis=1)


def film(
    images,
    path,
    *,
    sensor,
    rng,
    zoom=1.0,
    interval=1000,
    threshold=0.2,
    mismatch=0.03,
    refractory=0,
    dark=0.1,
):
    """Film moving images with a simulated event camera.

    The log brightness of a pixel is L = log(dark + x), x the image moved along the path and
    interpolated between its pixels; between two positions L changes evenly in time. A pixel
    remembers the level M at its last event, at first L itself, and sends an event at the instant
    when

        L - M = C (polarity 1)   or   L - M = -C (polarity 0);    then M = L,    eq. event-pixel.

    After an event it sees nothing for the refractory period, and then remembers the level that it
    finds. Each pixel's threshold is C = threshold exp(mismatch z), z standard normal, the same for
    all images.

    Parameters
    ----------
    images : array (N, h, w, 1) of float
        Brightness in [0, 1]; around an image there is 0.
    path : array (S + 1, 2) of float
        Where the image stands at each sample, (down, right) of the sensor's centre, in pixels of
        the sensor.
    sensor : (int, int)
        Height and width in pixels.
    rng : numpy.random.Generator
        Draws the pixels' thresholds.
    zoom : float
        Pixels of the sensor that a pixel of the image covers in each direction, above 0.
    interval : int
        Microseconds from one sample to the next.
    threshold : float
        Change of log brightness that makes an event, at least 0.001.
    mismatch : float
        Relative spread of the pixels' thresholds, from 0 to 1; of real ones a few hundredths.
    refractory : int
        Microseconds, from 0.
    dark : float
        Brightness of black, above 0: there is light everywhere.

    Returns
    -------
    Recordings
        Times rounded down to microseconds; at the same time, in the order of the pixels.

    Raises
    ------
    ValueError, TypeError
        If the images or the path are not as said, or a number is out of range.

    Notes
    -----
    Source: the pixel is that of P. Lichtsteiner et al. (2008), with brightness even between samples
    as in H. Rebecq et al. (2018). Our choice: one threshold for both polarities, no noise beside
    the mismatch, and what follows a refractory period. Chapter 11.
    """
    images, path = validate.pixels(images, "images"), validate.real("path", path)
    if images.ndim != 4 or images.shape[3] != 1:
        raise ValueError(f"images must have shape (N, h, w, 1), not {images.shape}.")
    if path.ndim != 2 or path.shape[1] != 2 or len(path) < 2:
        raise ValueError(
            f"path must have shape (S + 1, 2) with at least one move, not {path.shape}."
        )
    sensor = sides(sensor)
    zoom = validate.number("zoom", zoom, above=0)
    dark = validate.number("dark", dark, above=0)
    threshold = validate.number("threshold", threshold, low=LEAST)
    interval, refractory = (
        validate.integer("interval", interval),
        validate.integer("refractory", refractory, least=0),
    )
    mismatch = validate.number("mismatch", mismatch, low=0, high=1)
    if (len(path) - 1) * interval > LARGEST:
        raise ValueError(
            f"interval must be at most {LARGEST // (len(path) - 1)} for a path of {len(path) - 1} "
            f"moves, not {interval}."
        )
    thresholds = (
        threshold * np.exp(mismatch * validate.generator(rng).standard_normal(sensor))
    ).ravel()
    found = [
        _events(
            _brightness(images[a : a + SLAB], path, sensor, zoom, dark),
            len(images[a : a + SLAB]),
            interval,
            thresholds,
            refractory,
        )
        for a in range(0, len(images), SLAB)
    ]
    offsets = np.concatenate([[0], np.cumsum(np.concatenate([counts for *_, counts in found]))])
    t, pixel, polarity = (np.concatenate([each[k] for each in found]) for k in range(3))
    return Recordings(pixel % sensor[1], pixel // sensor[1], t, polarity, offsets, sensor)


def _brightness(images, path, sensor, zoom, dark):
    """Log brightness (n * pixels) at every position of the path: two matrices interpolate, down and
    across.
    """
    for position in path:
        across = []
        for side, own, shift in zip(sensor, images.shape[1:3], position, strict=True):
            where = (np.arange(side) - (side - 1) / 2 - shift) / zoom + (own - 1) / 2
            across.append(np.maximum(0, 1 - np.abs(where[:, None] - np.arange(own))))  # (side, own)
        yield np.log(dark + across[0] @ images[..., 0] @ across[1].T).ravel()


def _events(levels, n, interval, thresholds, refractory):
    """Times, pixels, polarities of all events in the order of the recordings, and how many each
    recording has.
    """
    before, found = next(levels), []
    C, memory, awake = (
        np.tile(thresholds, n),
        before.copy(),
        np.zeros(len(before)),
    )  # awake: when it sees again
    for k, after in enumerate(levels):
        start, end, slope = k * interval, (k + 1) * interval, (after - before) / interval
        woken = np.flatnonzero((start < awake) & (awake <= end))
        memory[woken] = before[woken] + slope[woken] * (awake[woken] - start)
        alive = np.flatnonzero((slope != 0) & (awake <= end))
        while len(alive):
            up = slope[alive] > 0
            level = memory[alive] + np.where(up, C[alive], -C[alive])
            at = start + (level - before[alive]) / slope[alive]  # eq. event-pixel
            fires = at <= end
            alive, up, level, at = alive[fires], up[fires], level[fires], at[fires]
            found.append((np.floor(at).astype(np.int64), alive, up.astype(np.int64)))
            memory[alive], awake[alive] = level, at + refractory
            if refractory:
                alive = alive[awake[alive] <= end]
                memory[alive] = before[alive] + slope[alive] * (awake[alive] - start)
        before = after
    t, place, polarity = (
        (np.concatenate([np.empty(0, np.int64), *column]) for column in zip(*found, strict=True))
        if found
        else (np.empty(0, np.int64),) * 3
    )
    owner, pixel = np.divmod(place, len(thresholds))
    order = np.lexsort((pixel, t, owner))
    return t[order], pixel[order], polarity[order], np.bincount(owner, minlength=n)
