"""One spiking CNN: trained, and measured after some numbers of steps."""

from refsnn import snn
from studies.surrogate.jobs import DEFAULT, surrogate_of, trained, untrained
from studies.training import held_out


def run_fashion(job):
    """Train one network on `trained_T` steps; one row for each number of steps that it is measured
    at.
    """
    settings, data = job.settings, job.data
    net = untrained(job, settings.net, surrogate_of("rectangular", settings.window, learned=False))
    trained(job, net, job.point["trained_T"])

    _, (x_val, y_val) = held_out(data, settings.held_out)
    test, validation = (
        snn.simulate(net, images, settings.T[-1], threads=job.threads).accuracy(labels)
        for images, labels in ((data.x_test, data.y_test), (x_val, y_val))
    )
    return [
        {"T": T, "accuracy": test[T - 1], "validation_accuracy": validation[T - 1]}
        for T in settings.T
    ]


def run_cifar10(job):
    """Train one of the four; one row."""
    settings, point = job.settings, job.point
    surrogate = surrogate_of("rectangular", DEFAULT, point["width"] == "learned")
    penalty = None
    if point["penalty"] == "Jeffreys":
        distribution = settings.distribution
        penalty = snn.PotentialDistribution(distribution.target, distribution.weight)
    net = untrained(job, settings.net, surrogate, penalty=penalty)
    return [trained(job, net, settings.T)]
