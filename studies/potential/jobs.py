"""Spiking networks whose potentials are held to a distribution: does it help, with and without
batch norm?

One job trains one network, an *arm* of the study, with T steps: no penalty; the divergence of the
potentials from a normal distribution in two forms and two weights each
(`snn.PotentialDistribution`; close to the target the Jensen-Shannon divergence is an eighth of
Jeffreys', so its weights are eight times as large); the penalties of its neighbours (`snn.RMPLoss`,
`snn.IMLoss`); and, with batch norm, what could do the same without a penalty: batch norm scaled to
the threshold, and a threshold that is learned. All arms of a seed and T share initial weights,
order of the images and epochs. The last tenth of the training images is held out; whoever chooses
between arms does so by `validation_accuracy`. No weights are selected: those after the last epoch
count.

A row is one layer of spiking neurons, on held-out images before and after training, with the
statistics of their own batch where there is batch norm: mean and standard deviation of the
potentials, their Jeffreys divergence from the target, the share inside the surrogate's window and
the quantisation error near the firing band (`snn.summary`).

The learning rate was chosen without a penalty on the held-out images of other seeds.
"""

import numpy as np

from refsnn import nn, snn, theory
from studies.runner import Study

# Columns, and what `snn.summary` calls them.
MEASURED = {"mean": "mean", "std": "std", "window": "inside", "error": "error"}
FIRST_T = 4  # at which every arm is trained


def arm(penalty=None, weight=0.0, norm=True, scaled=False, learn_threshold=False):
    """One way to train: "jeffreys", "jensen_shannon", "rmp" or "im" as penalty; `scaled`: batch
    norm to the threshold.
    """
    return {
        "penalty": penalty,
        "weight": weight,
        "norm": norm,
        "scaled": scaled,
        "learn threshold": learn_threshold,
    }


def penalty_of(which, target):
    """The arm's penalty."""
    if which["penalty"] is None:
        return None
    if which["penalty"] in ("rmp", "im"):
        return {"rmp": snn.RMPLoss, "im": snn.IMLoss}[which["penalty"]](which["weight"])
    return snn.PotentialDistribution(tuple(target), which["weight"], which["penalty"])


def network(settings, which, shape, rng):
    """Convolutions with stride and pooling of the settings, one dense layer, each with leaky
    neurons that reset to 0.
    """
    penalty, neuron = penalty_of(which, settings["target"]), settings["neuron"]

    def neurons(features):
        norm = (
            [nn.BatchNorm(features, neuron["threshold"] if which["scaled"] else 1.0)]
            if which["norm"]
            else []
        )
        return [
            *norm,
            snn.LIF(
                neuron["beta"],
                v_threshold=neuron["threshold"],
                reset="zero",
                surrogate=snn.Rectangular(neuron["alpha"]),
                learn_threshold=which["learn threshold"],
                penalty=penalty,
            ),
        ]

    layers, channels = [], shape[2]
    for features, size, stride, pool in settings["convolutions"]:
        layers += [
            nn.Conv2d(channels, features, size, stride=stride, padding=size // 2, rng=rng),
            *neurons(features),
        ]
        layers += [nn.AvgPool2d(pool)] if pool > 1 else []
        channels = features
    n_in = int(np.prod(nn.Sequential(layers).output_shape(shape)))
    layers += [
        nn.Flatten(),
        nn.Dense(n_in, settings["dense"], rng=rng),
        *neurons(settings["dense"]),
        nn.Dense(settings["dense"], 10, rng=rng),
    ]
    return nn.Sequential(layers, input_shape=shape)


def measure(net, x, T, target):
    """What each layer of spiking neurons reports of the images x, and the divergence from the
    target.
    """
    _, caches = net.forward(np.tile(x, (T, 1, 1, 1)), nn.Run(T=T, train=True))
    reports = [
        snn.summary(layer, cache) for layer, cache in zip(net, caches, strict=True) if layer.spiking
    ]
    return [
        {
            **{column: report[name] for column, name in MEASURED.items()},
            "divergence": theory.gaussian_jeffreys(report["mean"], report["std"], *target).value,
        }
        for report in reports
    ]


def run_job(job):
    """Train one arm; one row a layer of spiking neurons. Where the study has several T, some arms
    are trained at the first only.
    """
    settings, which, T = job.settings, job.settings["arms"][job.point["arm"]], job.point["T"]
    if T != FIRST_T and job.point["arm"] not in settings["at other T"]:
        return []
    data, held, target = job.data, len(job.data.x_train) // 10, job.settings["target"]
    images = slice(0, settings.get("training images", len(data.x_train) - held))
    x_val, y_val, few = (
        data.x_train[-held:],
        data.y_train[-held:],
        data.x_train[-held:][: settings["measured images"]],
    )
    net = network(settings, which, data.x_train.shape[1:], np.random.default_rng([job.seed, 0]))
    before = measure(net, few, T, target)
    nn.fit(
        net,
        data.x_train[:-held][images],
        data.y_train[:-held][images],
        epochs=settings["epochs"],
        batch_size=settings["batch size"],
        rng=np.random.default_rng([job.seed, 1]),
        T=T,
        progress=False,
        optimiser=nn.SGD(settings["learning rate"], weight_decay=settings["weight decay"]),
        threads=job.threads,
    )
    accuracy = net.accuracy(data.x_test, data.y_test, T=T, threads=job.threads)
    validation = net.accuracy(x_val, y_val, T=T, threads=job.threads)
    return [
        {
            "accuracy": accuracy,
            "validation_accuracy": validation,
            "layer": layer + 1,
            **{f"{name}_before": value for name, value in old.items()},
            **{f"{name}_after": value for name, value in new.items()},
        }
        for layer, (old, new) in enumerate(zip(before, measure(net, few, T, target), strict=True))
    ]


COLUMNS = (
    "T",
    "arm",
    "seed",
    "layer",
    "accuracy",
    "validation_accuracy",
    *(f"{name}_{when}" for when in ("before", "after") for name in (*MEASURED, "divergence")),
)
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
    **{name: arm(*penalty) for name, penalty in PENALTIES.items()},
    "scaled batch norm": arm(scaled=True),
    "learned threshold": arm(learn_threshold=True),
    **{f"{name}, no batch norm": arm(*penalty, norm=False) for name, penalty in PENALTIES.items()},
}
NEURON = {
    "beta": 0.25,
    "threshold": 0.5,
    "alpha": 0.5,
}  # and reset to 0, as in earlier code of the same authors

STUDY = Study(
    name="potential",
    title="spiking networks whose potentials are held to a distribution, with and without "
    "batch norm",
    data=("digits",),
    columns=COLUMNS,
    run_job=run_job,
    settings={
        "epochs": 8,
        "batch size": 64,
        "learning rate": 0.2,
        "weight decay": 5e-4,
        "target": (0.0, 1.0),
        "neuron": NEURON,
        "measured images": 128,
        "arms": ARMS,
        "convolutions": ((8, 3, 1, 2), (16, 3, 1, 2)),
        "dense": 32,
    },
    grid={"T": (FIRST_T,), "arm": tuple(ARMS)},
    seeds=5,
    budget_minutes=5,
)
