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

COLD, CACHED, IMPORT, MEMORY, SLOPE = 3, 0.5, 0.6, 32, 1.1  # seconds, seconds, seconds, MB, power
IMPORTS = (
    "import time, numpy\nstart = time.perf_counter()\nimport {}\nprint(time.perf_counter() - start)"
)
EVERYTHING = "refsnn.convert, refsnn.datasets, refsnn.nn, refsnn.predict, refsnn.snn, refsnn.theory"
SHARES = {"mlp": 0.5, "cnn": 0.4}  # of the speed of a matrix product, at least


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

    def power(times):
        return -np.polyfit(np.log(shares), np.log(times), 1)[0]

    yield (
        "T",
        power(
            [
                timing.milliseconds(
                    lambda k=k: snn.simulate(
                        net, x, 64 // k, encoder=snn.Poisson(), rng=np.random.default_rng(0)
                    )
                )
                for k in shares
            ]
        ),
    )
    yield (
        "N",
        power(
            [
                timing.milliseconds(
                    lambda k=k: snn.simulate(
                        net,
                        x[: images // k],
                        64,
                        encoder=snn.Poisson(),
                        rng=np.random.default_rng(0),
                    )
                )
                for k in shares
            ]
        ),
    )


def imported(modules):
    """Seconds that an import takes beyond numpy's, the median of five."""
    return statistics.median(answer("-c", IMPORTS.format(modules)) for _ in range(5))


def shares(rows):
    """What part of the measured speed of a matrix product a direct simulation at T = 16 reaches, by
    network.

    It counts the products that a dense network has; what event-driven sums skip is gained.
    """
    speed, _ = curves.machine()
    for net in SHARES:
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
    """Lines of the table of limits: what, of what, measured, allowed; `measured` are those of the
    table of times.
    """
    found = [
        ["import", "beyond numpy, seconds", f"{imported(EVERYTHING):.2f}", IMPORT],
        ["import", "of it numba, seconds", f"{imported('numba'):.2f}", None],
    ]
    for name, cold, cached in first_calls():
        found += [
            ["first call, nothing compiled", f"{name}, seconds", f"{cold:.2f}", COLD],
            ["first call, compiled before", f"{name}, seconds", f"{cached:.2f}", CACHED],
        ]
    if Path("/proc/self/clear_refs").exists():
        found += [
            [
                "peak memory, T = 64, 1,000 images",
                f"{network.upper()}, {encoder}, MB",
                f"{answer('-m', 'benchmarks.workflows', 'memory', network, encoder):.0f}",
                MEMORY,
            ]
            for network in ("mlp", "cnn")
            for encoder in ("direct", "poisson")
        ]
    found += [
        ["time grows as a power", f"of {what}", f"{power:.2f}", SLOPE]
        for what, power in slopes(100 if quick else 1000)
    ]
    lines = [
        [
            *line,
            ""
            if most is None
            else f"{most:g}" + ("" if float(line[2]) <= most else ", **exceeded**"),
        ]
        for *line, most in found
    ]
    return lines + [
        [
            "share of the matrix product's speed",
            f"{net.upper()}, direct, T = 16",
            f"{share:.2f}",
            f"at least {SHARES[net]:g}" + ("" if share >= SHARES[net] else ", **missed**"),
        ]
        for net, share in shares(measured)
    ]
