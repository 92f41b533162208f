"""What a newcomer calls first, on a few small images: `python -m benchmarks.workflows NAME` prints
seconds.

`memory NETWORK ENCODER` prints instead the megabytes that a simulation of 1,000 images at T = 64
takes beyond its input and its record.
"""

import re
import sys
import time
from pathlib import Path

import numpy as np

from benchmarks import networks
from refsnn import convert, datasets, nn, predict, snn


def small(activation, rng):
    """A network for the bundled digits."""
    return nn.Sequential(
        [
            nn.Conv2d(1, 8, 3, padding=1, rng=rng),
            activation(),
            nn.AvgPool2d(2),
            nn.Flatten(),
            nn.Dense(128, 32, rng=rng),
            activation(),
            nn.Dense(32, 10, rng=rng),
        ]
    )


def train(data, rng):
    """An epoch of an artificial network."""
    return nn.fit(
        small(nn.ReLU, rng), data.x_train[:64], data.y_train[:64], epochs=1, rng=rng, progress=False
    )


def train_spiking(data, rng):
    """An epoch through time."""
    net = small(lambda: snn.LIF(0.5, surrogate=snn.Arctan()), rng)
    return nn.fit(net, data.x_train[:64], data.y_train[:64], epochs=1, T=4, rng=rng, progress=False)


def simulate(data, rng):
    """Conversion, and a simulation with random input."""
    net = convert.to_spiking(small(nn.ReLU, rng), calibration_data=data.x_train[:64])
    return snn.simulate(net, data.x_test[:64], 16, encoder=snn.Poisson(), rng=rng)


def predict_accuracy(data, rng):
    """Conversion, and a predicted accuracy."""
    net = convert.to_spiking(small(nn.ReLU, rng), calibration_data=data.x_train[:64])
    return predict.predict_accuracy(net, data.x_test[:32], data.y_test[:32], 16, 1.0)


WORKFLOWS = {
    "training": train,
    "training through time": train_spiking,
    "simulation": simulate,
    "prediction": predict_accuracy,
}


def resident(name):
    """Megabytes of this process, now ("VmRSS") or at most since the mark was reset ("VmHWM"); Linux
    only.
    """
    return int(re.search(rf"{name}:\s+(\d+)", Path("/proc/self/status").read_text())[1]) / 1024


def memory(network, encoder):
    """What a simulation takes at most beyond its input and its record."""
    x, _ = networks.images(1000)
    ann = getattr(networks, network)(np.random.default_rng(0))
    net = networks.converted(ann, x, 99.9)
    run = {
        "encoder": {"direct": snn.Direct(), "poisson": snn.Poisson()}[encoder],
        "rng": np.random.default_rng(0),
    }
    snn.simulate(net, x[:2], 2, **run)  # what is compiled or loaded once is no part of it
    before = resident("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")  # the peak starts anew
    record = snn.simulate(net, x, 64, **run)
    kept = record.scores.nbytes + sum(counts.nbytes for counts in record.spike_counts.values())
    return resident("VmHWM") - before - kept / 2**20


if __name__ == "__main__":
    name, *arguments = sys.argv[1:]
    if name == "memory":
        print(memory(*arguments))
    else:
        digits = datasets.load_digits()
        start = time.perf_counter()
        WORKFLOWS[name](digits, np.random.default_rng(0))
        print(time.perf_counter() - start)
