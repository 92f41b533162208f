"""Recordings: what they hold, how they are chosen from, and what is refused in one sentence."""

import numpy as np
import pytest

from refsnn import datasets

GOOD = {
    "x": [1, 2, 0, 4],
    "y": [0, 2, 1, 0],
    "t": [5, 5, 9, 3],
    "polarity": [1, 0, 1, 1],
    "offsets": [0, 3, 3, 4],
    "sensor": (3, 5),
}


def recordings(**changes):
    return datasets.Recordings(**GOOD | changes)


def columns(found):
    return [getattr(found, name).tolist() for name in ("x", "y", "t", "polarity", "offsets")]


def test_recordings_hold_what_they_were_given_in_few_bytes():
    """Nine bytes an event; three recordings, the second without events."""
    found = recordings()
    assert columns(found) == [GOOD[name] for name in ("x", "y", "t", "polarity", "offsets")]
    assert sum(getattr(found, name).itemsize for name in ("x", "y", "t", "polarity")) == 9
    assert (
        len(found) == 3
        and found.counts().tolist() == [3, 0, 1]
        and found.last().tolist() == [9, -1, 3]
    )
    assert found.owner().tolist() == [0, 0, 0, 2]
    assert (
        repr(found)
        == "3 recordings of a sensor of 3 x 5 pixels (H x W), 0 to 3 events, up to 9 microseconds"
    )


def test_chosen_recordings_are_recordings_in_the_order_asked_for():
    found = recordings()
    assert columns(found[[2, 1, 0]]) == [
        [4, 1, 2, 0],
        [0, 0, 2, 1],
        [3, 5, 5, 9],
        [1, 1, 0, 1],
        [0, 1, 1, 4],
    ]
    assert (
        columns(found[2])
        == columns(found[-1])
        == columns(found[2:])
        == [[4], [0], [3], [1], [0, 1]]
    )
    assert columns(found[np.array([True, False, False])]) == columns(found[0])
    assert columns(found[:]) == columns(found) and len(found[1].t) == 0
    assert [len(each) for each in found] == [1, 1, 1]  # iteration goes through recordings and ends


@pytest.mark.parametrize(
    "changes, error, says",
    [
        ({"t": [5, 4, 9, 3]}, ValueError, "t must ascend within a recording; event 1 of all is"),
        ({"t": [5, 5, 9, -1]}, ValueError, "t must lie from 0 to 2147483647; it spans -1 to 9"),
        ({"t": [5, 5, 2**31, 3]}, ValueError, "t must lie from 0 to 2147483647"),
        ({"x": [1, 5, 0, 4]}, ValueError, "x must lie from 0 to 4; it spans 0 to 5"),
        ({"y": [0, 2, 1, 3]}, ValueError, "y must lie from 0 to 2; it spans 0 to 3"),
        ({"x": [1, -1, 0, 4]}, ValueError, "x must lie from 0 to 4; it spans -1 to 4"),
        ({"polarity": [1, 0, 1, 2]}, ValueError, "polarity must lie from 0 to 1"),
        ({"polarity": [1, 0, -1, 1]}, ValueError, "polarity must lie from 0 to 1"),
        ({"t": [5, 5, 9]}, ValueError, "offsets must ascend from 0 to the number of events, 3"),
        ({"y": [0, 2, 1]}, ValueError, r"y must have shape \(4,\), not \(3,\)"),
        ({"offsets": [0, 3]}, ValueError, "offsets must ascend from 0 to the number of events, 4"),
        ({"offsets": [1, 4]}, ValueError, "offsets must ascend"),
        ({"offsets": [0, 4, 3, 4]}, ValueError, "offsets must ascend"),
        ({"offsets": [4]}, ValueError, "offsets must ascend"),
        ({"offsets": [[0, 4]]}, ValueError, "offsets must have shape"),
        ({"t": [5.0, 5.0, 9.0, 3.0]}, TypeError, "t must hold whole numbers, not float64"),
        ({"x": [[1, 2, 0, 4]]}, ValueError, r"x must have shape \(4,\), not \(1, 4\)"),
        ({"x": "abcd"}, TypeError, "x must hold whole numbers"),
        ({"sensor": (3, 0)}, ValueError, "sensor must be at least 1"),
        ({"sensor": 34}, TypeError, "sensor must be a pair"),
        ({"sensor": (3, 40_000)}, ValueError, "sensor must have at most 32768 rows and columns"),
    ],
)
def test_what_cannot_be_a_recording_gets_one_sentence(changes, error, says):
    with pytest.raises(error, match=says) as raised:
        recordings(**changes)
    assert "\n" not in str(raised.value) and str(raised.value).endswith(".")


def test_none_of_the_recordings_are_no_recordings():
    with pytest.raises(ValueError, match="none was chosen"):
        recordings()[3:]


def test_recordings_without_events_are_recordings():
    nothing = datasets.Recordings([], [], [], [], [0, 0, 0], (2, 2))
    assert len(nothing) == 2 and nothing.last().tolist() == [-1, -1] and len(nothing[1].t) == 0
    assert "0 to 0 events, up to 0 microseconds" in repr(nothing)
