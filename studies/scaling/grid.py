"""Accuracy against T by scaling rule: how fast does a converted network come up to its ANN?

All rules of a seed share the trained network and, with Poisson input, the same random spikes, so
differences between rules are paired. Nothing is chosen on the test images: the whole grid is the
result.
"""

from dataclasses import dataclass

from studies.runner import Study
from studies.scaling import jobs


@dataclass(frozen=True)
class Settings:
    """How the network is trained, converted and simulated."""

    T: int
    epochs: int
    batch_size: int
    learning_rate: float
    weight_decay: float
    calibration_images: int


STUDY = Study(
    name="scaling",
    title="accuracy against T by scaling rule, direct and Poisson input",
    data=("digits",),
    columns=("seed", "input", "scaling", "T", "accuracy", "ann_accuracy"),
    run_job=jobs.run_job,
    settings=Settings(
        T=64,
        epochs=15,
        batch_size=64,
        learning_rate=0.2,
        weight_decay=0.0,
        calibration_images=500,
    ),
    seeds=5,
    budget_minutes=5,
)
