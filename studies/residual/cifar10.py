"""The study `residual` on CIFAR-10: a network of 29 million multiply-adds that pools early, trained
with crops.

Network, batch and crops were chosen on the held-out images of another seed, in trials of eight and
twelve epochs. A checkpoint after every epoch: an interruption costs one.
"""

from studies.residual.jobs import COLUMNS, arm, run_job
from studies.runner import Study

ARMS = {"qcfs": arm("qcfs", start=2.0), "nq": arm("nq", start=2.0), "relu": arm("relu")}

STUDY = Study(
    name="residual_cifar10",
    title="the same on CIFAR-10, with five convolutions",
    data=("cifar10",),
    columns=COLUMNS,
    run_job=run_job,
    settings={
        "epochs": 20,
        "batch size": 64,
        "learning rate": 0.1,
        "weight decay": 5e-4,
        "augmentation": {"pad": 2, "flip": True},
        "neighbours up to": 8,
        "arms": ARMS,
        "steps": (1, 2, 4, 8, 16),
        "noise images": 2000,
        "seeds of": {"relu": 1},
        "nets": {"net": {"convolutions": (32, "P", 96, "P", 128, "P", 256, 256, "P"), "dense": ()}},
    },
    grid={"arm": tuple(ARMS)},
    seeds=2,
    budget_minutes=180,
)
