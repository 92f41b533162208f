"""How long work takes: the same rule for this library and for every peer."""
import statistics
import time

RUNS, MOST, ENOUGH = 7, 49, 0.7


def milliseconds(work):
    """The median time of `work()`, warm: of 7 runs, or of as many as fill 0.7 seconds, 49 at most.

    Before these come two runs that do not count, or one if it takes more than a second.
    """
    times = []

    def run():
        start = time.perf_counter()
        work()
        return time.perf_counter() - start

    if run() < 1:
        run()
    while len(times) < RUNS or (sum(times) < ENOUGH and len(times) < MOST):
        times.append(run())
    return 1e3 * statistics.median(times)
