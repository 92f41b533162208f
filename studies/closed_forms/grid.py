"""Closed forms against simulation.

`gaps` sets every closed form beside a simulation of what it describes: the last column of the
theorem index.

`prediction` asks how far one may trust the predicted accuracy of a whole network, and where that
ends: by the count closure, and by rectified Gaussians. `simulated_se` is the standard error over
runs: the noise of spikes alone, for the images are the same. Nothing is chosen on the test images:
the whole grid is the result, and the constants of the closure were fixed before.
"""

from dataclasses import dataclass

from studies.closed_forms import check, prediction
from studies.runner import Study


@dataclass(frozen=True)
class Check:
    """The network whose first neurons are watched, and how long."""

    width: int
    epochs: int
    max_rate: float
    T: int
    trials: int  # how often an image is shown
    neurons: int
    images: int
    runs: int  # of the whole network on the test images


@dataclass(frozen=True)
class Prediction:
    """How networks are trained, and on what they are tested, dense and convolutional ones apart."""

    width: int
    training_images: int
    training_steps: int
    batch_size: int
    learning_rate: float
    max_rates: tuple[float, ...]
    T: dict[str, tuple[int, ...]]
    test_images: dict[str, int]
    simulated_images: dict[str, int]  # test images times runs


GAPS = Study(
    name="gaps",
    title="the gap between each closed form and a simulation, for the theorem index",
    data=("digits",),
    columns=("seed", "closed_form", "relation", "setting", "value", "simulated", "standard_error"),
    run_job=check.run_job,
    settings=Check(
        width=64,
        epochs=10,
        max_rate=0.5,
        T=32,
        trials=20_000,
        neurons=8,
        images=3,
        runs=10,
    ),
    seeds=1,
    budget_minutes=2,
)

PREDICTION = Study(
    name="prediction",
    title="accuracy predicted in closed form against simulated accuracy, by depth, rate and T",
    data=("digits", "fashion-mnist"),
    columns=(
        *("network", "seed", "max_rate", "T", "ann_accuracy", "simulated", "simulated_se"),
        *("predicted", "rectified", "sigma", "skew", "outside"),
    ),
    run_job=prediction.run_job,
    settings=Prediction(
        width=128,
        training_images=10_000,
        training_steps=1_000,
        batch_size=64,
        learning_rate=0.1,
        max_rates=(1.0, 0.2, 0.1, 0.05),
        T={"dense": (4, 8, 12, 16, 32, 64, 128), "convolutional": (4, 8, 12, 16, 32, 64)},
        test_images={"dense": 1_000, "convolutional": 200},
        simulated_images={"dense": 8_000, "convolutional": 4_000},
    ),
    grid={"network": ("1 hidden", "2 hidden", "3 hidden", "convolutional")},
    seeds=3,
    budget_minutes=60,
)
