"""Paper 1's studies: which networks, conversions, rates and steps are compared.

`l4` compares every rule on the same networks, images and random spikes, so all differences within a
seed are paired. In the setting "tuned", gain and initial potential are chosen for every rule, rate
and T on validation images: training images on which no weight was trained. The settings "default"
(gain 1, v_init 1/2), "v_init 0" and "hard reset" choose nothing. Test images choose nothing
anywhere; the accuracies on them are the result. `L4 permuted` hands L4's factors to the wrong
neurons; in the incoming form it also changes the rectifier network, so look at `rectified` beside
it.

`l4_confirm` measures the largest gain again: the largest of many noisy differences is an
overestimate. So the cell (network, rate, T, form) with the largest mean gain on *validation* images
was fixed first, once among the untuned conversions and once among the tuned ones (a test compares
them with the committed table of `l4`); here it is measured on test images with networks of other
seeds.

`l4_theory` asks whether the closed form foresees which rule wins, and at which T the difference is
gone: networks of one hidden layer, converted at gain 1 and v_init 1/2. For each rate and T the
accuracy is predicted (`predict.predict_accuracy`), and simulated several times on the same test
images; `simulated_se` is the standard error over these runs, the noise of spikes alone.
"""

from dataclasses import dataclass

from studies.l4 import jobs
from studies.runner import Study

NETWORKS = (
    "MLP plain",
    "MLP dropout",
    "MLP sparse",
    "MLP unit",
    "deep MLP plain",
    "deep MLP unit",
    "CNN plain",
    "CNN unit",
)


@dataclass(frozen=True)
class Arm:
    """One conversion, in the columns of the table.

    A plain scaling has the form "scaling"; a rule that adjusts weights has the form and the
    exponent of its factors, and "none" adjusts nothing.
    """

    rule: str
    form: str = "incoming"
    exponent: float = 1.0


PLAIN = Arm("none", "incoming", 0.0)
PER_NEURON = Arm("per neuron", "scaling", 0.0)
L4, L2, SIGMA, PERMUTED = (Arm(rule) for rule in ("L4", "L2", "sigma", "L4 permuted"))
COMPENSATED, ACTIVATION = (Arm(rule, "compensated") for rule in ("L4", "activation"))
DOSES = tuple(Arm("L4", exponent=exponent) for exponent in (-1.0, 0.5, 2.0, 4.0))
SCALINGS = tuple(
    Arm(rule, "scaling", 0.0)
    for rule in ("unscaled", "maximum", "per neuron", "balanced", "model-based")
)
MAP = (PLAIN, L4, COMPENSATED)


@dataclass(frozen=True)
class Block:
    """Arms that are simulated in one setting, at one rate and up to a number of steps."""

    setting: str
    max_rate: float
    T_last: int
    arms: tuple[Arm, ...]


@dataclass(frozen=True)
class Cell:
    """A network, rate, T and form of the L4 rule."""

    network: str
    max_rate: float
    T: int
    form: str


@dataclass(frozen=True)
class Settings:
    """What all networks share; where the two data sets differ, by their names."""

    T: tuple[int, ...]
    gains: tuple[float, ...]  # tried where a conversion is tuned; of equals, the first is taken
    v_inits: tuple[float, ...]  # tried with each gain
    held_out: dict[str, int]  # training images on which no weight is trained
    validation_images: int  # how many of those choose, at most
    calibration_images: int  # how many of the others conversion measures scales on
    percentile: float
    width: dict[str, int]  # hidden neurons of each dense layer
    epochs: dict[str, int]
    batch_size: dict[str, int]
    learning_rate: dict[str, float]  # by how a network is trained
    dropout: float
    l1: float

    def plan(self, network):
        """The blocks of a network, in the order of the table.

        Tuning costs twelve conversions per arm, so tuned rows end at T = 32, and at 16 for rate 1,
        where accuracies are nearest to the artificial network's; untuned ones go on to 64.
        """
        if network.startswith("CNN"):  # three times as slow: fewer arms, and one rate
            arms = (PLAIN, PER_NEURON, L2, L4, PERMUTED)
            return [Block("tuned", 1.0, 16, arms), Block("default", 1.0, 64, MAP)]

        arms = (PLAIN, PER_NEURON, L2, L4, SIGMA, PERMUTED, COMPENSATED, ACTIVATION)
        blocks = [Block("tuned", 1.0, 16, arms), Block("tuned", 0.1, 32, arms)]
        rates = (1.0, 0.3, 0.1, 0.03) if network in ("MLP plain", "MLP unit") else (1.0, 0.1)
        blocks += [Block("default", rate, 64, MAP) for rate in rates]

        if network == "MLP unit":
            blocks.append(Block("default", 0.1, 64, DOSES))
        if network == "MLP plain":
            blocks += [Block("default", rate, 64, SCALINGS) for rate in (1.0, 0.1)]
            for setting in ("v_init 0", "hard reset"):
                blocks += [Block(setting, rate, 64, (PLAIN, L4)) for rate in (1.0, 0.1)]
        return blocks

    def tried(self, setting):
        """The (gain, v_init, reset) of a setting; of several, validation images choose one."""
        if setting == "tuned":
            return [(gain, v_init, "subtract") for gain in self.gains for v_init in self.v_inits]
        return [UNTUNED[setting]]


UNTUNED = {
    "default": (1.0, 0.5, "subtract"),
    "v_init 0": (1.0, 0.0, "subtract"),
    "hard reset": (1.0, 0.5, "zero"),
}


@dataclass(frozen=True)
class Confirmation(Settings):
    """The settings of `l4`, and the cells that are measured again, by data set and setting."""

    cells: dict[str, dict[str, Cell]]

    def cell(self, data_name, setting):
        """The cell fixed beforehand, and its block: the plain scalings, and rules in its form."""
        cell = self.cells[data_name][setting]
        rules = (Arm(each.rule, cell.form) for each in (L2, L4, SIGMA, PERMUTED))
        return cell, Block(setting, cell.max_rate, cell.T, (PLAIN, PER_NEURON, *rules))


@dataclass(frozen=True)
class Foresight(Settings):
    """The settings of `l4`, the rates of prediction and simulation, and how often is simulated."""

    max_rates: tuple[float, ...]
    runs: int

    def arms(self):
        """What is predicted and simulated."""
        return PLAIN, L2, L4, SIGMA, PERMUTED


SETTINGS = Settings(
    T=(4, 8, 16, 32, 64),
    gains=(1.0, 0.5, 2.0, 0.25, 4.0, 0.125),
    v_inits=(0.5, 0.0),
    held_out={"digits": 300, "fashion-mnist": 6_000},
    validation_images=1_000,
    calibration_images=500,
    percentile=99.9,
    width={"digits": 64, "fashion-mnist": 128},
    epochs={"digits": 20, "fashion-mnist": 8},
    batch_size={"digits": 32, "fashion-mnist": 128},
    learning_rate={"plain": 0.05, "dropout": 0.05, "sparse": 0.05, "unit": 0.05},
    dropout=0.3,
    l1=1e-4,
)
CELLS = {
    "digits": {
        "default": Cell("MLP plain", 0.3, 4, "compensated"),
        "tuned": Cell("deep MLP plain", 0.1, 16, "incoming"),
    },
    "fashion-mnist": {
        "default": Cell("CNN plain", 1.0, 4, "compensated"),
        "tuned": Cell("MLP dropout", 0.1, 4, "incoming"),
    },
}
MEASURED = ("T", "gain", "v_init", "validation", "accuracy", "spikes", "silent", "rectified")

STUDY = Study(
    name="l4",
    title="paper 1: weights adjusted by their L4 norm, against other norms and tuned plain "
    "conversion",
    data=("digits", "fashion-mnist"),
    columns=(
        *("network", "seed", "setting", "max_rate", "rule", "form", "exponent"),
        *MEASURED,
        "ann_accuracy",
    ),
    run_job=jobs.compare,
    settings=SETTINGS,
    grid={"network": NETWORKS},
    seeds=5,
    budget_minutes=60,
)

CONFIRM = Study(
    name="l4_confirm",
    title="paper 1: the largest gain of the L4 rule in the study l4, on fresh seeds",
    data=("digits", "fashion-mnist"),
    columns=(
        *("setting", "seed", "network", "max_rate", "rule", "form", "exponent"),
        *MEASURED,
        "ann_accuracy",
    ),
    run_job=jobs.confirm,
    settings=Confirmation(**vars(SETTINGS), cells=CELLS),
    grid={"setting": ("default", "tuned")},
    seeds=5,
    budget_minutes=10,
)

THEORY = Study(
    name="l4_theory",
    title="paper 1: the gain of each rule, predicted in closed form and simulated",
    data=("digits",),
    columns=(
        *("network", "seed", "max_rate", "rule", "form", "T"),
        *("simulated", "simulated_se", "predicted", "ann_accuracy"),
    ),
    run_job=jobs.foresee,
    settings=Foresight(**vars(SETTINGS), max_rates=(1.0, 0.1), runs=10),
    grid={"network": ("MLP plain", "MLP sparse", "MLP unit")},
    seeds=3,
    budget_minutes=5,
)
