"""Where increasing functions cross 0: an array of them at once, by doubling and bisection."""

import numpy as np


def bracket(increasing, low, high, halvings=80):
    """The last interval (low, high) around the root of each of an array of increasing functions.

    Parameters
    ----------
    increasing : callable
        One number for each function of the array, at an array of points, one for each.
    low, high : array
        First interval; an end of it is doubled for as long as the root lies beyond it. `high` is
        above 0, and `low` is 0 if no root is below 0.
    halvings : int
        How often the interval is then halved: 80 leave two neighbours in float64.

    Returns
    -------
    (array, array), float64
        The function is below 0 at `low`, and not at `high`.
    """
    for _ in range(200):
        beyond = increasing(high) < 0
        before = (low < 0) & (increasing(low) > 0)
        if not np.any(beyond | before):
            break
        high = np.where(beyond, 2 * high, high)
        low = np.where(before, 2 * low, low)

    for _ in range(halvings):
        middle = (low + high) / 2
        below = increasing(middle) < 0
        low = np.where(below, middle, low)
        high = np.where(below, high, middle)
    return low, high
