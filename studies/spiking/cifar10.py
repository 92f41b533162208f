"""An illustration, not a comparison: four spiking CNNs trained in two steps on CIFAR-10, one seed.

A rectangular surrogate of default width or one that learns its width, without or with a penalty
that holds potentials to a normal distribution (`snn.PotentialDistribution`, Jeffreys form). The
four share initial weights and the order of the images, which are mirrored at random. One seed says
nothing of which is better: `surrogate` and `potential` ask that. A tenth of the training images is
held out, and nothing is chosen by it; the last weights count.
"""

from refsnn import snn
from studies.runner import Study
from studies.surrogate.jobs import DEFAULT, NEURON, split, surrogate_of, train, untrained


def run_job(job):
    """Train one of the four; one row."""
    settings, point = job.settings, job.point
    (x, y), held_out = split(job)
    surrogate = surrogate_of("rectangular", DEFAULT, point["width"] == "learned")
    penalty = (
        snn.PotentialDistribution(**settings["distribution"])
        if point["penalty"] == "Jeffreys"
        else None
    )
    net = train(job, untrained(job, x.shape[1:], surrogate, penalty), settings["T"], x, y)
    test, validation = (
        net.accuracy(images, labels, T=settings["T"], threads=job.threads)
        for images, labels in ((job.data.x_test, job.data.y_test), held_out)
    )
    return [{"accuracy": test, "validation_accuracy": validation}]


STUDY = Study(
    name="spiking_cifar10",
    title="four spiking CNNs in two steps of CIFAR-10, an illustration with one seed",
    data=("cifar10",),
    columns=("width", "penalty", "seed", "accuracy", "validation_accuracy"),
    run_job=run_job,
    settings={
        "T": 2,
        "epochs": 3,
        "batch size": 128,
        "learning rate": 0.05,
        "flip": True,
        "held out": 10,
        "neuron": NEURON,
        "distribution": {"target": (0.0, 1.0), "weight": 0.1},
        "net": {
            "convolutions": ((32, 3, 1), "P", (64, 3, 1), "P", (128, 3, 1), "P"),
            "dense": (),
            "batch norm": True,
        },
    },
    grid={"width": ("fixed", "learned"), "penalty": ("none", "Jeffreys")},
    seeds=1,
    budget_minutes=30,
)
