"""An interval over seeds covers what it promises."""

import numpy as np
import pytest

from refsnn import metrics


def test_interval_covers_the_mean_95_times_in_100():
    """Student t over 5 seeds covers the true mean with probability 0.95; the normal quantile does
    not.

    Standard error of a proportion over 20,000 trials: sqrt(0.95 * 0.05 / 20000) = 0.0015; the band
    is 5 of them.
    """
    trials = np.random.default_rng(0).normal(3.0, 2.0, (20_000, 5))
    intervals = np.array([metrics.interval(trial) for trial in trials])
    covered = np.mean((intervals[:, 1] <= 3) & (3 <= intervals[:, 2]))
    assert abs(covered - 0.95) < 5 * 0.0015
    half = 1.96 * trials.std(axis=1, ddof=1) / np.sqrt(5)
    normal = np.mean(np.abs(trials.mean(axis=1) - 3) <= half)
    assert abs(normal - 0.95) > 5 * 0.0015  # the broken variant is caught


def test_interval_by_hand():
    """Mean 2, s = 1, n = 3: the tabulated 4.303 / sqrt(3) on each side (table rounded to
    0.0005).
    """
    mean, low, high = metrics.interval([1.0, 2.0, 3.0])
    assert mean == 2
    assert (
        abs(high - 2 - 4.303 / np.sqrt(3)) < 0.0005 and abs(2 - low - 4.303 / np.sqrt(3)) < 0.0005
    )


@pytest.mark.parametrize(
    ("values", "level", "sentence"),
    [
        ([1.0], 0.95, "at least two finite numbers"),
        ([1.0, np.nan], 0.95, "at least two finite numbers"),
        ([[1.0, 2.0]], 0.95, "at least two finite numbers"),
        ([1.0, 2.0], 1.0, "level must be above 0 and below 1"),
    ],
)
def test_interval_refuses_what_has_none(values, level, sentence):
    """One seed has no interval; nor has a NaN."""
    with pytest.raises(ValueError, match=sentence):
        metrics.interval(values, level)
