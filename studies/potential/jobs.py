"""One spiking network, its potentials held to a distribution or not: trained and measured.

One row per layer of spiking neurons, on held-out images before and after training, with the
statistics of their own batch where there is batch norm: mean and standard deviation of the
potentials, their Jeffreys divergence from the target, the share inside the surrogate's window and
the quantisation error near the firing band (`snn.summary`).
"""

import numpy as np

from refsnn import nn, snn, theory
from studies import networks
from studies.training import held_out, train

# Columns, and what `snn.summary` calls them.
MEASURED = {"mean": "mean", "std": "std", "window": "inside", "error": "error"}
COLUMNS = (
    "T",
    "arm",
    "seed",
    "layer",
    "accuracy",
    "validation_accuracy",
    *(f"{name}_{when}" for when in ("before", "after") for name in (*MEASURED, "divergence")),
)


def penalty_of(arm, target):
    """The arm's penalty, or None."""
    if arm.penalty is None:
        return None
    if arm.penalty == "rmp":
        return snn.RMPLoss(arm.weight)
    if arm.penalty == "im":
        return snn.IMLoss(arm.weight)
    return snn.PotentialDistribution(target, arm.weight, arm.penalty)


def network(settings, arm, shape, rng):
    """An arm's network before training: convolutions, pooling and a dense layer of the settings,
    with batch norm if the arm has any, and leaky neurons that reset to 0.
    """
    penalty, neuron = penalty_of(arm, settings.target), settings.neuron
    scale = neuron.v_threshold if arm.scaled else 1.0

    def after(features, dense):
        norm = [nn.BatchNorm(features, scale)] if arm.norm else []
        neurons = snn.LIF(
            neuron.beta,
            v_threshold=neuron.v_threshold,
            reset="zero",
            surrogate=snn.Rectangular(neuron.alpha),
            learn_threshold=arm.learn_threshold,
            penalty=penalty,
        )
        return [*norm, neurons]

    return networks.network(shape, settings.convolutions, settings.dense, rng, after=after)


def measure(net, x, T, target):
    """What each layer of spiking neurons does at the images x, and its divergence from the
    target.
    """
    _, caches = net.forward(np.tile(x, (T, 1, 1, 1)), nn.Run(T=T, train=True))
    numbers = []
    for layer, cache in zip(net, caches, strict=True):
        if layer.spiking:
            seen = snn.summary(layer, cache)
            named = {column: seen[name] for column, name in MEASURED.items()}
            divergence = theory.gaussian_jeffreys(seen["mean"], seen["std"], *target).value
            numbers.append({**named, "divergence": divergence})
    return numbers


def run_job(job):
    """Train one arm; one row per layer of spiking neurons. Where the study has several T, some arms
    are trained at the first only.
    """
    settings, data = job.settings, job.data
    T, name = job.point["T"], job.point["arm"]
    if T != settings.first_T and name not in settings.at_other_T:
        return []
    (x, y), (x_val, y_val) = held_out(data, 10, settings.training_images)
    few = x_val[: settings.measured_images]
    rng = np.random.default_rng([job.seed, 0])
    net = network(settings, settings.arms[name], x.shape[1:], rng)

    before = measure(net, few, T, settings.target)
    train(job, net, x, y, T=T)
    after = measure(net, few, T, settings.target)
    accuracies = {
        "accuracy": net.accuracy(data.x_test, data.y_test, T=T, threads=job.threads),
        "validation_accuracy": net.accuracy(x_val, y_val, T=T, threads=job.threads),
    }
    rows = []
    for layer, (old, new) in enumerate(zip(before, after, strict=True), start=1):
        was = {f"{column}_before": value for column, value in old.items()}
        is_now = {f"{column}_after": value for column, value in new.items()}
        rows.append({"layer": layer, **accuracies, **was, **is_now})
    return rows
