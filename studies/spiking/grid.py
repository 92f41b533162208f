"""How far spiking networks of paper 2's kind come: two CNNs, trained and measured.

`spiking_fashion` asks how good a spiking CNN is that is trained in four steps on Fashion-MNIST: two
convolutions and a dense layer with batch norm, a rectangular surrogate of default width, 8 epochs,
5 seeds. Each network is measured after 1, 2, 4, 6 and 8 steps.

`spiking_cifar10` is an illustration, not a comparison: four spiking CNNs trained in two steps on
CIFAR-10, one seed. A rectangular surrogate of default width or one that learns its width, without
or with a penalty that holds potentials to a normal distribution (`snn.PotentialDistribution`,
Jeffreys form). The four share initial weights and the order of the images, which are mirrored at
random. One seed says nothing of which is better: `surrogate` and `potential` ask that.

A tenth of the training images is held out, and nothing is chosen by it; the last weights count. The
committed tables are of the revision that their provenance names, which trained every epoch as a run
of its own: with momentum from zero, and a rate that fell epoch by epoch. Here momentum is kept and
the rate falls step by step.
"""

from dataclasses import dataclass

from studies.runner import Study
from studies.spiking import jobs
from studies.surrogate.grid import Net, Training


@dataclass(frozen=True, kw_only=True)
class Fashion(Training):
    """Settings of `spiking_fashion`: the steps after which is measured, the window, the network."""

    T: tuple[int, ...]
    window: float
    net: Net


@dataclass(frozen=True)
class Distribution:
    """The penalty's target, mean and standard deviation, and its weight."""

    target: tuple[float, float]
    weight: float


@dataclass(frozen=True, kw_only=True)
class Cifar10(Training):
    """Settings of `spiking_cifar10`: steps, the penalty, the network."""

    T: int
    distribution: Distribution
    net: Net


FASHION = Study(
    name="spiking_fashion",
    title="a spiking CNN trained on 4 steps of Fashion-MNIST",
    data=("fashion-mnist",),
    columns=("trained_T", "seed", "T", "accuracy", "validation_accuracy"),
    run_job=jobs.run_fashion,
    settings=Fashion(
        epochs=8,
        batch_size=128,
        learning_rate=0.05,
        flip=True,
        held_out=10,
        T=(1, 2, 4, 6, 8),
        window=0.5,
        net=Net(((16, 3, 1), "P", (32, 3, 1), "P"), (128,), batch_norm=True),
    ),
    grid={"trained_T": (4,)},
    budget_minutes=90,
)

CIFAR10 = Study(
    name="spiking_cifar10",
    title="four spiking CNNs in two steps of CIFAR-10, an illustration with one seed",
    data=("cifar10",),
    columns=("width", "penalty", "seed", "accuracy", "validation_accuracy"),
    run_job=jobs.run_cifar10,
    settings=Cifar10(
        epochs=3,
        batch_size=128,
        learning_rate=0.05,
        flip=True,
        held_out=10,
        T=2,
        distribution=Distribution(target=(0.0, 1.0), weight=0.1),
        net=Net(((32, 3, 1), "P", (64, 3, 1), "P", (128, 3, 1), "P"), batch_norm=True),
    ),
    grid={"width": ("fixed", "learned"), "penalty": ("none", "Jeffreys")},
    seeds=1,
    budget_minutes=30,
)
