"""What the jobs of paper 1's studies do: train a network, convert it by each rule, simulate."""

from dataclasses import asdict, dataclass, replace
from typing import Any, NamedTuple

import numpy as np

from refsnn import convert, nn, predict, snn
from refsnn.convert.weight_norm import norm_factors
from studies import networks

FRESH = 100  # added to a seed: networks and spikes that the study `l4` has not seen
NORMS = {"L2": 2, "L4": 4, "sigma": "sigma"}


class Images(NamedTuple):
    """Images and labels by what they are used for; conversion measures scales on `calibration`,
    images without labels.
    """

    train: tuple
    validation: tuple
    test: tuple
    calibration: np.ndarray


def held_out(data, settings):
    """All training images but the last are trained on, and the first of the held out choose."""
    count, chosen = settings.held_out[data.name], settings.validation_images
    return Images(
        train=(data.x_train[:-count], data.y_train[:-count]),
        validation=(data.x_train[-count:][:chosen], data.y_train[-count:][:chosen]),
        test=(data.x_test, data.y_test),
        calibration=data.x_train[: settings.calibration_images],
    )


def untrained(kind, shape, width, dropout, unit_norm, rng):
    """A "CNN", an "MLP" of one or a "deep MLP" of three hidden layers, none with a bias.

    Both convolutions of the CNN are before 8 x 8 or fewer positions: the first strides over images
    of 28 x 28.
    """

    def after(features, dense):
        return [nn.ReLU(), nn.Dropout(dropout)] if dropout else [nn.ReLU()]

    convolutions, widths = (), [width] * (3 if kind == "deep MLP" else 1)
    if kind == "CNN":
        first = (8, 5, 3, 0) if shape[0] == 28 else 8
        convolutions, widths = (first, "P", 16), ()

    options = {"bias": False, "unit_norm": unit_norm}
    return networks.network(
        shape, convolutions, widths, rng, after=after, conv=options, dense=options, scores=options
    )


def trained(network, data, images, settings, seed, threads=None):
    """A network such as "deep MLP unit", trained: its kind, then how it is trained."""
    kind, training = network.rsplit(" ", 1)
    rng = np.random.default_rng([seed, 1])
    ann = untrained(
        kind,
        data.x_train.shape[1:],
        settings.width[data.name],
        settings.dropout if training == "dropout" else 0,
        training == "unit",
        rng,
    )
    nn.fit(
        ann,
        *images.train,
        epochs=settings.epochs[data.name],
        batch_size=settings.batch_size[data.name],
        optimiser=nn.SGD(
            settings.learning_rate[training], l1=settings.l1 if training == "sparse" else 0.0
        ),
        rng=rng,
        progress=False,
        threads=threads,
    )
    return ann


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


def scaling_of(arm, percentile, encoder, seed):
    """How an arm scales layers: the percentile, unless it is a plain scaling of another name."""
    if arm.form != "scaling":
        return convert.Percentile(percentile)
    return {
        "unscaled": convert.Unscaled(),
        "maximum": convert.Max(),
        "per neuron": convert.PerNeuron(percentile),
        "balanced": convert.Balanced(T=64, encoder=encoder, rng=np.random.default_rng([seed, 3])),
        "model-based": convert.ModelBased(),
    }[arm.rule]


def rule_of(arm, encoder, seed):
    """How an arm adjusts weights, or None."""
    if arm.form == "scaling" or arm.rule == "none":
        return None
    name = arm.rule.removesuffix(" permuted")
    norms = None
    if name != "activation":
        rng = np.random.default_rng([seed, 4])
        norms = convert.WeightNorm(NORMS[name], encoder=encoder, rng=rng)
    permuted = np.random.default_rng([seed, 5]) if name != arm.rule else None
    return Rule(norms, arm.exponent, arm.form, permuted)


def converted(ann, images, arm, encoder, settings, seed, gain=1.0, v_init=0.5, reset="subtract"):
    """The spiking network of one arm."""
    scaling = scaling_of(arm, settings.percentile, encoder, seed)
    return convert.to_spiking(
        ann,
        calibration_data=images.calibration,
        scaling=Gained(scaling, gain),
        adjust=rule_of(arm, encoder, seed),
        v_init=v_init,
        reset=reset,
    )


def rectified_accuracy(net, x, y, threads):
    """Accuracy of the rectifier network that a spiking network stands for."""
    layers = [nn.ReLU() if isinstance(layer, snn.IF) else layer for layer in net]
    return nn.Sequential(layers, input_shape=net.input_shape).accuracy(x, y, threads=threads)


def measure(net, x, y, Ts, encoder, rng, threads):
    """For each T of one simulation: accuracy, spikes per image (hidden layers) and the share of
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


def best_settings(validated, Ts):
    """For each T the (gain, v_init, reset) of the highest validation accuracy; the first in order
    where several have it.
    """
    return {T: max(validated, key=lambda tried: validated[tried][T]["accuracy"]) for T in Ts}


def arm_rows(job, ann, images, block, arm):
    """Rows of one arm: for each T the accuracy on validation and test images, at what was chosen
    for that T.
    """
    Ts = [T for T in job.settings.T if T <= block.T_last]
    encoder = snn.Poisson(block.max_rate)

    def run(use, tried, last):
        net = converted(ann, images, arm, encoder, job.settings, job.seed, *tried)
        rng = np.random.default_rng([job.seed, 2, use == "test"])
        return measure(
            net, *getattr(images, use), [T for T in Ts if T <= last], encoder, rng, job.threads
        )

    # Validation images choose for each T; test images are simulated up to the last T of a choice.
    tried = job.settings.tried(block.setting)
    validated = {each: run("validation", each, Ts[-1]) for each in tried}
    best = best_settings(validated, Ts)
    last = {each: max(T for T in Ts if best[T] == each) for each in set(best.values())}
    tested = {each: run("test", each, T) for each, T in sorted(last.items())}

    plain = converted(ann, images, arm, encoder, job.settings, job.seed)
    rectified = rectified_accuracy(plain, *images.test, job.threads)
    return [
        {
            "setting": block.setting,
            "max_rate": block.max_rate,
            **asdict(arm),
            "T": T,
            "gain": best[T][0],
            "v_init": best[T][1],
            "validation": validated[best[T]][T]["accuracy"],
            **tested[best[T]][T],
            "rectified": rectified,
        }
        for T in Ts
    ]


def block_rows(job, network, blocks):
    """Train one network; rows for every arm of every block."""
    images = held_out(job.data, job.settings)
    ann = trained(network, job.data, images, job.settings, job.seed, job.threads)
    ann_accuracy = ann.accuracy(*images.test, threads=job.threads)
    return [
        {**row, "network": network, "ann_accuracy": ann_accuracy}
        for block in blocks
        for arm in block.arms
        for row in arm_rows(job, ann, images, block, arm)
    ]


def compare(job):
    """One network of the study `l4`: rows for its whole plan."""
    network = job.point["network"]
    return block_rows(job, network, job.settings.plan(network))


def confirm(job):
    """One network of a fresh seed: a row for each arm in the cell that was fixed beforehand."""
    cell, block = job.settings.cell(job.data.name, job.point["setting"])
    settings = replace(job.settings, T=(cell.T,))
    return block_rows(replace(job, seed=job.seed + FRESH, settings=settings), cell.network, [block])


def foresee(job):
    """One network of `l4_theory`: for each rate, rule and T, accuracy simulated and predicted."""
    settings, network = job.settings, job.point["network"]
    images = held_out(job.data, settings)
    ann = trained(network, job.data, images, settings, job.seed, job.threads)
    ann_accuracy = ann.accuracy(*images.test, threads=job.threads)
    return [
        {
            "max_rate": max_rate,
            "rule": arm.rule,
            "form": arm.form,
            **row,
            "ann_accuracy": ann_accuracy,
        }
        for max_rate in settings.max_rates
        for arm in settings.arms()
        for row in foreseen(job, ann, images, max_rate, arm)
    ]


def foreseen(job, ann, images, max_rate, arm):
    """Rows of one arm at one rate: for each T, accuracy over several runs and in closed form."""
    settings, encoder, (x, y) = job.settings, snn.Poisson(max_rate), images.test
    net = converted(ann, images, arm, encoder, settings, job.seed)

    # All runs draw from one generator, so that their spikes differ.
    rng = np.random.default_rng([job.seed, 6])
    runs = [
        snn.simulate(net, x, settings.T[-1], encoder=encoder, rng=rng, threads=job.threads)
        for _ in range(settings.runs)
    ]
    accuracy = np.stack([record.accuracy(y) for record in runs])  # (runs, T)

    rows = []
    for T in settings.T:
        prediction = predict.predict_accuracy(net, x, y, T, max_rate, threads=job.threads)
        at_T = accuracy[:, T - 1]
        rows.append(
            {
                "T": T,
                "simulated": at_T.mean(),
                "simulated_se": at_T.std(ddof=1) / np.sqrt(len(at_T)),
                # Six digits: the last of a float32 sum differ between processors.
                "predicted": round(prediction.accuracy, 6),
            }
        )
    return rows
