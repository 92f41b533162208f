"""What every measured process does: read the arrays, compute each workload once for its result, then time it."""
import json
import sys

import numpy as np

from benchmarks import timing


def serve(kinds):
    """Main of `python -m benchmarks.peers.NAME inputs.npz outputs.npz threads workloads`.

    `kinds[kind](arrays, workload, threads)` returns the work to be timed and a function that returns its result as
    a dict of arrays. Both go to the outputs, by the workload's name.
    """
    inputs, outputs, threads, workloads = sys.argv[1:]
    with np.load(inputs) as file:
        arrays = dict(file)
    found = {}
    for workload in json.loads(workloads):
        work, result = kinds[workload["kind"]](arrays, workload, int(threads))
        found |= {f"{workload['name']}/{key}": value for key, value in result().items()}
        found[f"{workload['name']}/ms"] = timing.milliseconds(work)
    np.savez(outputs, **found)
