"""PyTorch on its own: the training step of an artificial network, and Monte Carlo of the free
potential.
"""

import torch

from benchmarks.peers.serve import serve
from benchmarks.peers.torch_layers import batch, build, training


def step(arrays, workload, threads):
    """A training step of the same network on the same batch."""
    torch.set_num_threads(threads)
    model = torch.nn.Sequential(*build(workload["net"], arrays, torch.nn.ReLU))
    return training([model], *batch(arrays, workload), model)


def monte_carlo(arrays, workload, threads):
    """All trials of a step at once: one comparison with uniform numbers, one matrix product."""
    torch.set_num_threads(threads)
    weight, rates = torch.tensor(arrays["weight"]).float(), torch.tensor(arrays["rates"]).float()
    generator = torch.Generator().manual_seed(0)

    def run():
        v, path = torch.zeros(workload["trials"]), torch.empty(workload["T"], workload["trials"])
        for t in range(workload["T"]):
            spikes = torch.rand(workload["trials"], len(rates), generator=generator) < rates
            v = v + spikes.float() @ weight
            path[t] = v
        return path

    return run, lambda: {"potential": run()[-1].numpy()}


if __name__ == "__main__":
    serve({"step": step, "monte carlo": monte_carlo})
