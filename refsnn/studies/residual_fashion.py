"""The study `residual` on Fashion-MNIST: a wide and a narrow CNN, 10,000 test images.

The narrow network carries the ablations: levels, starts of the thresholds, steps of the measurement. Start, learning
rate and weight decay are those that were used for the digits.
"""
from refsnn.studies.residual import COLUMNS, arm, run_job
from refsnn.study import Study

WIDE = {name: arm(name, net="wide", neighbours=name != "nq") for name in ("relu", "qcfs", "nq")}
NARROW = {
    "relu": arm("relu"), "qcfs": arm("qcfs"), "nq": arm("nq"), "nq with mean": arm("nq", mean=True),
    "nq at T = 2": arm("nq", steps=2), "qcfs again": arm("qcfs", nudge=True), "qcfs from 2": arm("qcfs", start=2.0),
    "qcfs from 8": arm("qcfs", start=8.0), "nq from 8": arm("nq", start=8.0),
    "qcfs from data": arm("qcfs", start="data"),
}
ARMS = {f"wide, {name}": which for name, which in WIDE.items()} | {
    f"narrow, {name}": which | {"net": "narrow"} for name, which in NARROW.items()}

STUDY = Study(
    name="residual_fashion",
    title="the same on Fashion-MNIST, with a wide and a narrow CNN",
    data=("fashion-mnist",),
    columns=COLUMNS,
    run_job=run_job,
    settings={"epochs": 8, "batch size": 128, "learning rate": 0.1, "weight decay": 5e-4,
              "augmentation": {"pad": 0, "flip": True}, "neighbours up to": 8, "arms": ARMS,
              "nets": {"wide": {"convolutions": (16, "P", 32, "P"), "dense": (128,)},
                       "narrow": {"convolutions": (6, "P", 12, "P"), "dense": (48,)}}},
    grid={"arm": tuple(ARMS)},
    seeds=5,
    budget_minutes=90,
)
