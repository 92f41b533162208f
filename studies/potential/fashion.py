"""The study `potential` on Fashion-MNIST: a small CNN, 12,000 training and 10,000 test images.

Every arm is trained with T = 4; none and the four penalties of the paper, with batch norm, with T =
2 and 6 as well, so that whoever reads the table can choose one of them at T = 4 by its validation
accuracy and look at it alone at the other T. Learning rate and network are our choice.
"""

from studies.potential.jobs import ARMS, COLUMNS, NEURON, PENALTIES, run_job
from studies.runner import Study

STUDY = Study(
    name="potential_fashion",
    title="the same on Fashion-MNIST, with a small CNN",
    data=("fashion-mnist",),
    columns=COLUMNS,
    run_job=run_job,
    settings={
        "epochs": 4,
        "batch size": 128,
        "learning rate": 0.05,
        "weight decay": 5e-4,
        "target": (0.0, 1.0),
        "training images": 12_000,
        "neuron": NEURON,
        "measured images": 256,
        "arms": ARMS,
        "at other T": tuple(name for name in PENALTIES if name not in ("rmp", "im")),
        "convolutions": ((12, 5, 2, 2), (24, 3, 1, 1)),
        "dense": 64,
    },
    grid={"T": (4, 2, 6), "arm": tuple(ARMS)},
    seeds=3,
    budget_minutes=90,
)
