"""The study `surrogate` on Fashion-MNIST: three families, a small CNN, 12,000 training and 10,000
test images.

Learning rate and the kinds of layers are our choice.
"""

from studies.runner import Study
from studies.surrogate.jobs import COLUMNS, NEURON, run_job

STUDY = Study(
    name="surrogate_fashion",
    title="the same on Fashion-MNIST: three families",
    data=("fashion-mnist",),
    columns=COLUMNS,
    run_job=run_job,
    settings={
        "T": 4,
        "epochs": 4,
        "batch size": 128,
        "learning rate": 0.05,
        "flip": True,
        "floor": 0.05,
        "held out": 10,
        "training images": 12_000,
        "learned from": (0.1, 0.5, 2.0),
        "neuron": NEURON,
        "net": {"convolutions": ((12, 5, 2), (24, 5, 2)), "dense": (64,), "batch norm": True},
    },
    grid={
        "family": ("rectangular", "triangular", "arctan"),
        "alpha": ("fixed", "learned"),
        "start": (0.1, 0.25, 0.5, 1.0, 2.0),
    },
    seeds=3,
    budget_minutes=90,
)
