"""Events to arrays: frames that count them, and time surfaces that remember when they came."""

import numpy as np

from refsnn import validate
from refsnn.datasets.recordings import Recordings, check_recordings


def frames(
    recordings: Recordings,
    T: int,
    *,
    by: str = "time",
    duration: int | None = None,
    clip: int | None = None,
) -> np.ndarray:
    """Count the events of every pixel and polarity in T frames per recording, as `snn.Frames` takes
    them.

    Frames by time are equally long: event e of a recording of duration D goes to frame

        floor(t_e T / D),    eq. time-frames,

    so frame k holds the times from k D / T on, up to but without (k + 1) D / T. Frames by count are
    equally full: of n events, event j = 0, 1, ... goes to frame

        floor(j T / n),    eq. count-frames,

    so any two frames differ by at most one event.

    Parameters
    ----------
    recordings : Recordings
    T : int
        Frames of each recording.
    by : "time" or "count"
    duration : int or None
        Microseconds that the T frames of every recording cover, from time 0: later events are left
        out, and frames beyond a recording's end are empty. None: the length of each recording, up
        to and including the microsecond of its last event. By time only.
    clip : int or None
        Largest count that is kept.

    Returns
    -------
    array (N, T, H, W, 2) of float32
        Channel 0 counts what became darker, 1 what became brighter. With fewer events
        (microseconds) than T frames, some are empty, and so are all frames of an empty recording.
        It takes 8 N T H W bytes: 0.1 GB for a thousand recordings of N-MNIST and T = 10, but 6.5 GB
        for all 70,000; make frames of some of them at a time.

    Notes
    -----
    Source: our definitions; chapter 11.
    """
    check_recordings(recordings)
    T = validate.integer("T", T)
    by = validate.one_of("by", by, ("time", "count"))
    if duration is not None:
        duration = validate.integer("duration", duration)
        if by == "count":
            raise ValueError(
                "duration must be None for frames by count, which divide a recording's events."
            )
    if clip is not None:
        clip = validate.integer("clip", clip)

    # The frame of each event.
    owner = recordings.owner()
    if by == "time":
        lengths = recordings.last() + 1
        if duration is not None:
            lengths[:] = duration
        frame = recordings.t.astype(np.int64) * T // lengths[owner]  # eq. time-frames
    else:
        position = np.arange(len(owner)) - recordings.offsets[owner]  # j
        frame = position * T // recordings.counts()[owner]  # eq. count-frames

    # One more in the event's frame, at its pixel, in the channel of its polarity.
    counted = np.zeros((len(recordings), T, *recordings.sensor, 2), np.float32)
    covered = frame < T
    index = (owner, frame, recordings.y, recordings.x, recordings.polarity)
    places = np.ravel_multi_index([axis[covered] for axis in index], counted.shape)
    np.add.at(counted.reshape(-1), places, np.float32(1))
    if clip is not None:
        np.minimum(counted, np.float32(clip), out=counted)
    return counted


def time_surface(recordings: Recordings, t: int, tau: float) -> np.ndarray:
    """How recently every pixel sent an event: exp of minus the time since then, in units of tau.

        S(x, y, p) = exp(-(t - t_last(x, y, p)) / tau),    eq. time-surface,

    and 0 where there was no event of that polarity up to and including time t.

    Parameters
    ----------
    recordings : Recordings
    t : int
        Microseconds, from 0.
    tau : float
        Time constant in microseconds, above 0.

    Returns
    -------
    array (N, H, W, 2) of float32
        From 0 to 1.

    Notes
    -----
    Source: X. Lagorce et al. (2017), whose surfaces are of a neighbourhood of each event; chapter
    11.
    """
    check_recordings(recordings)
    t = validate.integer("t", t, least=0)
    tau = validate.number("tau", tau, above=0)

    # The last time of an event at every pixel and polarity; events after t have not been seen.
    last = np.full((len(recordings), *recordings.sensor, 2), -np.inf)
    index = (recordings.owner(), recordings.y, recordings.x, recordings.polarity)
    times = np.where(recordings.t <= t, recordings.t, -np.inf)
    np.maximum.at(last, index, times)
    return np.exp((last - t) / tau).astype(np.float32)  # eq. time-surface
