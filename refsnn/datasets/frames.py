"""Events to arrays: frames that count them, and time surfaces that remember when they came."""

import numpy as np

from refsnn import validate
from refsnn.datasets.recordings import check


def frames(recordings, T, *, by="time", duration=None, clip=None):
    """Count the events of every pixel and polarity in T frames a recording, as `snn.Frames` takes
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
        Microseconds that the T frames cover, from time 0, of each recording the same: later events
        are left out, and what is beyond a recording's end is empty frames. None: of each recording
        its own, so that its last event is in the last microsecond. By time only.
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
    check(recordings)
    T, by = validate.integer("T", T), validate.one_of("by", by, ("time", "count"))
    if duration is not None:
        duration = validate.integer("duration", duration)
        if by == "count":
            raise ValueError(
                "duration must be None for frames by count, which divide a recording's events."
            )
    clip = None if clip is None else validate.integer("clip", clip)
    owner, counts, (height, width) = recordings.owner(), recordings.counts(), recordings.sensor
    if by == "time":
        lengths = recordings.last() + 1 if duration is None else np.full(len(counts), duration)
        frame = recordings.t.astype(np.int64) * T // lengths[owner]  # eq. time-frames
    else:
        frame = (
            (np.arange(len(owner)) - recordings.offsets[owner]) * T // counts[owner]
        )  # eq. count-frames
    out = np.zeros((len(recordings), T, height, width, 2), np.float32)
    place = (
        ((owner * T + frame) * height + recordings.y) * width + recordings.x
    ) * 2 + recordings.polarity
    np.add.at(out.reshape(-1), place[frame < T], np.float32(1))
    return out if clip is None else np.minimum(out, np.float32(clip), out=out)


def time_surface(recordings, t, tau):
    """How recently every pixel spoke: exp of minus the time since its last event, in units of tau.

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
    check(recordings)
    t, tau = validate.integer("t", t, least=0), validate.number("tau", tau, above=0)
    height, width = recordings.sensor
    seen = recordings.t <= t
    last = np.full((len(recordings), height, width, 2), -np.inf)
    place = (
        recordings.owner()[seen],
        recordings.y[seen],
        recordings.x[seen],
        recordings.polarity[seen],
    )
    np.maximum.at(last, place, recordings.t[seen])
    return np.exp((last - t) / tau).astype(np.float32)  # eq. time-surface
