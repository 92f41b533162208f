"""Tuning a conversion: gradients through the closed form against a search by simulation, on the
same images.

One job trains a network of two hidden layers and converts it in three ways: plainly (99.9th
percentile, initial potential half the threshold); by a coordinate search over each layer's initial
potential and the percentile, which simulates all its training images for each candidate, with the
same spikes for all of them; by `predict.tune_conversion`, which goes through the same images once.
All three are then simulated on all test images with the same spikes. Learning rate and length of
the tuning were chosen on another seed and images held out of training.
"""

import numpy as np

from refsnn import convert, nn, predict, snn
from refsnn.study import Study


def converted(ann, calibration_data, percentile, v_init):
    """The network at a percentile, with the layers' initial potentials `v_init`, fractions of the
    threshold.
    """
    net = convert.to_spiking(
        ann, calibration_data=calibration_data, scaling=convert.Percentile(percentile)
    )
    neurons = [layer for layer in net if isinstance(layer, snn.IF)]
    for layer, fraction in zip(neurons, v_init, strict=True):
        layer.v_init = np.float32(fraction)
    return net


def searched(ann, calibration_data, settings, score):
    """The best network of a coordinate search: the percentile, then each layer's initial potential,
    in order.
    """
    best = {"percentile": 99.9, "v_init": (0.5, 0.5)}
    for stage in range(3):
        if stage == 0:
            candidates = [{**best, "percentile": q} for q in settings["percentiles"]]
        else:
            first, second = best["v_init"]
            candidates = [
                {**best, "v_init": (v, second) if stage == 1 else (first, v)}
                for v in settings["v_init"]
            ]
        scores = [score(converted(ann, calibration_data, **candidate)) for candidate in candidates]
        best = candidates[int(np.argmax(scores))]
    return converted(ann, calibration_data, **best)


def run_job(job):
    """One row a method: accuracy on the test images after T steps."""
    data, settings, T = job.data, job.settings, job.point["T"]
    rng = np.random.default_rng([job.seed, 20])
    sizes = [int(np.prod(data.x_train.shape[1:])), settings["width"], settings["width"]]
    hidden = [
        layer
        for n_in, n_out in zip(sizes, sizes[1:], strict=False)
        for layer in (nn.Dense(n_in, n_out, rng=rng), nn.ReLU())
    ]
    ann = nn.Sequential([nn.Flatten(), *hidden, nn.Dense(sizes[-1], 10, rng=rng)])
    x, y = (array[: settings["training images"]] for array in (data.x_train, data.y_train))
    batch_size = settings["batch size"]
    nn.fit(
        ann,
        x,
        y,
        epochs=max(1, settings["training steps"] * batch_size // len(x)),
        batch_size=batch_size,
        optimiser=nn.SGD(**settings["SGD"]),
        rng=rng,
        progress=False,
        threads=job.threads,
    )
    encoder = snn.Poisson(settings["max_rate"])

    def score(net, x, y, seed):
        spikes = np.random.default_rng([job.seed, seed])
        return snn.simulate(net, x, T, encoder=encoder, rng=spikes, threads=job.threads).accuracy(
            y
        )[-1]

    seen = [array[: settings["tuning images"]] for array in (x, y)]
    plain = convert.to_spiking(ann, calibration_data=x[:500])
    nets = {
        "plain": plain,
        "search by simulation": searched(ann, x[:500], settings, lambda net: score(net, *seen, 21)),
        "gradients of the prediction": predict.tune_conversion(
            plain,
            *seen,
            T,
            settings["max_rate"],
            rng=np.random.default_rng([job.seed, 22]),
            epochs=max(1, settings["tuning steps"] * 100 // len(seen[0])),
            progress=False,
            threads=job.threads,
        ),
    }
    runs = max(2, settings["simulated images"] // len(data.x_test))
    return [
        {
            "method": method,
            "ann_accuracy": ann.accuracy(data.x_test, data.y_test),
            "accuracy": np.mean(
                [score(net, data.x_test, data.y_test, 30 + k) for k in range(runs)]
            ),
        }
        for method, net in nets.items()
    ]


STUDY = Study(
    name="tuning",
    title="accuracy gained by tuning a conversion, by gradients through the prediction or "
    "by simulation",
    data=("digits", "fashion-mnist"),
    columns=("T", "seed", "method", "ann_accuracy", "accuracy"),
    run_job=run_job,
    settings={
        "width": 128,
        "training images": 10_000,
        "training steps": 1_000,
        "batch size": 64,
        "SGD": {"learning_rate": 0.1},
        "max_rate": 0.2,
        "tuning images": 10_000,
        "tuning steps": 100,
        "simulated images": 20_000,
        "percentiles": [99.9, 99.5, 99, 98, 97, 95, 92.5, 90],
        "v_init": [0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8],
    },
    grid={"T": (4, 8, 16)},
    seeds=3,
    budget_minutes=30,
)
