"""Times of the library's work beside its peers', each in a process of its own: `make bench`.

Every number is the median of at least nine warm runs, three rounds of at least three, which the
libraries take by turns. A ratio is the fastest peer's time over ours, and is printed only where
that peer computed the same thing. The table goes to `benchmarks/results.md`, curves of our own
times to `benchmarks/speed.csv`; `python -m benchmarks.run quick` tries everything but the
curves on few images and writes neither.
"""

import importlib.util
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

import numpy as np

from benchmarks import agreement, curves, limits, networks, table, timing
from benchmarks.library import Library
from refsnn.disk import write_atomically
from refsnn.kernels.threads import available

HERE = Path(__file__).parent
CURVES = HERE / "speed.csv"
OURS = "refsnn"
# Name -> what to import, the module that measures it, the kinds of work that it does.
PEERS = {
    "torch": ("torch", "plain_torch", {"step", "monte carlo"}),
    "SpikingJelly": ("spikingjelly", "jelly", {"bptt", "simulate"}),
    "snnTorch": ("snntorch", "snn_torch", {"bptt", "simulate"}),
    "Norse": ("norse", "norse_torch", {"bptt", "simulate"}),
}
SLOW = 64  # simulated steps of many images from which on only the fastest peer is measured


def simulation(net, encoder, T, images):
    """The workload of a simulation; a convolutional network gets a tenth of the images."""
    images = max(1, images // 10) if net == "cnn" else images
    return {
        "name": f"{net.upper()} simulation, {encoder}, T = {T}, "
        f"{images:,} image{'s' * (images > 1)}",
        "kind": "simulate",
        "net": net,
        "encoder": encoder,
        "T": T,
        "images": images,
    }


def workloads(images=1000, batch=128, trials=10_000):
    """What is measured, in the order of the table; what is "ours" alone has no row, another is set
    against it.
    """
    # Training: a step, and a step through time.
    found = [
        {"name": f"CNN training step, batch {batch}", "kind": "step", "net": "cnn", "images": batch}
    ]
    found += [
        {
            "name": f"{net.upper()} BPTT step, T = 4, batch {batch}",
            "kind": "bptt",
            "net": net,
            "T": 4,
            "images": batch,
        }
        for net in ("mlp", "cnn")
    ]

    # Simulation: many images, then one.
    found += [
        simulation(net, encoder, T, images)
        for net in ("mlp", "cnn")
        for encoder in ("direct", "poisson")
        for T in (16, SLOW)
    ]
    found += [simulation(net, "direct", SLOW, 1) for net in ("mlp", "cnn")]

    # Monte Carlo, and a prediction beside the simulation that it replaces.
    found.append(
        {
            "name": f"Monte Carlo of V, 784 inputs, T = 100, {trials:,} trials",
            "kind": "monte carlo",
            "T": 100,
            "trials": trials,
        }
    )
    few = {"net": "mlp", "T": 64, "images": max(2, images // 10)}
    found.append(
        {
            "name": f"One simulation to be predicted, T = 64, {few['images']} images",
            "kind": "simulate",
            "encoder": "poisson",
            "ours": True,
            **few,
        }
    )
    found.append(
        {
            "name": f"Predicted accuracy, MLP, T = 64, {few['images']} images",
            "kind": "prediction",
            "against": found[-1]["name"],
            **few,
        }
    )
    return found


def slow(workload):
    """Whether only the fastest peer is measured: many images and steps."""
    return workload["kind"] == "simulate" and workload["T"] >= SLOW and workload["images"] > 1


def rounds(libraries, workload):
    """Rounds of one workload, the libraries by turns, so that a slow moment of the machine is
    nobody's alone.
    """
    for _ in range(timing.ROUNDS):
        for library in libraries:
            library.measure(workload)


def fastest(found, peers, workload, threads):
    """The fastest of the peers that computed what we did, or None."""
    name, times = workload["name"], {}
    for peer in peers:
        theirs = found[peer, threads].result(name)
        if theirs and agreement.agrees(workload, peer, found[OURS, threads].result(name), theirs):
            times[peer] = theirs["ms"]
    return min(times, key=times.get, default=None)


def everything(chosen, peers, found):
    """Measure by turns: all peers with all threads, then the fastest of its kind of work where one
    will do.

    Returns that peer's name by workload, or None.
    """
    most, best = available(), {}
    for workload in sorted(
        chosen, key=slow
    ):  # stable: the quick ones, which tell who is the fastest, come first
        name, like = (
            workload["name"],
            tuple(workload.get(key) for key in ("kind", "net", "encoder")),
        )
        able = [
            peer for peer in peers if workload["kind"] in PEERS[peer][2] and "ours" not in workload
        ]
        if slow(workload):
            able = [peer for peer in able if peer == best.get(like)]
        for threads in sorted({1, most}, reverse=True):
            print(f"{name}, {threads} threads", file=sys.stderr)
            rounds([found[who, threads] for who in (OURS, *able)], workload)
            if threads == most:
                best[name] = fastest(found, able, workload, most)
                best.setdefault(like, best[name])
                able = [peer for peer in able if peer == best[name]]
    return best


def main(size=None):
    """Measure, print the table, and write it."""
    # What is measured, and beside whom.
    quick = size == "quick"
    chosen = workloads(20, 16, 200) if quick else workloads()
    peers = [
        peer
        for peer, (package, *_) in PEERS.items()
        if importlib.util.find_spec("torch") and importlib.util.find_spec(package)
    ]

    # Each library in a process of its own, all with the same inputs.
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        inputs = Path(name) / "inputs.npz"
        np.savez(inputs, **networks.everything(20 if quick else 1000))
        modules = {OURS: "this_library"} | {peer: PEERS[peer][1] for peer in peers}
        found = {
            (who, threads): stack.enter_context(Library(module, inputs, threads))
            for who, module in modules.items()
            for threads in sorted({1, available()})
        }
        best = everything(chosen, peers, found)

    # The table, the limits, and the curves.
    rows = [
        table.row(workload, threads, found, peers, best[workload["name"]])
        for workload in chosen
        if "ours" not in workload
        for threads in sorted({1, available()})
    ]
    print("limits", file=sys.stderr)
    text = table.page(rows, peers, found, chosen, limits.rows(rows, quick))
    print(text)
    if not quick:
        write_atomically(HERE / "results.md", text.encode())
        print("curves", file=sys.stderr)
        write_atomically(CURVES, curves.measured().encode())
    return 0 if table.sound(rows) else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
