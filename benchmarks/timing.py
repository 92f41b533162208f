"""How long work takes: the same rule for this library and for every peer."""

import statistics
import time

ROUNDS, RUNS, MOST, ENOUGH = 3, 3, 17, 0.25


def a_round(work):
    """Milliseconds of the runs of one round, after one that does not count: three, or as many as
    fill 0.25 seconds, 17 at most.
    """
    work()
    times = []
    while len(times) < RUNS or (sum(times) < 1e3 * ENOUGH and len(times) < MOST):
        start = time.perf_counter()
        work()
        times.append(1e3 * (time.perf_counter() - start))
    return times


def milliseconds(work):
    """The median of three rounds."""
    return statistics.median(time for _ in range(ROUNDS) for time in a_round(work))
