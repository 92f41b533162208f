"""What every measured process does: read the arrays, and for each workload it is told of run a
round.
"""

import json
import os
import sys
from pathlib import Path

import numpy as np

from benchmarks import timing


def answer(kinds, arrays, workload, threads, kept, folder):
    """Times of a round of a workload, and the first time where its results are."""
    name, found = workload["name"], {}
    if name not in kept:
        kept[name], result = kinds[workload["kind"]](arrays, workload, threads)
        path = folder / f"{len(kept)}.npz"
        np.savez(path, **result())
        found["results"] = str(path)
    return found | {"ms": timing.a_round(kept[name])}


def serve(kinds):
    """Main of `python -m benchmarks.peers.NAME inputs.npz threads folder`: a workload a line in, an
    answer a line out.

    `kinds[kind](arrays, workload, threads)` returns the work to be timed and a function that
    returns its result as a dict of arrays, which goes to a file in the folder. What a library
    prints goes to stderr.
    """
    inputs, threads, folder = sys.argv[1:]
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    with np.load(inputs) as file:
        arrays = dict(file)
    kept = {}
    for line in sys.stdin:
        try:
            found = answer(kinds, arrays, json.loads(line), int(threads), kept, Path(folder))
        except Exception as error:  # a peer that cannot do one thing may do another
            found = {"error": repr(error)}
        print(json.dumps(found), file=answers, flush=True)
