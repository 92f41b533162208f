"""Damaged files for every reader: `python -m tools.fuzz_files [--count N] [--seed S]`.

A good file of each format is damaged at random, and read in a process that may take 512 MB and five
seconds. It must answer with the file's content or with one sentence that names the file, and leave
nothing behind. Mutant k of a format is always the same for the same seed.
"""

import argparse
import contextlib
import gzip
import hashlib
import json
import os
import resource
import select
import shutil
import signal
import sys
import tempfile
import warnings
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from figures import gallery
from refsnn import datasets, files, nn, snn
from studies import provenance, runner, table
from tools.damage import RAW, SPECIAL, in_gzip, in_npz, pick

MEMORY = 2**29  # bytes, beside what the process has when it starts to read
SECONDS = 5
NOWHERE = "http://127.0.0.1:9"
X, Y = np.linspace(0, 1, 64, dtype=np.float32).reshape(4, 4, 4, 1), np.arange(4) % 3
FIGURE = """import numpy as np
TITLE = ALT = "a line"
def compute(n=50):
    return {"y": np.arange(n) / 7}
def draw(data):
    pass
"""


@dataclass(frozen=True)
class Format:
    """A kind of file that is read.

    Attributes
    ----------
    make : callable
        `make(folder)` writes what is needed and returns the path of the file to damage.
    read : callable
        `read(path)` returns a hash of what the file holds, or "" where it counts as missing.
    inside : callable or None
        `inside(content, rng)` damages what the file's own checksums cover, and mends these.
    sealed : bool
        Whether every other damage must be noticed, or change nothing.
    whole : bool
        Whether there must be content for any file: what is damaged is made again.
    """

    make: Callable
    read: Callable
    inside: Callable | None = None
    sealed: bool = True
    whole: bool = False


def network():
    """A small artificial network."""
    rng = np.random.default_rng(0)
    return nn.Sequential(
        [
            nn.Conv2d(1, 3, 3, padding=1, rng=rng),
            nn.BatchNorm(3),
            nn.NoisyQCFS(4),
            nn.AvgPool2d(2),
            nn.Flatten(),
            nn.Dropout(0.25),
            nn.Dense(12, 3, rng=rng),
        ],
        input_shape=(4, 4, 1),
    )


def spiking_network():
    """A small network of neurons that learn what they can."""
    rng = np.random.default_rng(0)
    neurons = snn.LIF(
        0.5,
        v_threshold=np.linspace(1, 2, 8),
        surrogate=snn.Sigmoid(learn_alpha=True),
        learn_beta=True,
        penalty=snn.PotentialDistribution(weight=0.1),
    )
    return nn.Sequential([nn.Flatten(), nn.Dense(16, 8, rng=rng), neurons, nn.Dense(8, 3, rng=rng)])


def of_network(net):
    """A hash of a network: its layers' settings and arrays."""
    arrays = {
        f"{i} {name}": array
        for i, layer in enumerate(net)
        for name, array in {**layer.params, **layer.buffers}.items()
    }
    return hashlib.sha256(repr(net).encode()).hexdigest() + provenance.array_hash(arrays)


def trained(path, bits, optimiser):
    """A hash of a network whose run of training ended in the checkpoint at `path`, and of the
    generator's next numbers.
    """
    net, rng = network(), np.random.Generator(bits(0))
    how = {"epochs": 1, "progress": False, "threads": 1, "checkpoint": path}
    history = nn.fit(net, X, Y, rng=rng, optimiser=optimiser, validation=(X, Y), **how)
    numbers = [rng.random(700), rng.spawn(1)[0].random(3), history.loss]
    return of_network(net) + provenance.array_hash(dict(zip("abc", numbers, strict=True)))


def checkpoint(bits, optimiser):
    """The checkpoints of runs with a kind of generator and an optimiser."""

    def read(path):
        return trained(path, bits, optimiser)

    def make(place):
        read(place / "run.npz")
        return place / "run.npz"

    return Format(make, read, in_npz)


def of_data(data):
    """A hash of a data set."""
    return provenance.data_hash(data)


def mnist(part):
    """The images or labels of MNIST, one of its four files."""

    def make(place):
        (place / "mnist").mkdir()
        pixels = (np.arange(3 * 784, dtype=np.uint32) % 251).astype(np.uint8).tobytes()
        images = np.array([2051, 3, 28, 28], ">u4").tobytes() + pixels
        labels = np.array([2049, 3], ">u4").tobytes() + bytes([1, 5, 9])
        for each in ("train", "t10k"):
            packed = gzip.compress(images), gzip.compress(labels)
            (place / "mnist" / f"{each}-images-idx3-ubyte.gz").write_bytes(packed[0])
            (place / "mnist" / f"{each}-labels-idx1-ubyte.gz").write_bytes(packed[1])
        return place / "mnist" / f"train-{part}-ubyte.gz"

    return Format(make, lambda path: of_data(datasets.load_mnist(path.parents[1])), in_gzip)


def make_cifar(place):
    """The six files of CIFAR-10, of two records each."""
    (place / "cifar-10-batches-bin").mkdir()
    records = (np.arange(2 * 3073, dtype=np.uint32) % 10).astype(np.uint8).tobytes()
    for name in (*(f"data_batch_{i}.bin" for i in range(1, 6)), "test_batch.bin"):
        (place / "cifar-10-batches-bin" / name).write_bytes(records)
    return place / "cifar-10-batches-bin" / "data_batch_2.bin"


def make_recording(place):
    """Two recordings in the format of N-MNIST."""
    t = np.arange(40)
    both = datasets.Recordings(t % 34, t % 30, 9 * t, t % 2, [0, 25, 40], (34, 34))
    datasets.write_recordings(place / "Train", both, np.array([3, 7]))
    return place / "Train" / "3" / "00001.bin"


def read_recording(path):
    """A hash of the recordings in the folder of this one."""
    recordings, y = datasets.read_recordings(path.parents[1])
    return provenance.array_hash({"x": recordings.x, "t": recordings.t, "y": y})


def make_table(place):
    """A study's table."""
    rows = [("plain", k, 0.1 * k, k % 2 == 1) for k in range(20)]
    (place / "toy.csv").write_bytes(table.encode(("method", "seed", "value", "odd"), rows))
    return place / "toy.csv"


def make_job(place):
    """The rows of one job, as the runner keeps them."""
    rows = [["plain", k, 0.1 * k] for k in range(20)]
    path = place / "0123456789abcdef.json"
    path.write_bytes(runner._sealed(path, json.dumps({"rows": rows, "seconds": 0.1})))
    return path


def read_job(path):
    """A hash of the rows, "" where the job runs again."""
    kept = runner._read_job(path)
    return "" if kept is None else hashlib.sha256(json.dumps(kept).encode()).hexdigest()


def make_cache(place):
    """What the gallery keeps of a figure."""
    (place / "fig_00_line.py").write_text(FIGURE)
    gallery.arrays("line", place)
    return next((place / "out" / ".cache").glob("*.npz"))


def read_cache(path):
    """A hash of the figure's arrays, kept or computed again."""
    return provenance.array_hash(gallery.arrays("line", path.parents[2]))


FORMATS = {
    "network": Format(
        lambda place: files.save(network(), place / "net"),
        lambda path: of_network(files.load(path)),
        in_npz,
    ),
    "spiking network": Format(
        lambda place: files.save(spiking_network(), place / "net"),
        lambda path: of_network(files.load(path)),
        in_npz,
    ),
    "checkpoint, SGD": checkpoint(np.random.PCG64, nn.SGD(0.1)),
    "checkpoint, Adam": checkpoint(np.random.MT19937, nn.Adam(0.01)),
    "images": mnist("images-idx3"),
    "labels": mnist("labels-idx1"),
    "CIFAR-10": Format(
        make_cifar, lambda path: of_data(datasets.load_cifar10(path.parents[1])), sealed=False
    ),
    "recording": Format(make_recording, read_recording, sealed=False),
    "table": Format(make_table, lambda path: provenance.array_hash(table.read(path)), sealed=False),
    "kept job": Format(make_job, read_job),
    "figure cache": Format(make_cache, read_cache, in_npz, whole=True),
}


def in_child(read, path):
    """What `read(path)` returns in a process of its own, as "content HASH", "sentence TEXT" or
    "fault TEXT".
    """
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        with contextlib.suppress(BaseException):
            os.write(writing, answer(read, path).encode()[:4000])
        os._exit(0)

    os.close(writing)
    ready = select.select([reading], [], [], SECONDS)[0]
    if not ready:
        os.kill(child, signal.SIGKILL)
    said = os.read(reading, 4000).decode(errors="replace") if ready else "fault no answer in time"
    os.close(reading)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return said or f"fault the process ended with {status}"


def answer(read, path):
    """What `read(path)` returns, within bounds that hold for this process from now on."""
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    limit = pages * resource.getpagesize() + MEMORY
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    warnings.simplefilter("ignore")
    try:
        return f"content {read(path)}"
    except (ValueError, OSError) as error:
        message = str(error)
        good = path.name in message and "\n" not in message and "llocate" not in message
        return f"{'sentence' if good else 'fault'} {type(error).__name__}: {message}"
    except BaseException as error:
        return f"fault {type(error).__name__}: {error}"


def mutant(form, k, good, rng):
    """Mutant k of a good file: what it is called, what writes it, and whether its damage must be
    noticed.
    """
    if k < len(SPECIAL):
        return SPECIAL[k].__name__, lambda path: SPECIAL[k](path, good), form.sealed
    change = pick(RAW, rng)
    if form.inside is not None and rng.integers(2):
        change = form.inside
    content = change(good, rng)
    sealed = form.sealed and change is not form.inside
    return change.__name__, lambda path: path.write_bytes(content), sealed


def judged(said, right, sealed, whole):
    """An answer, or a fault where it is not what the format promises."""
    if said == "content ":
        said = "sentence the file counts as missing"
    if said.startswith("content") and sealed and said != right:
        return f"fault another {said}"
    if said.startswith("sentence") and whole:
        return f"fault {said}"
    return said


def fuzz(name, numbers, seed):
    """Read mutants of one format by their numbers; yields (number, what was done, the answer)."""
    form = FORMATS[name]
    with tempfile.TemporaryDirectory() as place:
        path = form.make(Path(place))
        good, right = path.read_bytes(), f"content {form.read(path)}"
        for k in numbers:
            rng = np.random.default_rng([seed, k])
            change, write, sealed = mutant(form, k, good, rng)
            path.unlink()
            write(path)
            before = set(path.parent.iterdir())
            said = in_child(form.read, path)

            said = judged(said, right, sealed, form.whole)
            if set(path.parent.iterdir()) != before:
                said = f"fault it leaves files behind: {said}"
            yield k, change, said
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            if not os.path.lexists(path):
                path.touch()


def main(arguments=None):
    """Fuzz all formats, or one; print a table and every fault. The exit code is 1 if there is a
    fault.
    """
    parser = argparse.ArgumentParser(prog="python -m tools.fuzz_files", description=__doc__)
    parser.add_argument("--count", type=int, default=1100, help="mutants of all formats together")
    parser.add_argument("--start", type=int, default=0, help="number of the first mutant")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--format", choices=FORMATS, help="this one only")
    options = parser.parse_args(arguments)
    warnings.simplefilter("ignore", DeprecationWarning)  # of forks beside the threads of BLAS
    os.environ |= {"http_proxy": NOWHERE, "https_proxy": NOWHERE}  # what is missing stays missing

    names = [options.format] if options.format else list(FORMATS)
    each = range(options.start, options.start + -(-options.count // len(names)))
    faults = 0
    for name in names:
        counts = Counter()
        for k, change, said in fuzz(name, each, options.seed):
            kind = said.split(" ", 1)[0]
            counts[kind] += 1
            if kind == "fault":
                print(f"  {name} {k}, {change}: {said[:300]}", flush=True)
        faults += counts["fault"]
        words = ", ".join(f"{counts[kind]} {kind}" for kind in ("content", "sentence", "fault"))
        print(f"{name}: {len(each)} mutants, {words}", flush=True)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
