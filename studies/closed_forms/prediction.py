"""Predicted against simulated accuracy: how far may one trust the closed form, and where does it
end?

One job trains a network, converts it, simulates the test images several times and predicts the same
accuracies from the same network, by the count closure and by rectified Gaussians. `simulated_se` is
the standard error over runs: the noise of spikes alone, for the images are the same. Nothing is
chosen on the test images: the whole grid is the result, and the constants of the closure were fixed
before.
"""

import numpy as np

from refsnn import convert, nn, predict, snn
from studies.runner import Study


def layers_of(network, shape, width, rng):
    """Layers of "1 hidden", "2 hidden", "3 hidden" (dense) or "convolutional", with `width` hidden
    units a layer.
    """
    if network == "convolutional":
        height, columns, channels = shape
        return [
            nn.Conv2d(channels, 8, 3, padding=1, rng=rng),
            nn.ReLU(),
            nn.AvgPool2d(2),
            nn.Conv2d(8, 16, 3, padding=1, rng=rng),
            nn.ReLU(),
            nn.AvgPool2d(2),
            nn.Flatten(),
            nn.Dense(height // 4 * (columns // 4) * 16, 10, rng=rng),
        ]
    sizes = [int(np.prod(shape))] + [width] * int(network[0])
    hidden = [
        layer
        for n_in, n_out in zip(sizes, sizes[1:], strict=False)
        for layer in (nn.Dense(n_in, n_out, rng=rng), nn.ReLU())
    ]
    return [nn.Flatten(), *hidden, nn.Dense(sizes[-1], 10, rng=rng)]


def trained(network, data, settings, rng, threads):
    """A network trained on the data set, and its spiking copy."""
    ann = nn.Sequential(layers_of(network, data.x_train.shape[1:], settings["width"], rng))
    x, y = data.x_train[: settings["training images"]], data.y_train[: settings["training images"]]
    batch_size = settings["batch size"]
    epochs = max(1, settings["training steps"] * batch_size // len(x))
    nn.fit(
        ann,
        x,
        y,
        epochs=epochs,
        batch_size=batch_size,
        optimiser=nn.SGD(**settings["SGD"]),
        rng=rng,
        progress=False,
        threads=threads,
    )
    return ann, convert.to_spiking(ann, calibration_data=x[:500])


def run_job(job):
    """One row for each rate and T: both predictions, the simulation and the prediction's domain."""
    data, settings, network = job.data, job.settings, job.point["network"]
    kind = "convolutional" if network == "convolutional" else "dense"
    ann, net = trained(network, data, settings, np.random.default_rng([job.seed, 10]), job.threads)
    x, y = (array[: settings["test images"][kind]] for array in (data.x_test, data.y_test))
    runs = max(2, settings["simulated images"][kind] // len(x))
    known, ann_accuracy = data.x_train[:20], ann.accuracy(x, y)

    rows = []
    for max_rate in settings["max_rates"]:
        rng = np.random.default_rng([job.seed, 11])
        encoder = snn.Poisson(max_rate)
        simulated = np.stack(
            [
                snn.simulate(
                    net, x, settings["T"][kind][-1], encoder=encoder, rng=rng, threads=job.threads
                ).accuracy(y)
                for _ in range(runs)
            ]
        )
        for T in settings["T"][kind]:
            prediction, baseline = (
                method(net, x, y, T, max_rate, calibration_data=known, threads=job.threads)
                for method in (predict.predict_accuracy, predict.rectified_gaussian_accuracy)
            )
            rows.append(
                {
                    "max_rate": max_rate,
                    "T": T,
                    "ann_accuracy": ann_accuracy,
                    "simulated": simulated[:, T - 1].mean(),
                    "simulated_se": simulated[:, T - 1].std(ddof=1) / np.sqrt(runs),
                    # six digits: the last ones of a float32 sum may differ from processor to
                    # processor
                    "predicted": round(prediction.accuracy, 6),
                    "rectified": round(baseline.accuracy, 6),
                    "sigma": float(f"{prediction.domain.sigma.max():.4g}"),
                    "skew": float(f"{prediction.domain.skew.max():.4g}"),
                    "outside": round(prediction.domain.outside.max(), 4),
                }
            )
    return rows


STUDY = Study(
    name="prediction",
    title="accuracy predicted in closed form against simulated accuracy, by depth, rate and T",
    data=("digits", "fashion-mnist"),
    columns=(
        "network",
        "seed",
        "max_rate",
        "T",
        "ann_accuracy",
        "simulated",
        "simulated_se",
        "predicted",
        "rectified",
        "sigma",
        "skew",
        "outside",
    ),
    run_job=run_job,
    settings={
        "width": 128,
        "training images": 10_000,
        "training steps": 1_000,
        "batch size": 64,
        "SGD": {"learning_rate": 0.1},
        "max_rates": [1.0, 0.2, 0.1, 0.05],
        "T": {"dense": [4, 8, 12, 16, 32, 64, 128], "convolutional": [4, 8, 12, 16, 32, 64]},
        "test images": {"dense": 1_000, "convolutional": 200},
        "simulated images": {"dense": 8_000, "convolutional": 4_000},
    },
    grid={"network": ("1 hidden", "2 hidden", "3 hidden", "convolutional")},
    seeds=3,
    budget_minutes=60,
)
