"""Paper 2's surrogate that learns its width: which networks are trained, and how.

`surrogate` asks of digits: does a surrogate that learns its width find a good one? Six families,
fixed and learned, from narrow to wide starts. The *start* of a window is the half-width 1 / (2
h(0)) of the rectangle of equal height (`Surrogate.window`), in the unit of the potential: families
are compared at equal h(0). The start of 0.5 is every family's default alpha. A learned window stays
above `floor`. All arms of a seed share initial weights and the order of the images: before training
they send the same spikes and have the same loss. The last fifth of the training images is held out:
whoever chooses a width can do so by `validation_accuracy`. No weights are selected: those after the
last epoch count. The neuron is that of the code that the paper most likely builds on. The network
is dense and has no batch norm, so that nothing but the surrogate sees to gradients. The learning
rate was chosen among 0.05, 0.1 and 0.2 on the held-out images of seeds 10 to 12, with the default
width, and with momentum restarted in every epoch.

`surrogate_fashion` takes three families, a small CNN with batch norm and 12,000 training images of
Fashion-MNIST. Learning rate and the kinds of layers are our choice. Its committed table is of the
revision that its provenance names, which trained every epoch as a run of its own: with momentum
from zero, and a rate that fell epoch by epoch. Here momentum is kept and the rate falls step by
step.

`width_or_threshold` asks whether learning a surrogate's width is the same as learning the
threshold. Four arms: neither, alpha, threshold, both. Scaling the current, the threshold and the
width of a layer together changes nothing, so a learned threshold is a learned width and a rescaling
of the weights (chapter 09). What training makes of the two is measured here: dense networks with
and without batch norm, rectangular surrogates, three starts of the window, the threshold from 0.5.
"""

from dataclasses import dataclass

from studies.runner import Study
from studies.surrogate import jobs
from studies.surrogate.jobs import FAMILIES, LEARNED


@dataclass(frozen=True)
class Neuron:
    """Settings of the leaky neurons; these are the defaults of earlier code of the same authors."""

    beta: float = 0.25
    v_threshold: float = 0.5
    reset: str = "zero"


@dataclass(frozen=True)
class Net:
    """Convolutions (features, kernel, stride), "P" for pooling, dense widths; whether batch norm
    follows each hidden linear layer.
    """

    convolutions: tuple = ()
    dense: tuple[int, ...] = ()
    batch_norm: bool = False


@dataclass(frozen=True)
class Training:
    """How networks of spiking neurons are trained.

    Attributes
    ----------
    epochs, batch_size, learning_rate, weight_decay
        Of the training.
    flip : bool
        Whether images are mirrored at random.
    held_out : int
        The last training images that are not trained on: one part of so many.
    training_images : int or None
        How many of the others are trained on; None: all.
    neuron : Neuron
    """

    epochs: int
    batch_size: int
    learning_rate: float
    held_out: int
    flip: bool = False
    weight_decay: float = 0.0
    training_images: int | None = None
    neuron: Neuron = Neuron()


@dataclass(frozen=True, kw_only=True)
class Settings(Training):
    """What all arms of `surrogate` share: steps, the least window, from which starts a width is
    learned, and the network.
    """

    T: int = 4
    floor: float = 0.05
    learned_from: tuple[float, ...]
    net: Net


@dataclass(frozen=True, kw_only=True)
class WidthOrThreshold(Training):
    """What all arms of `width_or_threshold` share: steps, the least window, and the networks."""

    T: int = 4
    floor: float = 0.05
    nets: dict[str, Net]


DENSE = Net(dense=(64, 48, 32))

SURROGATE = Study(
    name="surrogate",
    title="a learned surrogate against fixed ones: six families, from narrow to wide starts",
    data=("digits",),
    columns=jobs.COLUMNS,
    run_job=jobs.run_job,
    settings=Settings(
        epochs=6,
        batch_size=32,
        learning_rate=0.1,
        held_out=5,
        learned_from=(0.25, 0.5, 4.0),
        net=DENSE,
    ),
    grid={
        "family": tuple(FAMILIES),
        "alpha": ("fixed", "learned"),
        "start": (0.25, 0.5, 1.0, 2.0, 4.0),
    },
    budget_minutes=5,
)

FASHION = Study(
    name="surrogate_fashion",
    title="the same on Fashion-MNIST: three families",
    data=("fashion-mnist",),
    columns=jobs.COLUMNS,
    run_job=jobs.run_job,
    settings=Settings(
        epochs=4,
        batch_size=128,
        learning_rate=0.05,
        held_out=10,
        flip=True,
        training_images=12_000,
        learned_from=(0.1, 0.5, 2.0),
        net=Net(((12, 5, 2), (24, 5, 2)), (64,), batch_norm=True),
    ),
    grid={
        "family": ("rectangular", "triangular", "arctan"),
        "alpha": ("fixed", "learned"),
        "start": (0.1, 0.25, 0.5, 1.0, 2.0),
    },
    seeds=3,
    budget_minutes=90,
)

WIDTH_OR_THRESHOLD = Study(
    name="width_or_threshold",
    title="a learned width against a learned threshold",
    data=("digits",),
    columns=jobs.WIDTH_OR_THRESHOLD_COLUMNS,
    run_job=jobs.run_width_or_threshold,
    settings=WidthOrThreshold(
        epochs=6,
        batch_size=32,
        learning_rate=0.1,
        held_out=5,
        nets={"plain": DENSE, "batch norm": Net(dense=(48, 32), batch_norm=True)},
    ),
    grid={"net": ("plain", "batch norm"), "start": (0.25, 0.5, 2.0), "learned": tuple(LEARNED)},
    budget_minutes=6,
)
