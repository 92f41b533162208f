"""A small event camera: a picture moves before its pixels, and each pixel reports changes of log
brightness.
"""

import numpy as np

from refsnn import validate
from refsnn.datasets.recordings import LONGEST, Recordings, check_sensor, offsets_of

IMAGES_AT_A_TIME = 256  # so that memory does not grow with the number of images filmed
SMALLEST_THRESHOLD = 1e-3  # below it a pixel would hardly stop sending


def saccades(reach: float = 2.0, steps: int = 300) -> np.ndarray:
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
    reach = validate.number("reach", reach)
    steps = validate.integer("steps", steps, least=3)

    # The path is at corner k after k sides of the triangle, and between two corners in between.
    corners = reach * np.array([[0, 0], [1, 0.5], [0, 1], [0, 0]])
    sides = np.linspace(0, 3, steps + 1)
    down = np.interp(sides, range(4), corners[:, 0])
    right = np.interp(sides, range(4), corners[:, 1])
    return np.stack([down, right], axis=1)


def film(
    images: np.ndarray,
    path: np.ndarray,
    *,
    sensor: tuple[int, int],
    rng: np.random.Generator,
    zoom: float = 1.0,
    interval: int = 1000,
    threshold: float = 0.2,
    mismatch: float = 0.03,
    refractory: int = 0,
    dark: float = 0.1,
) -> Recordings:
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

    Notes
    -----
    Source: the pixel is that of P. Lichtsteiner et al. (2008), with brightness even between samples
    as in H. Rebecq et al. (2018). Our choice: one threshold for both polarities, no noise beside
    the mismatch, and what follows a refractory period. Chapter 11.
    """
    images = validate.pixels(images, "images")
    if images.shape[3:] != (1,):
        raise ValueError(f"images must have shape (N, h, w, 1), not {images.shape}.")
    path, interval = _check_path(path, interval)
    sensor = check_sensor(sensor)
    zoom = validate.number("zoom", zoom, above=0)
    dark = validate.number("dark", dark, above=0)
    threshold = validate.number("threshold", threshold, low=SMALLEST_THRESHOLD)
    mismatch = validate.number("mismatch", mismatch, low=0, high=1)
    refractory = validate.integer("refractory", refractory, least=0)

    # The pixels of the sensor are the same for all images.
    deviations = validate.generator(rng).standard_normal(sensor)
    thresholds = (threshold * np.exp(mismatch * deviations)).ravel()

    # Film some images at a time, and put their events one after the other.
    filmed = []
    for start in range(0, len(images), IMAGES_AT_A_TIME):
        some = images[start : start + IMAGES_AT_A_TIME]
        levels = _brightness(some, path, sensor, zoom, dark)
        filmed.append(_events(levels, len(some), interval, thresholds, refractory))
    t, pixel, polarity, counts = (np.concatenate(parts) for parts in zip(*filmed, strict=True))
    row, column = np.divmod(pixel, sensor[1])
    return Recordings(column, row, t, polarity, offsets_of(counts), sensor)


def _check_path(path, interval):
    """The path as float64 and the interval as integer, unless the film would be too long."""
    path = validate.real("path", path)
    if path.shape[1:] != (2,) or len(path) < 2:
        raise ValueError(
            f"path must have shape (S + 1, 2) with at least one move, not {path.shape}."
        )
    interval = validate.integer("interval", interval)
    moves = len(path) - 1
    if moves * interval > LONGEST:
        raise ValueError(
            f"interval must be at most {LONGEST // moves} for a path of {moves} moves, not "
            f"{interval}."
        )
    return path, interval


def _brightness(images, path, sensor, zoom, dark):
    """Log brightness (n * pixels) at every position of the path: two matrices interpolate, down and
    across.
    """
    for position in path:
        matrices = []
        for side, length, shift in zip(sensor, images.shape[1:3], position, strict=True):
            # Where each row of the sensor lies, counted in rows of the image; then columns. A row
            # of the image counts by how near it is.
            place = (np.arange(side) - (side - 1) / 2 - shift) / zoom + (length - 1) / 2
            distance = np.abs(place[:, None] - np.arange(length))
            matrices.append(np.maximum(0, 1 - distance))  # (side, length)
        down, across = matrices
        yield np.log(dark + down @ images[..., 0] @ across.T).ravel()


def _events(levels, n, interval, thresholds, refractory):
    """Return times, pixels and polarities of all events of n images, in the order of the
    recordings, and how many each recording has.

    `levels` yields the log brightness of all the images' pixels at every position, (n * pixels).
    """
    before = next(levels)
    C = np.tile(thresholds, n)
    memory = before.copy()  # M: the level at a pixel's last event
    awake = np.zeros(len(before))  # when a pixel sees again
    nothing = np.empty(0, np.int64)
    events = [(nothing, nothing, nothing)]  # times, pixels of all images, polarities

    for k, after in enumerate(levels):
        start = k * interval
        end = start + interval
        slope = (after - before) / interval
        step = np.copysign(C, slope)  # from the memory to the level of the next event

        # A pixel whose refractory period ends here remembers the level that it finds.
        woken = np.flatnonzero((start < awake) & (awake <= end))
        memory[woken] = before[woken] + slope[woken] * (awake[woken] - start)

        # Each turn has the next event of every pixel that still has one before the end.
        active = np.flatnonzero((slope != 0) & (awake <= end))
        while len(active):
            level = memory[active] + step[active]
            time = start + (level - before[active]) / slope[active]  # eq. event-pixel

            # A pixel that would send its event after the end waits for the next interval.
            fires = time <= end
            active = active[fires]
            time = time[fires]
            events.append((np.floor(time).astype(np.int64), active, slope[active] > 0))
            memory[active] = level[fires]
            awake[active] = time + refractory

            # One that sees again before the end remembers the level that it finds then.
            if refractory:
                active = active[awake[active] <= end]
                memory[active] = before[active] + slope[active] * (awake[active] - start)
        before = after

    # Recording by recording, in the order of time, and of the pixels at the same time.
    t, place, polarity = (np.concatenate(parts) for parts in zip(*events, strict=True))
    recording, pixel = np.divmod(place, len(thresholds))
    order = np.lexsort((pixel, t, recording))
    return t[order], pixel[order], polarity[order], np.bincount(recording, minlength=n)
