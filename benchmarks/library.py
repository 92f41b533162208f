"""A library that is measured: a process of its own, asked for one round of a workload at a time."""

import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np


class Library:
    """One library with one number of threads; its process ends with the `with` block.

    Parameters
    ----------
    module : str
        Which module of `benchmarks.peers` the process runs.
    inputs : path
        The arrays that all processes compute with.
    threads : int
    """

    def __init__(self, module, inputs, threads):
        self.module, self.inputs, self.threads = module, inputs, threads
        self.found, self.times = {}, {}

    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory()
        environment = os.environ | {
            name: str(self.threads) for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS")
        }
        self.process = subprocess.Popen(
            [
                sys.executable,
                "-W",
                "ignore",
                "-m",
                f"benchmarks.peers.{self.module}",
                self.inputs,
                str(self.threads),
                self.folder.name,
            ],
            env=environment,
            cwd=Path(__file__).parents[1],
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        return self

    def __exit__(self, *_):
        with self.process:
            self.process.stdin.close()
        self.folder.cleanup()

    def measure(self, workload):
        """One more round of a workload."""
        try:
            print(json.dumps(workload), file=self.process.stdin, flush=True)
            answer = json.loads(self.process.stdout.readline() or '{"error": "its process ended"}')
        except BrokenPipeError:
            answer = {"error": "its process ended"}
        if "error" in answer:
            print(f"{self.module}, {workload['name']}: {answer['error']}", file=sys.stderr)
            return
        if "results" in answer:
            with np.load(answer["results"]) as file:
                self.found[workload["name"]] = dict(file)
        self.times.setdefault(workload["name"], []).extend(answer["ms"])

    def result(self, name):
        """The arrays of a workload and its median time "ms", or None where it was not measured."""
        if name not in self.times:
            return None
        return self.found[name] | {"ms": statistics.median(self.times[name])}
