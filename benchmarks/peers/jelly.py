"""SpikingJelly, in its multi-step mode."""

import torch
from spikingjelly.activation_based import encoding, functional, layer, neuron, surrogate

from benchmarks.peers.serve import serve
from benchmarks.peers.torch_layers import batch, build, simulation, training


def over_time(name, arrays, neurons):
    """The layers in multi-step mode: those without memory take all steps as one batch."""
    layers = [
        one if isinstance(one, neuron.BaseNode) else layer.SeqToANNContainer(one)
        for one in build(name, arrays, neurons)
    ]
    for one in layers:
        functional.set_step_mode(one, "m")
    return layers


def bptt(arrays, workload, threads):
    """A training step through time."""
    torch.set_num_threads(threads)
    layers = over_time(
        workload["net"],
        arrays,
        lambda: neuron.LIFNode(
            tau=2.0, decay_input=False, v_reset=None, surrogate_function=surrogate.ATan(2.0)
        ),
    )
    model = torch.nn.Sequential(*layers)

    def scores(x):
        functional.reset_net(model)
        return model(x.unsqueeze(0).repeat(workload["T"], *[1] * x.ndim)).mean(dim=0)

    return training([model], *batch(arrays, workload), scores)


def simulate(arrays, workload, threads):
    """A simulation of the converted network."""
    torch.set_num_threads(threads)
    layers = over_time(f"spiking {workload['net']}", arrays, lambda: neuron.IFNode(v_reset=None))
    neurons = [one for one in layers if isinstance(one, neuron.IFNode)]
    poisson = encoding.PoissonEncoder(step_mode="m")
    model = torch.nn.Sequential(*layers).eval()

    def run(x, counts):
        x_seq = x.unsqueeze(0).repeat(workload["T"], *[1] * x.ndim)
        if workload["encoder"] == "poisson":
            x_seq = poisson(x_seq)
        functional.reset_net(model)
        for one in neurons:
            one.v = 0.5
        if counts is None:
            return model(x_seq).mean(dim=0)
        found = []
        for one in layers:
            x_seq = one(x_seq)
            if one in neurons:
                found.append(x_seq.flatten(2).sum(dim=(0, 2)))
        counts.append(torch.stack(found))
        return x_seq.mean(dim=0)

    return simulation(arrays, workload, run)


if __name__ == "__main__":
    serve({"bptt": bptt, "simulate": simulate})
