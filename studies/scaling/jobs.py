"""What a job of the study does: train the tour's CNN, convert it by every rule, simulate."""

import numpy as np

from refsnn import convert, nn, snn
from studies import networks

ENCODERS = {"direct": snn.Direct(), "poisson": snn.Poisson(max_rate=1.0)}


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


def trained(data, settings, seed, threads=None):
    """The tour's CNN, trained on all training images."""
    rng = np.random.default_rng(seed)
    ann = networks.digits_cnn(rng)
    nn.fit(
        ann,
        data.x_train,
        data.y_train,
        epochs=settings.epochs,
        batch_size=settings.batch_size,
        rng=rng,
        optimiser=nn.SGD(settings.learning_rate, weight_decay=settings.weight_decay),
        progress=False,
        threads=threads,
    )
    return ann


def run_job(job):
    """For each input and rule, one row for each T: accuracy on the test images."""
    data, settings = job.data, job.settings
    ann = trained(data, settings, job.seed, job.threads)
    ann_accuracy = ann.accuracy(data.x_test, data.y_test, threads=job.threads)
    calibration_data = data.x_train[: settings.calibration_images]

    rows = []
    for input_name, encoder in ENCODERS.items():
        rules = scaling_rules(settings.T, encoder, np.random.default_rng([job.seed, 1]))
        for rule, scaling in rules.items():
            net = convert.to_spiking(ann, calibration_data=calibration_data, scaling=scaling)
            rng = np.random.default_rng([job.seed, 2])
            record = snn.simulate(
                net, data.x_test, settings.T, encoder=encoder, rng=rng, threads=job.threads
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
