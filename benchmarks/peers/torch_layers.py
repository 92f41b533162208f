"""What the peers that build on PyTorch share: layers from arrays, training steps, simulation step
by step.
"""

import numpy as np
import torch


def build(name, arrays, neurons):
    """The network's layers, channel first; `neurons()` makes what stands in the place of an
    activation.
    """
    layers, channels = [], 1
    for i, kind in enumerate(arrays[f"{name}.layers"]):
        weight = arrays.get(f"{name}.{i}.weight")
        if kind == "Conv2d":
            channels = weight.shape[3]
            layer = torch.nn.Conv2d(
                weight.shape[2], channels, weight.shape[0], padding=weight.shape[0] // 2
            )
            weight = weight.transpose(3, 2, 0, 1)
        elif kind == "Dense":  # the features of the first come channel last
            weight = (
                weight.reshape(-1, channels, weight.shape[1]).swapaxes(0, 1).reshape(weight.shape).T
            )
            layer, channels = torch.nn.Linear(*weight.shape[::-1]), 1
        elif kind in ("ReLU", "IF"):
            layer = neurons()
        else:
            layer = torch.nn.AvgPool2d(2) if kind == "AvgPool2d" else torch.nn.Flatten()
        if weight is not None:
            layer.weight.data = torch.tensor(np.ascontiguousarray(weight))
            layer.bias.data = torch.tensor(arrays[f"{name}.{i}.bias"])
        layers.append(layer)
    return layers


def batch(arrays, workload):
    """The workload's images, channel first, and their labels."""
    x, y = (torch.tensor(arrays[name][: workload["images"]]) for name in ("x", "y"))
    return x.permute(0, 3, 1, 2).contiguous(), y


def training(layers, x, y, scores):
    """Steps of SGD with momentum on one batch, and the loss and gradient of the first; `scores(x)`
    runs the layers.
    """
    model, criterion = torch.nn.ModuleList(layers), torch.nn.CrossEntropyLoss()
    optimiser = torch.optim.SGD(model.parameters(), lr=1e-3, momentum=0.9)

    def gradients():
        optimiser.zero_grad()
        loss = criterion(scores(x), y)
        loss.backward()
        return loss

    def work():
        gradients()
        optimiser.step()

    def result():
        loss, first = gradients().item(), next(model.parameters()).grad.numpy()
        return {
            "loss": loss,
            "gradient": first.transpose(2, 3, 1, 0) if first.ndim == 4 else first.T,
        }

    return work, result


def stepped(layers, x_seq, start, counts=None):
    """The mean output of a network run step by step, neurons as `layer(current, state)`, first
    state `start(current)`.

    `counts`, if given, is a list that gets the spikes of every neuron layer and image.
    """
    states, total, spikes = {}, 0, {}
    for x in x_seq:
        h = x
        for i, layer in enumerate(layers):
            if getattr(layer, "spiking", False):
                h, states[i] = layer(h, states[i] if i in states else start(h))
                if counts is not None:
                    spikes[i] = spikes.get(i, 0) + h.flatten(1).sum(dim=1)
            else:
                h = layer(h)
        total = total + h
    if counts is not None:
        counts.append(torch.stack([spikes[i] for i in sorted(spikes)]))
    return total / len(x_seq)


def spiking(module):
    """Mark a module as neurons."""
    module.spiking = True
    return module


def simulation(arrays, workload, run):
    """Work and result of a simulation; `run(images, counts)` simulates them and appends their
    spikes to `counts`.
    """
    x, _ = batch(arrays, workload)

    def work():
        with torch.no_grad():
            return run(x, None)

    def result():
        counts = []
        with torch.no_grad():
            run(x, counts)
        return {"counts": counts[0].numpy().astype(np.int64)}

    return work, result
