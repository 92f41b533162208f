"""How good is a spiking CNN that is trained in four steps on Fashion-MNIST?

Two convolutions and a dense layer with batch norm, a rectangular surrogate of default width, 8
epochs, 5 seeds. Each network is measured after 1, 2, 4, 6 and 8 steps. A tenth of the training
images is held out, and nothing is chosen by it; the last weights count.
"""

from refsnn import snn
from studies.runner import Study
from studies.surrogate.jobs import NEURON, split, surrogate_of, train, untrained

STEPS = (1, 2, 4, 6, 8)


def run_job(job):
    """Train one network on `trained_T` steps; one row for each number of steps that it is measured
    at.
    """
    (x, y), held_out = split(job)
    surrogate = surrogate_of("rectangular", job.settings["window"], learned=False)
    net = train(job, untrained(job, x.shape[1:], surrogate), job.point["trained_T"], x, y)
    test, validation = (
        snn.simulate(net, images, STEPS[-1], threads=job.threads).accuracy(labels)
        for images, labels in ((job.data.x_test, job.data.y_test), held_out)
    )
    return [
        {"T": T, "accuracy": test[T - 1], "validation_accuracy": validation[T - 1]} for T in STEPS
    ]


STUDY = Study(
    name="spiking_fashion",
    title="a spiking CNN trained on 4 steps of Fashion-MNIST",
    data=("fashion-mnist",),
    columns=("trained_T", "seed", "T", "accuracy", "validation_accuracy"),
    run_job=run_job,
    settings={
        "epochs": 8,
        "batch size": 128,
        "learning rate": 0.05,
        "flip": True,
        "held out": 10,
        "window": 0.5,
        "neuron": NEURON,
        "net": {
            "convolutions": ((16, 3, 1), "P", (32, 3, 1), "P"),
            "dense": (128,),
            "batch norm": True,
        },
    },
    grid={"trained_T": (4,)},
    seeds=5,
    budget_minutes=90,
)
