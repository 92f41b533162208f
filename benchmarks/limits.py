"""What a newcomer waits for, and what a simulation needs: first calls, import, memory, growth with
T and N.
"""

import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from benchmarks import curves, networks, timing
from benchmarks.workflows import WORKFLOWS
from refsnn import snn
from refsnn.kernels.threads import available

IMPORTS = (
    "import time, numpy\nstart = time.perf_counter()\nimport {}\nprint(time.perf_counter() - start)"
)
EVERYTHING = "refsnn.convert, refsnn.datasets, refsnn.nn, refsnn.predict, refsnn.snn, refsnn.theory"
NETWORKS = ("mlp", "cnn")


def answer(*arguments, **environment):
    """The number that a new Python process prints."""
    ran = subprocess.run(
        [sys.executable, *arguments],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[1],
    )
    return float(ran.stdout)


def first_calls():
    """Seconds of each workflow's first call: with an empty cache of compiled code, and with a full
    one.
    """
    for name in WORKFLOWS:
        with tempfile.TemporaryDirectory() as cache:
            run = ("-m", "benchmarks.workflows", name)
            yield name, answer(*run, NUMBA_CACHE_DIR=cache), answer(*run, NUMBA_CACHE_DIR=cache)


def slopes(images=1000):
    """The powers of T and of N with which the time of a simulation grows, from a half and a quarter
    of each.
    """
    x, _ = networks.images(images)
    net = networks.converted(networks.mlp(np.random.default_rng(0)), x, 99.9)
    shares = np.array([4, 2, 1])

    def time(n, T):
        rng = np.random.default_rng(0)
        encoder = snn.Poisson()
        return timing.milliseconds(lambda: snn.simulate(net, x[:n], T, encoder=encoder, rng=rng))

    def power(times):
        return -np.polyfit(np.log(shares), np.log(times), 1)[0]

    yield "T", power([time(images, 64 // k) for k in shares])
    yield "N", power([time(images // k, 64) for k in shares])


def imported(modules):
    """Seconds that an import takes beyond numpy's, the median of five."""
    return statistics.median(answer("-c", IMPORTS.format(modules)) for _ in range(5))


def shares(rows):
    """What part of the measured speed of a matrix product a direct simulation at T = 16 reaches, by
    network.

    It counts the products that a dense network has; what event-driven sums skip is gained.
    """
    speed, _ = curves.machine()
    for net in NETWORKS:
        row = next(
            row
            for row in rows
            if row.threads == available()
            and row.workload["kind"] == "simulate"
            and (row.workload["net"], row.workload["encoder"], row.workload["T"])
            == (net, "direct", 16)
        )
        first, *others = networks.multiply_adds(getattr(networks, net)(np.random.default_rng(0)))
        yield net, 2 * row.workload["images"] * (first + 16 * sum(others)) / row.ours / speed


def rows(measured, quick=False):
    """Lines of the second table: what, of what, measured; `measured` are the rows of the first."""
    found = [
        ["import", "beyond numpy, seconds", f"{imported(EVERYTHING):.2f}"],
        ["import", "of it numba, seconds", f"{imported('numba'):.2f}"],
    ]
    for name, cold, cached in first_calls():
        found.append(["first call, nothing compiled", f"{name}, seconds", f"{cold:.2f}"])
        found.append(["first call, compiled before", f"{name}, seconds", f"{cached:.2f}"])

    if Path("/proc/self/clear_refs").exists():
        for network in NETWORKS:
            for encoder in ("direct", "poisson"):
                memory = answer("-m", "benchmarks.workflows", "memory", network, encoder)
                what = f"{network.upper()}, {encoder}, MB"
                found.append(["peak memory, T = 64, 1,000 images", what, f"{memory:.0f}"])

    for what, power in slopes(100 if quick else 1000):
        found.append(["time grows as a power", f"of {what}", f"{power:.2f}"])
    for net, share in shares(measured):
        what = f"{net.upper()}, direct, T = 16"
        found.append(["share of the matrix product's speed", what, f"{share:.2f}"])
    return found
