"""snnTorch. Its neurons fire above the threshold, not at it: half a step of the grid more makes
both the same.
"""

import snntorch
import torch
from snntorch import spikegen, surrogate

from benchmarks.networks import GRID, PIXELS
from benchmarks.peers.serve import serve
from benchmarks.peers.torch_layers import batch, build, simulation, spiking, stepped, training


def bptt(arrays, workload, threads):
    """A training step through time; after a spike of twice the threshold the peer's neuron lacks
    another threshold.
    """
    torch.set_num_threads(threads)
    layers = build(
        workload["net"],
        arrays,
        lambda: spiking(snntorch.Leaky(0.5, spike_grad=surrogate.atan(2.0), reset_delay=False)),
    )

    def scores(x):
        return stepped(layers, [x] * workload["T"], torch.zeros_like)

    return training(layers, *batch(arrays, workload), scores)


def simulate(arrays, workload, threads):
    """A simulation of the converted network."""
    torch.set_num_threads(threads)
    layers = build(f"spiking {workload['net']}", arrays, lambda: spiking(snntorch.Leaky(1.0)))
    v_init, T = 0.5 + 0.5 / (GRID * PIXELS), workload["T"]

    def run(x, counts):
        x_seq = spikegen.rate(x, num_steps=T) if workload["encoder"] == "poisson" else [x] * T
        return stepped(layers, x_seq, lambda current: torch.full_like(current, v_init), counts)

    return simulation(arrays, workload, run)


if __name__ == "__main__":
    serve({"bptt": bptt, "simulate": simulate})
