"""Frames and time surfaces: every event where it belongs, whatever the recording's length."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from refsnn import datasets
from tests.oracles import caught


@st.composite
def several(draw, n=3):
    """Recordings of a few random events, some of them empty, on a sensor of 2 x 3 pixels."""
    counts = [draw(st.integers(0, 7)) for _ in range(n)]
    times = [
        sorted(draw(st.lists(st.integers(0, 40), min_size=count, max_size=count)))
        for count in counts
    ]
    total = sum(counts)
    x, y, polarity = (
        draw(st.lists(st.integers(0, top), min_size=total, max_size=total)) for top in (2, 1, 1)
    )
    return datasets.Recordings(
        x, y, sum(times, []), polarity, np.concatenate([[0], np.cumsum(counts)]), (2, 3)
    )


def counted(recordings, T, frame_of):
    """Event by event; `frame_of(j, n, t, last)` says where event j of n goes, at time t of a
    recording to `last`.
    """
    out = np.zeros((len(recordings), T, *recordings.sensor, 2))
    for i in range(len(recordings)):
        one = recordings[i]
        for j, (x, y, t, polarity) in enumerate(
            zip(one.x, one.y, one.t.tolist(), one.polarity, strict=True)
        ):
            k = frame_of(j, len(one.t), t, int(one.t[-1]))
            if k < T:
                out[i, k, y, x, polarity] += 1
    return out


@given(several(), st.integers(1, 9), st.integers(1, 60))
def test_each_event_is_counted_in_its_frame_pixel_and_polarity(recordings, T, duration):
    """By time, over each recording's own length or a fixed one, and by count; a bin too late is
    caught.
    """

    def statement(frame_of, **how):
        assert np.array_equal(
            datasets.frames(recordings, T, **how), counted(recordings, T, frame_of)
        )

    statement(lambda j, n, t, last: t * T // (last + 1))
    statement(lambda j, n, t, last: t * T // duration, duration=duration)
    statement(lambda j, n, t, last: j * T // n, by="count")
    if len(recordings.t):
        caught(statement, lambda j, n, t, last: t * T // (last + 1) + 1)


@given(several(), st.integers(1, 9))
def test_no_event_is_lost_and_frames_by_count_are_equally_full(recordings, T):
    """Over its own length a recording has all its events in T frames; by count any two differ by at
    most one.
    """
    by_time, by_count = (
        datasets.frames(recordings, T, by=by).sum(axis=(2, 3, 4)) for by in ("time", "count")
    )
    assert np.array_equal(by_time.sum(axis=1), recordings.counts())
    assert np.array_equal(by_count.sum(axis=1), recordings.counts())
    assert np.ptp(by_count, axis=1).max() <= 1


def one(t, **changes):
    n = len(t)
    return datasets.Recordings(
        **{
            "x": [0] * n,
            "y": [0] * n,
            "t": t,
            "polarity": [1] * n,
            "offsets": [0, n],
            "sensor": (1, 1),
        }
        | changes
    )


@pytest.mark.parametrize(
    "t, T, settings, expected",
    [
        ([0, 99], 2, {}, [1, 1]),  # the last instant is in the last frame
        ([0, 50, 99], 2, {"duration": 100}, [1, 2]),  # a frame begins with its first instant
        (
            [0, 99, 100, 101],
            2,
            {"duration": 100},
            [1, 1],
        ),  # the end itself is outside, and so is what is later
        ([0, 9], 5, {"duration": 50}, [2, 0, 0, 0, 0]),  # longer than the recording: empty frames
        ([7], 3, {}, [0, 0, 1]),
        ([0], 3, {}, [1, 0, 0]),  # more frames than events, than microseconds
        ([7], 3, {"by": "count"}, [1, 0, 0]),
        ([1, 2, 3, 4, 5], 2, {"by": "count"}, [3, 2]),
        ([], 3, {}, [0, 0, 0]),
        ([], 3, {"by": "count"}, [0, 0, 0]),
        ([], 2, {"duration": 9}, [0, 0]),
        ([1, 1, 1, 1, 8], 2, {"clip": 3}, [3, 1]),
        ([2**31 - 2, 2**31 - 1], 1000, {"clip": 1}, [0] * 999 + [1]),  # products beyond 32 bits
    ],
)
def test_frames_at_the_edges(t, T, settings, expected):
    found = datasets.frames(one(t), T, **settings)
    assert found.dtype == np.float32 and found.shape == (1, T, 1, 1, 2)
    assert found[0, :, 0, 0, 1].tolist() == expected and not found[..., 0].any()


def test_a_time_surface_is_old_where_events_are_old():
    """1 at the pixel of this instant, 1/e after tau, 0 where there was none yet; each polarity has
    its own.
    """
    recordings = datasets.Recordings(
        [0, 1, 0, 1], [0, 0, 0, 0], [0, 10, 20, 30], [1, 1, 0, 1], [0, 4], (1, 3)
    )
    assert np.allclose(
        datasets.time_surface(recordings, 20, 10)[0, 0],
        [[1, np.exp(-2)], [0, np.exp(-1)], [0, 0]],
        rtol=1e-6,
    )
    assert datasets.time_surface(recordings, 30, 10)[0, 0, 1, 1] == 1  # the last event counts
    assert not datasets.time_surface(one([]), 5, 10).any()


@pytest.mark.parametrize(
    "call, error, says",
    [
        (
            lambda r: datasets.frames(np.zeros((3, 4)), 2),
            TypeError,
            "recordings must be datasets.Recordings",
        ),
        (lambda r: datasets.frames(r, 0), ValueError, "T must be at least 1"),
        (lambda r: datasets.frames(r, 2.0), TypeError, "T must be a whole number"),
        (
            lambda r: datasets.frames(r, 2, by="polarity"),
            ValueError,
            "by must be one of 'time', 'count'",
        ),
        (lambda r: datasets.frames(r, 2, duration=0), ValueError, "duration must be at least 1"),
        (
            lambda r: datasets.frames(r, 2, by="count", duration=9),
            ValueError,
            "duration must be None for frames by count",
        ),
        (lambda r: datasets.frames(r, 2, clip=0), ValueError, "clip must be at least 1"),
        (lambda r: datasets.time_surface(r, -1, 10), ValueError, "t must be at least 0"),
        (lambda r: datasets.time_surface(r, 5, 0), ValueError, "tau must be above 0"),
        (
            lambda r: datasets.time_surface("r", 5, 1),
            TypeError,
            "recordings must be datasets.Recordings",
        ),
    ],
)
def test_bad_input_gets_one_clear_sentence(call, error, says):
    with pytest.raises(error, match=says):
        call(one([1, 2]))
