"""Paper 2's loss on the distribution of potentials: which networks are trained, and how.

`potential` asks of digits: spiking networks whose potentials are held to a distribution, does it
help, with and without batch norm? One job trains one network, an *arm* of the study, with T steps:
no penalty; the divergence of the potentials from a normal distribution in two forms and two weights
each (`snn.PotentialDistribution`; close to the target the Jensen-Shannon divergence is an eighth of
Jeffreys', so its weights are eight times as large); the penalties of its neighbours (`snn.RMPLoss`,
`snn.IMLoss`); and, with batch norm, what could do the same without a penalty: batch norm scaled to
the threshold, and a threshold that is learned. All arms of a seed and T share initial weights,
order of the images and epochs. The last tenth of the training images is held out; whoever chooses
between arms does so by `validation_accuracy`. No weights are selected: those after the last epoch
count. The learning rate was chosen without a penalty on the held-out images of other seeds.

`potential_fashion` does the same with a small CNN, 12,000 training and 10,000 test images of
Fashion-MNIST. Every arm is trained with T = 4; none and the four penalties of the paper, with batch
norm, with T = 2 and 6 as well, so that whoever reads the table can choose one of them at T = 4 by
its validation accuracy and look at it alone at the other T. Learning rate and network are our
choice.
"""

from dataclasses import dataclass

from studies.potential import jobs
from studies.runner import Study


@dataclass(frozen=True)
class Arm:
    """One way to train.

    Attributes
    ----------
    penalty : str or None
        "jeffreys", "jensen_shannon", "rmp" or "im".
    weight : float
        The penalty's.
    norm : bool
        Whether batch norm follows every hidden linear layer.
    scaled : bool
        Whether it is scaled to the threshold.
    learn_threshold : bool
    """

    penalty: str | None = None
    weight: float = 0.0
    norm: bool = True
    scaled: bool = False
    learn_threshold: bool = False


@dataclass(frozen=True)
class Neuron:
    """Settings of the leaky neurons, which reset to 0: those of earlier code of the same authors.
    `alpha` is the half-width of the rectangular surrogate.
    """

    beta: float = 0.25
    v_threshold: float = 0.5
    alpha: float = 0.5


@dataclass(frozen=True)
class Settings:
    """What all arms of a study share.

    Attributes
    ----------
    epochs, batch_size, learning_rate, weight_decay
        Of the training.
    arms : dict of str to Arm
    convolutions, dense : tuple
        Features, kernel and stride of the convolutions, "P" for pooling; widths.
    measured_images : int
        Held-out images at which potentials are looked at.
    neuron : Neuron
    target : tuple of float
        Mean and standard deviation that potentials are held to.
    training_images : int or None
        None: all that are not held out.
    first_T : int
        The steps with which every arm is trained.
    at_other_T : tuple of str
        Arms that are trained with the grid's other numbers of steps, too.
    """

    epochs: int
    batch_size: int
    learning_rate: float
    arms: dict[str, Arm]
    convolutions: tuple
    dense: tuple[int, ...]
    measured_images: int
    neuron: Neuron = Neuron()
    target: tuple[float, float] = (0.0, 1.0)
    weight_decay: float = 5e-4
    training_images: int | None = None
    first_T: int = 4
    at_other_T: tuple[str, ...] = ()


PENALTIES = {
    "none": (None, 0.0),
    "jeffreys 0.1": ("jeffreys", 0.1),
    "jeffreys 1": ("jeffreys", 1.0),
    "jensen-shannon 0.8": ("jensen_shannon", 0.8),
    "jensen-shannon 8": ("jensen_shannon", 8.0),
    "rmp": ("rmp", 0.1),
    "im": ("im", 0.1),
}
ARMS = {
    **{name: Arm(*penalty) for name, penalty in PENALTIES.items()},
    "scaled batch norm": Arm(scaled=True),
    "learned threshold": Arm(learn_threshold=True),
    **{f"{name}, no batch norm": Arm(*penalty, norm=False) for name, penalty in PENALTIES.items()},
}

POTENTIAL = Study(
    name="potential",
    title="spiking networks whose potentials are held to a distribution, with and without "
    "batch norm",
    data=("digits",),
    columns=jobs.COLUMNS,
    run_job=jobs.run_job,
    settings=Settings(
        epochs=8,
        batch_size=64,
        learning_rate=0.2,
        arms=ARMS,
        convolutions=((8, 3, 1), "P", (16, 3, 1), "P"),
        dense=(32,),
        measured_images=128,
    ),
    grid={"T": (4,), "arm": tuple(ARMS)},
    budget_minutes=5,
)

FASHION = Study(
    name="potential_fashion",
    title="the same on Fashion-MNIST, with a small CNN",
    data=("fashion-mnist",),
    columns=jobs.COLUMNS,
    run_job=jobs.run_job,
    settings=Settings(
        epochs=4,
        batch_size=128,
        learning_rate=0.05,
        arms=ARMS,
        convolutions=((12, 5, 2), "P", (24, 3, 1)),
        dense=(64,),
        measured_images=256,
        training_images=12_000,
        at_other_T=tuple(name for name in PENALTIES if name not in ("rmp", "im")),
    ),
    grid={"T": (4, 2, 6), "arm": tuple(ARMS)},
    seeds=3,
    budget_minutes=90,
)
