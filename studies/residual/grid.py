"""Paper 3's studies: which networks are trained, and how.

`residual` asks of digits: accuracy in 1 to 32 steps, does training with the residual error as noise
help, and what do its neighbours do? One job trains one network, an *arm* of the study. All arms of
a seed share initial weights, order of the images and epochs. The last tenth of the training images
is held out: the noise is measured on it, and whoever chooses between arms can do so by
`validation_accuracy`. No weights are selected: those after the last epoch count. `ann_accuracy` is
the network's own on the test images, without noise. Each network is converted as its paper says,
and the corrections that need no training are applied to the same copy; their first runs are in
`extra_steps`. The arm "qcfs again" repeats a seed with one initial weight changed in its last bit:
what differs from "qcfs" is chance. Learning rate and start were chosen on the held-out images of
other seeds, when momentum still began anew in every epoch.

`residual_fashion` does the same with a wide and a narrow CNN on Fashion-MNIST and its 10,000 test
images. The narrow network carries the ablations. Rectifiers and other starts of the thresholds have
three seeds, the rest five. Learning rate and weight decay are those of paper 3, whose thresholds
start at 8: one of the ablations.

`residual_cifar10` trains a network of 29 million multiply-adds that pools early, with crops.
Network, batch and crops were chosen on the held-out images of another seed, in trials of eight and
twelve epochs.

`residual_background` undoes the first layer's rounding in parts of the image, see `background`. Its
networks are those of `residual_fashion`, trained in the same way from the same weights.

The committed tables of `residual_fashion`, `residual_cifar10` and `residual_background` are of the
revision that their provenance names, which trained every epoch as a run of its own: with momentum
from zero, and a rate that fell epoch by epoch. Here momentum is kept and the rate falls step by
step.
"""

from dataclasses import dataclass, field, replace

from studies.residual import background, jobs
from studies.runner import Study


@dataclass(frozen=True)
class Arm:
    """One way to train.

    Attributes
    ----------
    activation : str
        "relu", "qcfs", or "nq": QCFS with the residual error as noise.
    levels : int
        L of QCFS.
    start : float or "data"
        Of the thresholds; "data": set from training images.
    noise_T : int
        Steps after which the residual error is measured.
    mean : bool
        Whether the noise has the error's mean, too.
    net : str
        Name of the network in the study's `nets`.
    one_bit : bool
        Whether one initial weight is changed in its last bit.
    neighbours : bool
        Whether the corrections that need no training are applied.
    """

    activation: str
    levels: int = 4
    start: float | str = 1.0
    noise_T: int = 4
    mean: bool = False
    net: str = "net"
    one_bit: bool = False
    neighbours: bool = False


@dataclass(frozen=True)
class Net:
    """Features of the 3 x 3 convolutions, "P" for pooling, and widths of the dense layers."""

    convolutions: tuple
    dense: tuple[int, ...] = ()


@dataclass(frozen=True)
class Settings:
    """What all arms of a study share.

    Attributes
    ----------
    epochs, batch_size, learning_rate, weight_decay
        Of the training.
    pad, flip : int, bool
        How training images are shifted and mirrored.
    arms : dict of str to Arm
    nets : dict of str to Net
    T : tuple of int
        Steps of a converted network after which its accuracy is told.
    neighbours_up_to : int
        Steps up to which corrections are applied.
    noise_images : int or None
        Held-out images on which the noise is measured; None: all.
    seeds_of : dict of str to int
        Arms with fewer seeds than the study, and how many.
    """

    epochs: int
    batch_size: int
    learning_rate: float
    neighbours_up_to: int
    arms: dict[str, Arm]
    nets: dict[str, Net]
    weight_decay: float = 5e-4
    pad: int = 0
    flip: bool = False
    T: tuple[int, ...] = (1, 2, 4, 8, 16, 32)
    noise_images: int | None = None
    seeds_of: dict[str, int] = field(default_factory=dict)


# --- the digits ---

ARMS = {
    "relu": Arm("relu", neighbours=True),
    **{
        f"{name}, L = {levels}": Arm(name, levels, noise_T=levels, neighbours=levels == 4)
        for levels in (2, 4, 8)
        for name in ("qcfs", "nq")
    },
    "nq with mean": Arm("nq", mean=True),
    "nq at T = 2": Arm("nq", noise_T=2),
    "qcfs again": Arm("qcfs", one_bit=True),
    "qcfs from 8": Arm("qcfs", start=8.0),
}

RESIDUAL = Study(
    name="residual",
    title="accuracy in few steps: QCFS, residual error as noise, and corrections after training",
    data=("digits",),
    columns=jobs.COLUMNS,
    run_job=jobs.run_job,
    settings=Settings(
        epochs=15,
        batch_size=32,
        learning_rate=0.1,
        neighbours_up_to=32,
        arms=ARMS,
        nets={"net": Net((16, "P", 32, "P"), (64,))},
    ),
    grid={"arm": tuple(ARMS)},
    budget_minutes=5,
)


# --- Fashion-MNIST ---

FASHION_ARMS = {
    "wide, relu": Arm("relu", net="wide", neighbours=True),
    "wide, qcfs": Arm("qcfs", start=2.0, net="wide", neighbours=True),
    "wide, nq": Arm("nq", start=2.0, net="wide"),
    "narrow, qcfs": Arm("qcfs", start=2.0, net="narrow", neighbours=True),
    "narrow, nq": Arm("nq", start=2.0, net="narrow"),
    "narrow, qcfs again": Arm("qcfs", start=2.0, net="narrow", one_bit=True),
    "narrow, qcfs from 8": Arm("qcfs", start=8.0, net="narrow"),
    "narrow, qcfs from data": Arm("qcfs", start="data", net="narrow"),
}

FASHION = Study(
    name="residual_fashion",
    title="the same on Fashion-MNIST, with a wide and a narrow CNN",
    data=("fashion-mnist",),
    columns=jobs.COLUMNS,
    run_job=jobs.run_job,
    settings=Settings(
        epochs=8,
        batch_size=128,
        learning_rate=0.05,
        flip=True,
        neighbours_up_to=8,
        arms=FASHION_ARMS,
        seeds_of={"wide, relu": 3, "narrow, qcfs from 8": 3, "narrow, qcfs from data": 3},
        nets={
            "wide": Net((16, "P", 32, "P"), (128,)),
            "narrow": Net((6, "P", 12, "P"), (48,)),
        },
    ),
    grid={"arm": tuple(FASHION_ARMS)},
    budget_minutes=90,
)

BACKGROUND = Study(
    name="residual_background",
    title="one step on Fashion-MNIST, with the first layer's rounding undone in the "
    "background, or in the rest",
    data=("fashion-mnist",),
    columns=background.COLUMNS,
    run_job=background.run_job,
    settings=replace(FASHION.settings, T=(1,), seeds_of={}),
    grid={"arm": ("wide, qcfs", "narrow, qcfs")},
    budget_minutes=40,
)


# --- CIFAR-10 ---

CIFAR_ARMS = {"qcfs": Arm("qcfs", start=2.0), "nq": Arm("nq", start=2.0), "relu": Arm("relu")}

CIFAR10 = Study(
    name="residual_cifar10",
    title="the same on CIFAR-10, with five convolutions",
    data=("cifar10",),
    columns=jobs.COLUMNS,
    run_job=jobs.run_job,
    settings=Settings(
        epochs=20,
        batch_size=64,
        learning_rate=0.1,
        pad=2,
        flip=True,
        neighbours_up_to=8,
        arms=CIFAR_ARMS,
        T=(1, 2, 4, 8, 16),
        noise_images=2000,
        seeds_of={"relu": 1},
        nets={"net": Net((32, "P", 96, "P", 128, "P", 256, 256, "P"))},
    ),
    grid={"arm": tuple(CIFAR_ARMS)},
    seeds=2,
    budget_minutes=180,
)
