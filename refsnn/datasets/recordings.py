"""Recordings of an event camera: lists of unequal length of where, when and in which direction the
light changed.
"""

from dataclasses import dataclass

import numpy as np

from refsnn import validate

LONGEST = 2**31 - 1  # microseconds that a recording may last, over half an hour


@dataclass(frozen=True, eq=False, repr=False)
class Recordings:
    """N recordings of one sensor, one after the other: the events of recording i stand from
    offsets[i] to offsets[i + 1].

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
        """Check that the arrays are recordings, and keep them in few bytes."""

        def keep(name, value):
            object.__setattr__(self, name, value)

        height, width = check_sensor(self.sensor)
        keep("sensor", (height, width))

        # Where each recording begins, and where the last one ends: at the number of events.
        n = validate.array("t", self.t).size
        offsets = validate.array("offsets", self.offsets)
        offsets = validate.labels(offsets, offsets.size, name="offsets")
        if len(offsets) < 2 or offsets[0] != 0 or offsets[-1] != n or (np.diff(offsets) < 0).any():
            raise ValueError(
                f"offsets must ascend from 0 to the number of events, {n}, with one number more "
                f"than there are recordings, not be {validate.short_repr(self.offsets)}."
            )
        keep("offsets", offsets)

        # Events of one recording are in the order of their times.
        t = validate.labels(self.t, n, LONGEST + 1, "t")
        owner = self.owner()
        early = np.flatnonzero((np.diff(t) < 0) & (owner[1:] == owner[:-1]))
        if len(early):
            raise ValueError(
                f"t must ascend within a recording; event {early[0] + 1} of all is before its "
                "predecessor."
            )

        # Every event is at a pixel of the sensor; its four numbers take nine bytes.
        keep("x", validate.labels(self.x, n, width, "x").astype(np.int16))
        keep("y", validate.labels(self.y, n, height, "y").astype(np.int16))
        keep("t", t.astype(np.int32))
        keep("polarity", validate.labels(self.polarity, n, 2, "polarity").astype(np.uint8))

    def __len__(self) -> int:
        """Number of recordings."""
        return len(self.offsets) - 1

    def __getitem__(self, index: int | slice | list | np.ndarray) -> "Recordings":
        """Recordings by number, slice, list of numbers or mask."""
        numbers = np.atleast_1d(np.arange(len(self))[index])
        if not len(numbers):
            raise ValueError("recordings must be left: none was chosen.")

        # The events of each chosen recording, one recording after the other.
        chosen = [np.arange(self.offsets[i], self.offsets[i + 1]) for i in numbers]
        events = np.concatenate(chosen)
        offsets = offsets_of([len(of_one) for of_one in chosen])
        columns = (self.x, self.y, self.t, self.polarity)
        x, y, t, polarity = (column[events] for column in columns)
        return Recordings(x, y, t, polarity, offsets, self.sensor)

    def counts(self) -> np.ndarray:
        """Events of each recording: (N,) of int64."""
        return np.diff(self.offsets)

    def last(self) -> np.ndarray:
        """Time of each recording's last event in microseconds, -1 where there is none: (N,) of
        int64.
        """
        times = np.full(len(self), -1)
        not_empty = self.counts() > 0
        times[not_empty] = self.t[self.offsets[1:][not_empty] - 1]
        return times

    def owner(self) -> np.ndarray:
        """Number of the recording that each event belongs to: (E,) of int64."""
        return np.repeat(np.arange(len(self)), self.counts())

    def __repr__(self):
        """Counts and sizes, without events."""
        counts = self.counts()
        height, width = self.sensor
        return (
            f"{len(self):,} recordings of a sensor of {height} x {width} pixels (H x W), "
            f"{counts.min():,} to {counts.max():,} events, up to {max(self.last().max(), 0):,} "
            "microseconds"
        )


def offsets_of(counts: list | np.ndarray) -> np.ndarray:
    """Where each recording begins, and where the last ends, from the recordings' event counts."""
    return np.concatenate([[0], np.cumsum(counts)])


def check_sensor(sensor: tuple[int, int]) -> tuple[int, int]:
    """Return the height and width of a sensor as integers from 1 to 32,768."""
    if not isinstance(sensor, list | tuple) or len(sensor) != 2:
        raise TypeError(
            f"sensor must be a pair (height, width), not {validate.short_repr(sensor)}."
        )
    height, width = (validate.integer("sensor", side) for side in sensor)
    if max(height, width) > 2**15:
        raise ValueError(f"sensor must have at most {2**15} rows and columns, not {sensor}.")
    return height, width


def check_recordings(recordings: Recordings) -> None:
    """Raise TypeError unless `recordings` is Recordings."""
    validate.instance(
        "recordings", recordings, Recordings, "datasets.Recordings, such as read_recordings returns"
    )
