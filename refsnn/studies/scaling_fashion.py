"""The study `scaling` on Fashion-MNIST, with a deeper CNN: 10,000 test images.

Learning rate, weight decay and batch size were chosen on the last 6,000 training images, by
training on the others; the networks of the study are trained on all.
"""

from refsnn.studies.scaling import STUDY as DIGITS
from refsnn.studies.scaling import run_job
from refsnn.study import Study

STUDY = Study(
    name="scaling_fashion",
    title="the same on Fashion-MNIST, with a deeper CNN",
    data=("fashion-mnist",),
    columns=DIGITS.columns,
    run_job=run_job,
    settings={
        "T": 64,
        "epochs": 8,
        "batch size": 128,
        "calibration images": 500,
        "SGD": {"learning_rate": 0.1, "weight_decay": 5e-4},
    },
    seeds=3,
    budget_minutes=60,
)
