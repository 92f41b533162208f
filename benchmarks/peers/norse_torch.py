"""Norse. Its neuron without leak resets to a value, and all fire above the threshold, not at it."""

import torch
from norse.torch import IAFCell, IAFParameters, LIFBoxCell, LIFBoxParameters, PoissonEncoder
from norse.torch.functional.iaf import IAFFeedForwardState
from norse.torch.functional.lif_box import LIFBoxFeedForwardState
from norse.torch.functional.reset import reset_subtract

from benchmarks.networks import GRID, PIXELS
from benchmarks.peers.serve import serve
from benchmarks.peers.torch_layers import batch, build, simulation, spiking, stepped, training

HALF_A_STEP = 0.5 / (GRID * PIXELS)


def bptt(arrays, workload, threads):
    """A training step through time: v = v + (I - v) / 2 is half our potential, so the threshold is
    1/2.
    """
    torch.set_num_threads(threads)
    neurons = LIFBoxParameters(
        tau_mem_inv=torch.tensor(500.0),
        v_th=torch.tensor(0.5),
        method="triangle",
        alpha=1.0,
        reset_method=reset_subtract,
    )
    layers = build(workload["net"], arrays, lambda: spiking(LIFBoxCell(neurons, dt=0.001)))

    def scores(x):
        return stepped(
            layers,
            [x] * workload["T"],
            lambda current: LIFBoxFeedForwardState(torch.zeros_like(current)),
        )

    return training(layers, *batch(arrays, workload), scores)


def simulate(arrays, workload, threads):
    """A simulation of the converted network, with reset to zero."""
    torch.set_num_threads(threads)
    neurons, T = IAFParameters(v_reset=torch.tensor(HALF_A_STEP)), workload["T"]
    layers = build(f"spiking {workload['net']}", arrays, lambda: spiking(IAFCell(neurons)))
    poisson = PoissonEncoder(T, f_max=1000, dt=0.001)

    def start(current):
        return IAFFeedForwardState(torch.full_like(current, 0.5 + HALF_A_STEP))

    def run(x, counts):
        return stepped(
            layers, poisson(x) if workload["encoder"] == "poisson" else [x] * T, start, counts
        )

    return simulation(arrays, workload, run)


if __name__ == "__main__":
    serve({"bptt": bptt, "simulate": simulate})
