"""Accuracy against T by scaling rule: how fast does a converted network come up to its ANN?

One job trains a CNN on the training images and converts it by every rule; all rules of a seed share
the trained network and, with Poisson input, the same random spikes, so differences between rules
are paired. Nothing is chosen on the test images: the whole grid is the result.
"""

import numpy as np

from refsnn import convert, nn, snn
from studies.runner import Study


def cnn(rng):
    """The untrained CNN of the tour, for 8 x 8 images in 10 classes."""
    return nn.Sequential(
        [
            nn.Conv2d(1, 16, kernel_size=3, padding=1, rng=rng),
            nn.ReLU(),
            nn.AvgPool2d(2),
            nn.Flatten(),
            nn.Dense(4 * 4 * 16, 64, rng=rng),
            nn.ReLU(),
            nn.Dense(64, 10, rng=rng),
        ]
    )


def deeper_cnn(rng):
    """An untrained CNN of two convolutions, for 28 x 28 images in 10 classes."""
    return nn.Sequential(
        [
            nn.Conv2d(1, 16, kernel_size=3, padding=1, rng=rng),
            nn.ReLU(),
            nn.AvgPool2d(2),
            nn.Conv2d(16, 32, kernel_size=3, padding=1, rng=rng),
            nn.ReLU(),
            nn.AvgPool2d(2),
            nn.Flatten(),
            nn.Dense(7 * 7 * 32, 128, rng=rng),
            nn.ReLU(),
            nn.Dense(128, 10, rng=rng),
        ]
    )


NETWORKS = {"digits": cnn, "fashion-mnist": deeper_cnn}


def scaling_rules(T, encoder, rng):
    """The rules compared, by name; `Balanced` measures the spiking network under the input it will
    get.
    """
    return {
        "maximum": convert.Max(),
        "percentile": convert.Percentile(99.9),
        "per neuron": convert.PerNeuron(99.9),
        "balanced": convert.Balanced(T=T, encoder=encoder, rng=rng),
    }


def run_job(job):
    """Train one network; for each input and rule, one row for each T: accuracy on the test
    images.
    """
    data, T = job.data, job.settings["T"]
    rng = np.random.default_rng(job.seed)
    ann = NETWORKS[data.name](rng)
    nn.fit(
        ann,
        data.x_train,
        data.y_train,
        epochs=job.settings["epochs"],
        batch_size=job.settings["batch size"],
        rng=rng,
        optimiser=nn.SGD(**job.settings["SGD"]),
        progress=False,
        threads=job.threads,
    )
    ann_accuracy = ann.accuracy(data.x_test, data.y_test, threads=job.threads)
    calibration_data = data.x_train[: job.settings["calibration images"]]

    rows = []
    for input_name, encoder in (("direct", snn.Direct()), ("poisson", snn.Poisson(max_rate=1.0))):
        for rule, scaling in scaling_rules(
            T, encoder, np.random.default_rng([job.seed, 1])
        ).items():
            net = convert.to_spiking(ann, calibration_data=calibration_data, scaling=scaling)
            record = snn.simulate(
                net,
                data.x_test,
                T=T,
                encoder=encoder,
                rng=np.random.default_rng([job.seed, 2]),
                threads=job.threads,
            )
            rows += [
                {
                    "input": input_name,
                    "scaling": rule,
                    "T": step,
                    "accuracy": accuracy,
                    "ann_accuracy": ann_accuracy,
                }
                for step, accuracy in enumerate(record.accuracy(data.y_test), start=1)
            ]
    return rows


STUDY = Study(
    name="scaling",
    title="accuracy against T by scaling rule, direct and Poisson input",
    data=("digits",),
    columns=("seed", "input", "scaling", "T", "accuracy", "ann_accuracy"),
    run_job=run_job,
    settings={
        "T": 64,
        "epochs": 15,
        "batch size": 64,
        "calibration images": 500,
        "SGD": {"learning_rate": 0.2, "weight_decay": 0.0},
    },
    seeds=5,
    budget_minutes=5,
)
