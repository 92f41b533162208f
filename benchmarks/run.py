"""Times of the library's work beside its peers', each in a process of its own: `make bench`.

Every number is the median of at least seven warm runs. A ratio is the fastest peer's time over ours, and is printed
only where that peer computed the same thing. The table goes to `benchmarks/results.md`, curves of our own times to
`benchmarks/curves.csv`; `python -m benchmarks.run quick` tries everything on few images and writes neither.
"""
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from benchmarks import agreement, curves, limits, networks, table
from refsnn.kernels.threads import available
from refsnn.provenance import write_atomically

HERE = Path(__file__).parent
OURS = "refsnn"
# Name -> what to import, the module that measures it, the kinds of work that it does.
PEERS = {"torch": ("torch", "plain_torch", {"step", "monte carlo"}),
         "SpikingJelly": ("spikingjelly", "jelly", {"bptt", "simulate"}),
         "snnTorch": ("snntorch", "snn_torch", {"bptt", "simulate"}),
         "Norse": ("norse", "norse_torch", {"bptt", "simulate"})}
SLOW = 64       # simulated steps of many images from which on only the fastest peer is measured
# What the ratio to the fastest peer should be, with two threads.
GOALS = {("step", "cnn"): 0.9, ("bptt", "mlp"): 1.5, ("bptt", "cnn"): 1.4, ("monte carlo", None): 30,
         ("simulate", "mlp", "direct"): 5, ("simulate", "mlp", "poisson"): 3, ("simulate", "cnn", "direct"): 3.2,
         ("simulate", "cnn", "poisson"): 3.2, "single": 20}


def workloads(images=1000, batch=128, trials=10_000):
    """What is measured, in the order of the table."""
    found = [{"name": f"CNN training step, batch {batch}", "kind": "step", "net": "cnn", "images": batch}]
    found += [{"name": f"{net.upper()} BPTT step, T = 4, batch {batch}", "kind": "bptt", "net": net, "T": 4,
               "images": batch} for net in ("mlp", "cnn")]
    found += [{"name": f"{net.upper()} simulation, {encoder}, T = {T}, {n:,} image{'s' * (n > 1)}", "kind": "simulate",
               "net": net, "encoder": encoder, "T": T, "images": n}
              for n, encoders, steps in ((images, ("direct", "poisson"), (16, 64)), (1, ("direct",), (64,)))
              for net in ("mlp", "cnn") for encoder in encoders for T in steps]
    found.append({"name": f"Monte Carlo of V, 784 inputs, T = 100, {trials:,} trials", "kind": "monte carlo", "T": 100,
                  "trials": trials})
    few = {"net": "mlp", "T": 64, "images": max(2, images // 10)}
    found.append({"name": f"One simulation to be predicted, T = 64, {few['images']} images", "kind": "simulate",
                  "encoder": "poisson", **few})
    found.append({"name": f"Predicted accuracy, MLP, T = 64, {few['images']} images", "kind": "prediction",
                  "against": found[-1]["name"], **few})
    return found


def goal(workload):
    """The goal for a workload's ratio, or None."""
    if workload["kind"] == "simulate" and workload["images"] == 1:
        return GOALS["single"]
    key = (workload["kind"], workload.get("net"), workload.get("encoder"))
    return GOALS.get(key, GOALS.get(key[:2]))


def slow(workload):
    """Whether only the fastest peer is measured: many images and steps, or a simulation that has no peer."""
    return workload["kind"] == "prediction" or (
        workload["kind"] == "simulate" and workload["T"] >= SLOW and workload["images"] > 1)


def measure(module, chosen, threads, folder):
    """Results of some workloads in a new process, by workload: dicts of arrays. None where it failed."""
    outputs = folder / f"{module}-{threads}.npz"
    environment = os.environ | {name: str(threads) for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS")}
    ran = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", f"benchmarks.peers.{module}", folder / "inputs.npz", outputs,
         str(threads), json.dumps(chosen)], env=environment, cwd=HERE.parent, capture_output=True, text=True)
    if ran.returncode != 0:
        print(f"{module} failed with {threads} threads: {ran.stderr.strip().splitlines()[-1:]}", file=sys.stderr)
        return {}
    found = {}
    with np.load(outputs) as file:
        for key in file:
            name, _, what = key.rpartition("/")
            found.setdefault(name, {})[what] = file[key]
    return found


def fastest(found, peers, workload, threads):
    """The fastest of the peers that agree with us on a workload, or None."""
    times = {peer: float(found[peer, threads][workload["name"]]["ms"]) for peer in peers
             if workload["name"] in found.get((peer, threads), {})
             and agreement.agrees(workload, peer, found[OURS, threads][workload["name"]],
                                  found[peer, threads][workload["name"]])}
    return min(times, key=times.get, default=None)


def everything(chosen, peers, folder):
    """Results by (who, threads), then by workload: all threads for us and for the fastest peer of a kind of work."""
    most, found = available(), {}
    for threads in sorted({1, most}):
        print(f"{OURS}, {threads} threads", file=sys.stderr)
        found[OURS, threads] = measure("this_library", chosen, threads, folder)
    short = [w for w in chosen if not slow(w)]
    for peer in peers:
        print(f"{peer}, {most} threads", file=sys.stderr)
        mine = [w for w in short if w["kind"] in PEERS[peer][2]]
        found[peer, most] = measure(PEERS[peer][1], mine, most, folder)
    chosen_of = {}
    for workload in chosen:
        like = next((w for w in short if all(w.get(k) == workload.get(k) for k in ("kind", "net", "encoder"))), None)
        if like is not None and "to be predicted" not in workload["name"]:
            chosen_of.setdefault(fastest(found, peers, workload if workload in short else like, most), []).append(
                workload)
    for peer, mine in chosen_of.items():
        for threads in sorted({1, most}) if peer else ():
            print(f"{peer}, {threads} threads, where it is the fastest", file=sys.stderr)
            left = [w for w in mine if w["name"] not in found.get((peer, threads), {})]
            found.setdefault((peer, threads), {}).update(measure(PEERS[peer][1], left, threads, folder))
    return found


def main(size=None):
    """Measure, print the table, and write it."""
    quick = size == "quick"
    chosen = workloads(20, 16, 200) if quick else workloads()
    peers = [peer for peer, (package, *_) in PEERS.items()
             if importlib.util.find_spec("torch") and importlib.util.find_spec(package)]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        np.savez(folder / "inputs.npz", **networks.everything(20 if quick else 1000))
        found = everything(chosen, peers, folder)
    rows = [table.row(workload, threads, found, peers, fastest(found, peers, workload, threads), goal(workload))
            for workload in chosen if "to be predicted" not in workload["name"] for threads in sorted({1, available()})]
    text = table.page(rows, peers, found, chosen, limits.rows(quick))
    print(text)
    if not quick:
        write_atomically(HERE / "results.md", text.encode())
        print("curves", file=sys.stderr)
        write_atomically(HERE / "curves.csv", curves.measured().encode())
    return 0 if table.sound(rows) else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
