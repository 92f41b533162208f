"""Theorems about what the events of an event camera say of the brightness before it."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from refsnn import datasets
from tests.oracles import caught

INTERVAL, DARK = 1000, 0.25
ROUNDING = 1e-9  # of sums of at most some hundred numbers of order 1 in float64: below 1e-12
ROWS = st.lists(st.integers(0, 16), min_size=2, max_size=9).map(lambda row: np.array(row) / 16)
NEVER_BACK = st.lists(st.integers(0, 16), min_size=2, max_size=9, unique=True).map(
    lambda row: np.array(row) / 16
)
LEVELS = st.integers(1, 64).map(lambda k: k / 64)


def before_one_pixel(row, threshold, dark=DARK, refractory=0):
    """A row of pixels passes before a single one: its log brightness at every sample, and its
    recording.
    """
    place = (len(row) - 1) / 2 - np.arange(len(row))
    recording = datasets.film(
        row.reshape(1, 1, -1, 1),
        np.stack([0 * place, place], axis=1),
        sensor=(1, 1),
        rng=np.random.default_rng(0),
        interval=INTERVAL,
        threshold=threshold,
        mismatch=0,
        refractory=refractory,
        dark=dark,
    )
    return np.log(dark + row), recording


def signed_counts(recording, samples):
    """Brighter minus darker events before each sample."""
    change = 2 * recording.polarity.astype(int) - 1
    return np.array([change[recording.t < k * INTERVAL].sum() for k in range(samples)])


@given(ROWS, LEVELS)
def test_theorem_events_tell_the_brightness_up_to_a_threshold(row, threshold):
    """A pixel without refractory period: at every instant, the log brightness is the first one plus
    one threshold for each event so far, by sign, up to one threshold. A pixel that counts darker
    events as brighter does not keep it.
    """
    levels, recording = before_one_pixel(row, threshold)

    def statement(told):
        assert np.abs(levels - levels[0] - told).max() <= threshold + ROUNDING

    statement(threshold * signed_counts(recording, len(row)))
    falling, recording = before_one_pixel(np.array([1.0, 0.0]), 0.25)
    levels, threshold = falling, 0.25
    caught(statement, -threshold * signed_counts(recording, 2))


@given(ROWS, LEVELS)
def test_law_events_are_at_most_the_variation_of_brightness_in_thresholds(row, threshold):
    """The number of events is at most the total variation of the log brightness over the threshold.
    If the brightness only rises it is that number rounded down, as many as an integrate-and-fire
    neuron sends for that charge; if it goes up and down it may be fewer.
    """
    levels, recording = before_one_pixel(row, threshold)
    assert len(recording.t) <= np.abs(np.diff(levels)).sum() / threshold + ROUNDING

    def statement(row):
        levels, recording = before_one_pixel(row, threshold)
        exact = np.abs(np.diff(levels)).sum() / threshold
        assert np.floor(exact - ROUNDING) <= len(recording.t) <= np.floor(exact + ROUNDING)

    statement(np.sort(row))
    threshold = 1.0
    caught(statement, np.array([0.0, 0.25, 0.0, 0.25, 0.0]))  # changes by 0.7, four times: no event


@given(NEVER_BACK, LEVELS, st.integers(1, 6).map(lambda k: 2.0**-k))
def test_law_lighting_makes_no_events(row, threshold, light):
    """Light that shines on everything alike multiplies brightness, black included, and adds to its
    logarithm: the events stay, up to a microsecond. (No brightness returns to where it began: there
    an event would just be due, and the rounding of logarithms would decide.) Light that leaves
    black as it is changes them.
    """
    _, expected = before_one_pixel(row, threshold)

    def statement(dark):
        _, found = before_one_pixel(light * row, threshold, dark)
        assert np.array_equal(found.polarity, expected.polarity)
        assert np.abs(found.t - expected.t).max(initial=0) <= 1

    statement(light * DARK)
    row, threshold, light = np.array([0.0, 1.0]), 0.25, 0.125
    _, expected = before_one_pixel(row, threshold)
    caught(statement, DARK)


def test_counterexample_a_refractory_period_loses_brightness():
    """A pixel that is blind for half a sample after each event remembers what it finds then, and
    the change meanwhile is in no event: what its events tell falls ever further behind, beyond any
    number of thresholds.
    """
    row = np.linspace(0, 1, 40)

    def statement(refractory):
        levels, recording = before_one_pixel(row, 0.01, refractory=refractory)
        told = 0.01 * signed_counts(recording, len(row))
        assert np.abs(levels - levels[0] - told).max() <= 0.01 + ROUNDING

    statement(0)
    caught(statement, INTERVAL // 2)
    lost = [
        abs(levels[-1] - levels[0] - 0.01 * len(recording.t)) / 0.01
        for levels, recording in (
            before_one_pixel(np.linspace(0, 1, 40)[:n], 0.01, refractory=INTERVAL // 2)
            for n in (10, 20, 40)
        )
    ]
    assert 5 < lost[0] < lost[1] < lost[2]
