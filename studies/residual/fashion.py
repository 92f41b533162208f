"""The study `residual` on Fashion-MNIST: a wide and a narrow CNN, 10,000 test images.

The narrow network carries the ablations. Rectifiers and other starts of the thresholds have three
seeds, the rest five. Learning rate and weight decay are those of paper 3, whose thresholds start at
8: one of the ablations.
"""

from studies.residual.jobs import COLUMNS, arm, run_job
from studies.runner import Study

ARMS = {
    "wide, relu": arm("relu", net="wide", neighbours=True),
    "wide, qcfs": arm("qcfs", start=2.0, net="wide", neighbours=True),
    "wide, nq": arm("nq", start=2.0, net="wide"),
    "narrow, qcfs": arm("qcfs", start=2.0, net="narrow", neighbours=True),
    "narrow, nq": arm("nq", start=2.0, net="narrow"),
    "narrow, qcfs again": arm("qcfs", start=2.0, net="narrow", nudge=True),
    "narrow, qcfs from 8": arm("qcfs", start=8.0, net="narrow"),
    "narrow, qcfs from data": arm("qcfs", start="data", net="narrow"),
}

STUDY = Study(
    name="residual_fashion",
    title="the same on Fashion-MNIST, with a wide and a narrow CNN",
    data=("fashion-mnist",),
    columns=COLUMNS,
    run_job=run_job,
    settings={
        "epochs": 8,
        "batch size": 128,
        "learning rate": 0.05,
        "weight decay": 5e-4,
        "augmentation": {"pad": 0, "flip": True},
        "neighbours up to": 8,
        "arms": ARMS,
        "seeds of": {"wide, relu": 3, "narrow, qcfs from 8": 3, "narrow, qcfs from data": 3},
        "nets": {
            "wide": {"convolutions": (16, "P", 32, "P"), "dense": (128,)},
            "narrow": {"convolutions": (6, "P", 12, "P"), "dense": (48,)},
        },
    },
    grid={"arm": tuple(ARMS)},
    seeds=5,
    budget_minutes=90,
)
