"""Paper 1 tested: does an L4-norm weight adjustment help a converted network with Poisson input,
and is it the L4 norm?

One job trains a network and simulates every rule on the same images with the same random spikes, so
all differences within a seed are paired. In the setting "tuned", gain and initial potential are
chosen for every rule, rate and T on validation images: training images on which no weight was
trained. The settings "default" (gain 1, v_init 1/2), "v_init 0" and "hard reset" choose nothing.
Test images choose nothing anywhere; the accuracies on them are the result. `L4 permuted` hands L4's
factors to the wrong neurons; in the incoming form it also changes the rectifier network, so look at
`rectified` beside it.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from refsnn import convert, nn, snn
from refsnn.convert.weight_norm import norm_factors
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
PLAIN, PER_NEURON = ("none", "incoming", 0.0), ("per neuron", "scaling", 0.0)
INCOMING = tuple((rule, "incoming", 1.0) for rule in ("L2", "L4", "sigma", "L4 permuted"))
COMPENSATED = tuple((rule, "compensated", 1.0) for rule in ("L4", "activation"))
DOSES = tuple(("L4", "incoming", exponent) for exponent in (-1.0, 0.5, 2.0, 4.0))
BASELINES = tuple(
    (rule, "scaling", 0.0)
    for rule in ("unscaled", "maximum", "per neuron", "balanced", "model-based")
)
MAP = (PLAIN, ("L4", "incoming", 1.0), ("L4", "compensated", 1.0))
UNTUNED = {
    "default": (1.0, 0.5, "subtract"),
    "v_init 0": (1.0, 0.0, "subtract"),
    "hard reset": (1.0, 0.5, "zero"),
}


def plan(network):
    """What is simulated for a network: (setting, max_rate, largest T, arms), in the order of the
    table.

    Tuning costs twelve conversions an arm, so tuned rows end at T = 32, and at 16 for rate 1, where
    accuracies are nearest to the artificial network's; untuned ones go on to 64.
    """
    if network.startswith("CNN"):  # three times as slow as the others: fewer arms, and one rate
        return [
            ("tuned", 1.0, 16, (PLAIN, PER_NEURON, *INCOMING[:2], INCOMING[-1])),
            ("default", 1.0, 64, MAP),
        ]
    arms = (PLAIN, PER_NEURON, *INCOMING, *COMPENSATED)
    rows = [("tuned", 1.0, 16, arms), ("tuned", 0.1, 32, arms)]
    rates = (1.0, 0.3, 0.1, 0.03) if network in ("MLP plain", "MLP unit") else (1.0, 0.1)
    rows += [("default", rate, 64, MAP) for rate in rates]
    if network == "MLP unit":
        rows += [("default", 0.1, 64, DOSES)]
    if network == "MLP plain":
        rows += [("default", rate, 64, BASELINES) for rate in (1.0, 0.1)]
        rows += [
            (setting, rate, 64, MAP[:2])
            for setting in ("v_init 0", "hard reset")
            for rate in (1.0, 0.1)
        ]
    return rows


def held_out(data, count, validation):
    """Pairs (x, y): "train", all training images but the last `count`; "validation", the first of
    those; "test".

    "calibration" is the images (without labels) that conversion measures scales on: the first 500
    to train on.
    """
    return {
        "train": (data.x_train[:-count], data.y_train[:-count]),
        "validation": (data.x_train[-count:][:validation], data.y_train[-count:][:validation]),
        "test": (data.x_test, data.y_test),
        "calibration": data.x_train[:500],
    }


def mlp(shape, hidden, width, p, unit_norm, rng):
    """`hidden` layers of `width` rectifiers, each with dropout of `p` while training if p is not
    0.
    """
    sizes, layers = [int(np.prod(shape)), *[width] * hidden], [nn.Flatten()]
    for n_in, n_out in zip(sizes, sizes[1:], strict=False):
        layers += [nn.Dense(n_in, n_out, bias=False, unit_norm=unit_norm, rng=rng), nn.ReLU()]
        layers += [nn.Dropout(p)] if p else []
    return nn.Sequential(
        [*layers, nn.Dense(width, 10, bias=False, unit_norm=unit_norm, rng=rng)], input_shape=shape
    )


def cnn(shape, unit_norm, rng):
    """Two convolutions, both before 8 x 8 or fewer positions: the first strides over images of 28 x
    28.
    """
    first = dict(kernel_size=5, stride=3) if shape[0] == 28 else dict(kernel_size=3, padding=1)
    layers = [
        nn.Conv2d(shape[2], 8, **first, bias=False, unit_norm=unit_norm, rng=rng),
        nn.ReLU(),
        nn.AvgPool2d(2),
        nn.Conv2d(8, 16, 3, padding=1, bias=False, unit_norm=unit_norm, rng=rng),
        nn.ReLU(),
        nn.Flatten(),
    ]
    n_in = nn.Sequential(layers, input_shape=shape).output_shape(shape)[0]
    return nn.Sequential(
        [*layers, nn.Dense(n_in, 10, bias=False, unit_norm=unit_norm, rng=rng)], input_shape=shape
    )


def trained(network, data_name, sets, settings, seed, threads):
    """A network such as "deep MLP unit", trained on sets["train"]: its kind, then how it was
    trained.
    """
    kind, training = network.rsplit(" ", 1)
    rng = np.random.default_rng([seed, 1])
    x, y = sets["train"]
    p, unit_norm = (settings["dropout"] if training == "dropout" else 0), training == "unit"
    if kind == "CNN":
        ann = cnn(x.shape[1:], unit_norm, rng)
    else:
        ann = mlp(
            x.shape[1:],
            3 if kind == "deep MLP" else 1,
            settings["width"][data_name],
            p,
            unit_norm,
            rng,
        )
    optimiser = nn.SGD(
        settings["learning rate"][training], l1=settings["l1"] if training == "sparse" else 0.0
    )
    nn.fit(
        ann,
        x,
        y,
        epochs=settings["epochs"][data_name],
        batch_size=settings["batch size"][data_name],
        optimiser=optimiser,
        rng=rng,
        progress=False,
        threads=threads,
    )
    return ann


NORMS = {"L2": 2, "L4": 4, "sigma": "sigma"}


@dataclass(frozen=True)
class Rule:
    """A `WeightNorm` with any exponent in place of gamma, and the study's controls.

    `permuted` gives every factor to another neuron of the layer; `norms` None takes each neuron's
    largest activation.
    """

    norms: Any
    exponent: float
    form: str
    permuted: np.random.Generator | None = None

    def factors(self, activations, prefix, x):
        """One factor per neuron, as `WeightNorm.factors`."""
        if self.norms is None:
            norms = activations.max(axis=(0, 1))
        else:
            norms = self.norms.norms(activations, prefix, x)
        factors = norm_factors(norms, self.exponent)
        return factors if self.permuted is None else self.permuted.permutation(factors)


@dataclass(frozen=True)
class Gained:
    """A scaling whose layers all fire `gain` times as fast."""

    scaling: Any
    gain: float

    def scale(self, activations, prefix, x):
        """The scale of the layer, as `Percentile.scale`."""
        return np.asarray(self.scaling.scale(activations, prefix, x)) / self.gain


def scalings(percentile, encoder, seed):
    """The plain scalings by name."""
    return {
        "unscaled": convert.Unscaled(),
        "maximum": convert.Max(),
        "per neuron": convert.PerNeuron(percentile),
        "balanced": convert.Balanced(T=64, encoder=encoder, rng=np.random.default_rng([seed, 3])),
        "model-based": convert.ModelBased(),
    }


def arm_conversion(ann, calibration_data, arm, encoder, gain, v_init, reset, seed, percentile=99.9):
    """The spiking network of one arm (rule, form, exponent)."""
    name, form, exponent = arm
    scaling, adjust = convert.Percentile(percentile), None
    if form == "scaling":
        scaling = scalings(percentile, encoder, seed)[name]
    elif name != "none":
        rule = name.removesuffix(" permuted")
        norms = (
            None
            if rule == "activation"
            else convert.WeightNorm(
                NORMS[rule], encoder=encoder, rng=np.random.default_rng([seed, 4])
            )
        )
        adjust = Rule(
            norms, exponent, form, np.random.default_rng([seed, 5]) if rule != name else None
        )
    return convert.to_spiking(
        ann,
        calibration_data=calibration_data,
        scaling=Gained(scaling, gain),
        adjust=adjust,
        v_init=v_init,
        reset=reset,
    )


def converted_accuracy(net, x, y, threads):
    """Accuracy of the rectifier network that a spiking network stands for."""
    layers = [nn.ReLU() if isinstance(layer, snn.IF) else layer for layer in net]
    return nn.Sequential(layers, input_shape=net.input_shape).accuracy(x, y, threads=threads)


def measure(net, x, y, Ts, encoder, rng, threads):
    """For each T of one simulation: accuracy, spikes an image (hidden layers) and the share of
    images with score 0.
    """
    record = snn.simulate(net, x, Ts[-1], encoder=encoder, rng=rng, threads=threads)
    accuracy = record.accuracy(y)
    spikes = sum(counts.mean(axis=1) for counts in record.spike_counts.values()).cumsum()
    return {
        T: {
            "accuracy": accuracy[T - 1],
            "spikes": round(float(spikes[T - 1]), 2),
            "silent": (record.scores[T - 1] == 0).all(axis=1).mean(),
        }
        for T in Ts
    }


def best_settings(by_setting, Ts):
    """For each T the (gain, v_init) of the highest validation accuracy; the first in order where
    several have it.
    """
    return {T: max(by_setting, key=lambda setting: by_setting[setting][T]["accuracy"]) for T in Ts}


def arm_rows(job, ann, arm, setting, max_rate, T_last, sets):
    """Rows of one arm: for each T the accuracy on validation and test images, at what was chosen
    for that T.
    """
    Ts, encoder = [T for T in job.settings["T"] if T <= T_last], snn.Poisson(max_rate)

    def run(images, gain, v_init, reset, last):
        net = arm_conversion(ann, sets["calibration"], arm, encoder, gain, v_init, reset, job.seed)
        return measure(
            net,
            *sets[images],
            [T for T in Ts if T <= last],
            encoder,
            np.random.default_rng([job.seed, 2, images == "test"]),
            job.threads,
        )

    if setting == "tuned":
        grid = [
            (gain, v_init, "subtract")
            for gain in job.settings["gains"]
            for v_init in job.settings["v_inits"]
        ]
    else:
        grid = [UNTUNED[setting]]
    validated = {chosen: run("validation", *chosen, Ts[-1]) for chosen in grid}
    best = best_settings(validated, Ts)
    last = {chosen: max(T for T in Ts if best[T] == chosen) for chosen in set(best.values())}
    tested = {chosen: run("test", *chosen, T) for chosen, T in sorted(last.items())}
    rectified = converted_accuracy(
        arm_conversion(ann, sets["calibration"], arm, encoder, 1.0, 0.5, "subtract", job.seed),
        *sets["test"],
        job.threads,
    )
    rule, form, exponent = arm
    return [
        {
            "setting": setting,
            "max_rate": max_rate,
            "rule": rule,
            "form": form,
            "exponent": exponent,
            "T": T,
            "gain": best[T][0],
            "v_init": best[T][1],
            "validation": validated[best[T]][T]["accuracy"],
            "accuracy": tested[best[T]][T]["accuracy"],
            "spikes": tested[best[T]][T]["spikes"],
            "silent": tested[best[T]][T]["silent"],
            "rectified": rectified,
        }
        for T in Ts
    ]


def run_job(job):
    """Train one network; rows for every setting, rate and arm of its plan."""
    data, network = job.data, job.point["network"]
    sets = held_out(data, job.settings["held out"][data.name], job.settings["validation images"])
    ann = trained(network, data.name, sets, job.settings, job.seed, job.threads)
    ann_accuracy = ann.accuracy(*sets["test"], threads=job.threads)
    return [
        {**row, "ann_accuracy": ann_accuracy}
        for setting, max_rate, T_last, arms in plan(network)
        for arm in arms
        for row in arm_rows(job, ann, arm, setting, max_rate, T_last, sets)
    ]


STUDY = Study(
    name="l4",
    title="paper 1: weights adjusted by their L4 norm, against other norms and tuned "
    "plain conversion",
    data=("digits", "fashion-mnist"),
    columns=(
        "network",
        "seed",
        "setting",
        "max_rate",
        "rule",
        "form",
        "exponent",
        "T",
        "gain",
        "v_init",
        "validation",
        "accuracy",
        "spikes",
        "silent",
        "rectified",
        "ann_accuracy",
    ),
    run_job=run_job,
    settings={
        "T": [4, 8, 16, 32, 64],
        "gains": [1.0, 0.5, 2.0, 0.25, 4.0, 0.125],
        "v_inits": [0.5, 0.0],
        "held out": {"digits": 300, "fashion-mnist": 6_000},
        "validation images": 1_000,
        "calibration images": 500,
        "percentile": 99.9,
        "width": {"digits": 64, "fashion-mnist": 128},
        "epochs": {"digits": 20, "fashion-mnist": 8},
        "batch size": {"digits": 32, "fashion-mnist": 128},
        "learning rate": {"plain": 0.05, "dropout": 0.05, "sparse": 0.05, "unit": 0.05},
        "dropout": 0.3,
        "l1": 1e-4,
    },
    grid={"network": NETWORKS},
    seeds=5,
    budget_minutes=60,
)
