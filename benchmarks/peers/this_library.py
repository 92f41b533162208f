"""The workloads in refsnn. Peers whose neurons reset or learn in another way find their counterpart
here too.
"""

import numpy as np

from benchmarks.networks import from_arrays
from benchmarks.peers.serve import serve
from refsnn import nn, predict, snn
from refsnn.kernels.threads import workers
from refsnn.nn.parallel import gradient_step
from studies import provenance

# Surrogates that a peer offers, by the name of what it is compared with.
SURROGATES = {"arctan": snn.Arctan(2.0), "triangle": snn.Triangular(2.0)}


def batch(arrays, workload):
    """The workload's images and their labels."""
    return arrays["x"][: workload["images"]], arrays["y"][: workload["images"]]


def training(net, x, y, T, threads):
    """Steps of SGD with momentum on one batch, and the loss and gradients of the first."""
    optimiser, run = nn.SGD(1e-3, momentum=0.9, cosine=False), nn.Run(T=T, train=True)
    net = net.unrolled(T, constant=True)
    states = {
        (i, name): optimiser.start(param)
        for i, layer in enumerate(net)
        for name, param in layer.params.items()
    }

    def gradients():
        with workers(threads) as run_all:
            return gradient_step(net, x[None], y, run, run_all)

    def work():
        for i, named in gradients().gradients.items():
            for name, gradient in named.items():
                optimiser.update(net[i].params[name], gradient, states[i, name], 1, 0.0)

    def result(name=""):
        loss, _, found, *_ = gradients()
        first = min(i for i, named in found.items() if named)
        bits = provenance.array_hash(
            {f"{i} {k}": g for i, named in found.items() for k, g in named.items()}
        )
        return {f"loss{name}": loss, f"gradient{name}": found[first]["weight"], f"bits{name}": bits}

    return work, result


def step(arrays, workload, threads):
    """A training step of an artificial network."""
    return training(from_arrays(workload["net"], arrays), *batch(arrays, workload), 1, threads)


def bptt(arrays, workload, threads):
    """A training step through time, with leaky neurons; its result also with the triangle that
    Norse offers.
    """
    trained = {
        name: training(
            from_arrays(workload["net"], arrays, lambda s=surrogate: snn.LIF(0.5, surrogate=s)),
            *batch(arrays, workload),
            workload["T"],
            threads,
        )
        for name, surrogate in SURROGATES.items()
    }
    return trained["arctan"][
        0
    ], lambda: trained["arctan"][1]() | trained["triangle"][1](" triangle")


def simulate(arrays, workload, threads):
    """A simulation, encoding included; its result also with reset to zero."""
    x, _ = batch(arrays, workload)
    nets = {
        reset: from_arrays(
            f"spiking {workload['net']}", arrays, lambda r=reset: snn.IF(v_init=0.5, reset=r)
        )
        for reset in ("subtract", "zero")
    }
    encoder = snn.Direct() if workload["encoder"] == "direct" else snn.Poisson()

    def run(reset="subtract"):
        return snn.simulate(
            nets[reset],
            x,
            workload["T"],
            encoder=encoder,
            rng=np.random.default_rng(0),
            threads=threads,
        )

    def counts(record):
        # (layers, N)
        return np.stack([record.spike_counts[i].sum(axis=0) for i in sorted(record.spike_counts)])

    def result():
        record = run()
        bits = provenance.array_hash({"scores": record.scores, "counts": counts(record)})
        return {
            "counts": counts(record),
            "counts zero": counts(run("zero")),
            "rate": record.spike_rates(),
            "bits": bits,
        }

    return run, result


def monte_carlo(arrays, workload, threads):
    """Paths of the free potential of one neuron under random input."""

    def run():
        return snn.sample_free_potential(
            arrays["weight"],
            arrays["rates"],
            workload["T"],
            workload["trials"],
            rng=np.random.default_rng(0),
            threads=threads,
        )

    def result():
        v = run()
        return {"potential": v[-1], "bits": provenance.array_hash({"v": v})}

    return run, result


def prediction(arrays, workload, threads):
    """The accuracy under random input in closed form."""
    x, y = batch(arrays, workload)
    net = from_arrays(f"spiking {workload['net']}", arrays, lambda: snn.IF(v_init=0.5))

    def run():
        return predict.predict_accuracy(
            net, x, y, workload["T"], 1.0, calibration_data=arrays["x"][:20], threads=threads
        )

    return run, lambda: {
        "accuracy": run().accuracy,
        "bits": provenance.array_hash({"p": run().probabilities}),
    }


if __name__ == "__main__":
    serve(
        {
            "step": step,
            "bptt": bptt,
            "simulate": simulate,
            "monte carlo": monte_carlo,
            "prediction": prediction,
        }
    )
