"""Recordings of an event camera: lists of unequal length of where, when and in which direction the
light changed.
"""

from dataclasses import dataclass

import numpy as np

from refsnn import validate

LARGEST = 2**31 - 1  # microseconds that a recording may last, over half an hour


@dataclass(frozen=True, eq=False, repr=False)
class Recordings:
    """N recordings of one sensor, one after the other: events of recording i stand from offsets[i]
    to offsets[i + 1].

    `recordings[i]`, `recordings[a:b]` and `recordings[[2, 0]]` are Recordings again, of one, some,
    or in another order.

    Parameters
    ----------
    x, y : array (E,) of int
        Column and row of each event's pixel, from 0; kept as int16.
    t : array (E,) of int
        Microseconds since the recording began, in ascending order within a recording; kept as
        int32.
    polarity : array (E,) of int
        1 where it became brighter, 0 where it became darker; kept as uint8.
    offsets : array (N + 1,) of int
        From 0 to E, ascending; a recording may be empty. Kept as int64.
    sensor : (int, int)
        Height and width of the sensor in pixels.

    Raises
    ------
    TypeError
        Something is not made of whole numbers.
    ValueError
        Lengths do not fit, an event is outside the sensor, before time 0 or before its predecessor.

    Examples
    --------
    >>> two = Recordings([3, 3, 0], [1, 1, 0], [10, 25, 7], [1, 0, 1], [0, 2, 3], (4, 5))
    >>> two
    2 recordings of a sensor of 4 x 5 pixels (H x W), 1 to 2 events, up to 25 microseconds
    >>> two[1].t
    array([7], dtype=int32)
    """

    x: np.ndarray
    y: np.ndarray
    t: np.ndarray
    polarity: np.ndarray
    offsets: np.ndarray
    sensor: tuple[int, int]

    def __post_init__(self):
        sensor = sides(self.sensor)
        columns = {
            name: _whole_numbers(name, getattr(self, name))
            for name in ("x", "y", "t", "polarity", "offsets")
        }
        offsets, lengths = (
            columns["offsets"],
            {name: len(columns[name]) for name in ("x", "y", "t", "polarity")},
        )
        if len(set(lengths.values())) > 1:
            raise ValueError(
                f"x, y, t and polarity must have one number an event each, not {lengths}."
            )
        if (
            len(offsets) < 2
            or offsets[0] != 0
            or offsets[-1] != lengths["t"]
            or (np.diff(offsets) < 0).any()
        ):
            raise ValueError(
                "offsets must ascend from 0 to the number of events, with one number more than "
                f"there are recordings, not be {validate.short_repr(offsets)} "
                f"for {lengths['t']} events."
            )
        found = fault(*columns.values(), sensor)
        if found is not None:
            raise ValueError(f"Recording {found[0]} {found[1]}")
        kinds = {
            "x": np.int16,
            "y": np.int16,
            "t": np.int32,
            "polarity": np.uint8,
            "offsets": np.int64,
        }
        for name, array in columns.items():
            object.__setattr__(self, name, np.ascontiguousarray(array, kinds[name]))
        object.__setattr__(self, "sensor", sensor)

    def __len__(self):
        return len(self.offsets) - 1

    def __getitem__(self, which):
        chosen = np.atleast_1d(np.arange(len(self))[which])
        starts, lengths = self.offsets[chosen], self.counts()[chosen]
        offsets = np.concatenate([[0], np.cumsum(lengths)])
        rows = np.arange(offsets[-1]) + np.repeat(starts - offsets[:-1], lengths)
        if not len(chosen):
            raise ValueError("recordings must be left: none was chosen.")
        return Recordings(
            self.x[rows], self.y[rows], self.t[rows], self.polarity[rows], offsets, self.sensor
        )

    def counts(self):
        """Events of each recording: (N,) of int64."""
        return np.diff(self.offsets)

    def last(self):
        """Time of each recording's last event in microseconds, -1 where there is none: (N,) of
        int64.
        """
        ends = np.full(len(self), -1)
        some = self.counts() > 0
        ends[some] = self.t[self.offsets[1:][some] - 1]
        return ends

    def owner(self):
        """Number of the recording that each event belongs to: (E,) of int64."""
        return np.repeat(np.arange(len(self)), self.counts())

    def __repr__(self):
        counts, (height, width) = self.counts(), self.sensor
        return (
            f"{len(self):,} recordings of a sensor of {height} x {width} pixels (H x W), "
            f"{counts.min():,} to {counts.max():,} events, up to {max(self.last().max(), 0):,} "
            "microseconds"
        )


def fault(x, y, t, polarity, offsets, sensor):
    """The first recording that cannot be, and why, as the end of a sentence; None if all can."""
    height, width = sensor
    ahead = np.zeros(len(t), bool)
    ahead[1:] = t[1:] < t[:-1]
    ahead[offsets[:-1][offsets[:-1] < len(t)]] = (
        False  # a recording's first event has no predecessor
    )
    outside, untimely = (x < 0) | (x >= width) | (y < 0) | (y >= height), (t < 0) | (t > LARGEST)
    wrong = np.flatnonzero(outside | untimely | ahead | (polarity < 0) | (polarity > 1))
    if not len(wrong):
        return None
    first = wrong[0]
    number = int(np.searchsorted(offsets, first, side="right")) - 1
    event = f"event {first - offsets[number]}"
    if outside[first]:
        why = (
            f"has {event} at column {x[first]}, row {y[first]}, outside its sensor of {height} x "
            f"{width} pixels (H x W)."
        )
    elif untimely[first]:
        why = f"has {event} at {t[first]} microseconds; times must lie from 0 to {LARGEST}."
    elif ahead[first]:
        why = (
            f"has {event} at {t[first]} microseconds after one at {t[first - 1]}; events must be "
            "in the order of their times."
        )
    else:
        why = (
            f"has {event} of polarity {polarity[first]}, which must be 1 (brighter) or 0 (darker)."
        )
    return number, why


def sides(sensor):
    """Height and width of a sensor as a pair of numbers; else one sentence."""
    if not isinstance(sensor, (list, tuple)) or len(sensor) != 2:
        raise TypeError(
            f"sensor must be a pair (height, width), not {validate.short_repr(sensor)}."
        )
    sensor = tuple(validate.integer("sensor", side) for side in sensor)
    if max(sensor) > 2**15:
        raise ValueError(f"sensor must have at most {2**15} rows and columns, not {sensor}.")
    return sensor


def check(recordings):
    """Refuse what is no Recordings."""
    if not isinstance(recordings, Recordings):
        raise TypeError(
            f"recordings must be datasets.Recordings, such as read_recordings returns, not "
            f"{validate.short_repr(recordings)}."
        )
    return recordings


def _whole_numbers(name, value):
    """A one-dimensional array of integers as int64; an empty list is one."""
    array = validate.array(name, value)
    if array.size == 0:
        array = array.astype(np.int64)
    if array.dtype.kind not in "biu":
        raise TypeError(f"{name} must hold whole numbers, not {array.dtype}.")
    if array.ndim != 1:
        raise ValueError(f"{name} must have one axis, not shape {array.shape}.")
    return array.astype(np.int64)
