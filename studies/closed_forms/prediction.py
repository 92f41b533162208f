"""What a job of `prediction` does: train a network, convert it, simulate it several times, and
predict the same accuracies in closed form.
"""

import numpy as np

from refsnn import convert, nn, predict, snn
from studies import networks


def untrained(network, shape, width, rng):
    """A network of "1 hidden", "2 hidden" or "3 hidden" dense layers, or a "convolutional" one."""
    if network == "convolutional":
        return networks.network(shape, (8, "P", 16, "P"), (), rng)
    return networks.network(shape, (), [width] * int(network[0]), rng)


def trained(network, data, settings, rng, threads):
    """A network trained on the data set's first images, and its spiking copy."""
    ann = untrained(network, data.x_train.shape[1:], settings.width, rng)
    x, y = (each[: settings.training_images] for each in (data.x_train, data.y_train))
    nn.fit(
        ann,
        x,
        y,
        epochs=max(1, settings.training_steps * settings.batch_size // len(x)),
        batch_size=settings.batch_size,
        optimiser=nn.SGD(settings.learning_rate),
        rng=rng,
        progress=False,
        threads=threads,
    )
    return ann, convert.to_spiking(ann, calibration_data=x[:500])


def simulated(job, net, x, y, max_rate, T):
    """Accuracies (runs, T) of the same images, in runs with other spikes."""
    rng, encoder = np.random.default_rng([job.seed, 11]), snn.Poisson(max_rate)
    runs = max(2, job.settings.simulated_images[kind(job)] // len(x))
    records = (
        snn.simulate(net, x, T, encoder=encoder, rng=rng, threads=job.threads) for _ in range(runs)
    )
    return np.stack([record.accuracy(y) for record in records])


def kind(job):
    """What number of steps and images depends on."""
    return "convolutional" if job.point["network"] == "convolutional" else "dense"


def run_job(job):
    """One row for each rate and T: both predictions, the simulation and the prediction's domain."""
    data, settings, rows = job.data, job.settings, []
    rng = np.random.default_rng([job.seed, 10])
    ann, net = trained(job.point["network"], data, settings, rng, job.threads)
    x, y = (each[: settings.test_images[kind(job)]] for each in (data.x_test, data.y_test))
    known, ann_accuracy = data.x_train[:20], ann.accuracy(x, y)

    for max_rate in settings.max_rates:
        # One simulation has the accuracies of all its steps; a prediction that of one T.
        steps = settings.T[kind(job)]
        accuracies = simulated(job, net, x, y, max_rate, steps[-1])
        for T in steps:
            prediction, baseline = (
                method(net, x, y, T, max_rate, calibration_data=known, threads=job.threads)
                for method in (predict.predict_accuracy, predict.rectified_gaussian_accuracy)
            )
            at_T, domain = accuracies[:, T - 1], prediction.domain

            rows.append(
                {
                    "max_rate": max_rate,
                    "T": T,
                    "ann_accuracy": ann_accuracy,
                    "simulated": at_T.mean(),
                    "simulated_se": at_T.std(ddof=1) / np.sqrt(len(at_T)),
                    # Six digits: the last of a float32 sum differ between processors.
                    "predicted": round(prediction.accuracy, 6),
                    "rectified": round(baseline.accuracy, 6),
                    "sigma": float(f"{domain.sigma.max():.4g}"),
                    "skew": float(f"{domain.skew.max():.4g}"),
                    "outside": round(domain.outside.max(), 4),
                }
            )
    return rows
