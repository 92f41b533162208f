"""Does a surrogate that learns its width find a good one? Six families, fixed and learned, from
narrow to wide starts.

One job trains one network on T steps: a family, alpha fixed or learned, and the `start` of its
window, the half-width 1 / (2 h(0)) of the rectangle of equal height (`Surrogate.window`), in the
unit of the potential: families are compared at equal h(0). The start of 0.5 is every family's
default alpha. A learned window stays above `floor`.

All arms of a seed share initial weights and the order of the images: before training they send the
same spikes and have the same loss. The last fifth of the training images is held out: whoever
chooses a width can do so by `validation_accuracy`. No weights are selected: those after the last
epoch count. One row a spiking layer: its `window`, the share `inside` of potentials within it, and
the norm of the loss's surrogate gradient in the weights of the linear layer before it, at the first
256 training images, before and after training.

The neuron is that of the code that the paper most likely builds on: beta = 0.25, threshold 0.5,
reset to zero. On the digits the network is dense and has no batch norm, so that nothing but the
surrogate sees to gradients; the CNN with batch norm is in `surrogate_fashion`. The learning rate
was chosen among 0.05, 0.1 and 0.2 on the held-out images of seeds 10 to 12, with the default width.
"""

import numpy as np

from refsnn import files, nn, snn
from refsnn.datasets import augmented
from refsnn.nn.optimisers import scheduled
from studies.runner import Study

FAMILIES = {
    "rectangular": snn.Rectangular,
    "triangular": snn.Triangular,
    "sigmoid": snn.Sigmoid,
    "arctan": snn.Arctan,
    "fast sigmoid": snn.FastSigmoid,
    "Gaussian": snn.Gaussian,
}
DEFAULT = 0.5
NEURON = {"beta": 0.25, "v_threshold": 0.5, "reset": "zero"}
IMAGES = 256  # at which gradients and windows are measured


def surrogate_of(family, window, learned, floor=0.05):
    """A surrogate of a family whose window is this half-width, and stays above `floor` where it is
    learned.
    """
    kind = FAMILIES[family]
    return kind(
        kind.width_at(1 / (2 * window)),
        learn_alpha=learned,
        floor=kind(kind.width_at(1 / (2 * floor))).width,
    )


def network(spec, shape, neuron, rng):
    """Convolutions (channels, kernel, stride), "P" for average pooling, dense layers; after each
    but the last its batch norm, if there is any, and neurons.
    """

    def hidden(linear, features):
        return [linear, *([nn.BatchNorm(features)] if spec["batch norm"] else []), neuron()]

    layers, (height, width, channels) = [], shape
    for each in spec["convolutions"]:
        if each == "P":
            layers.append(nn.AvgPool2d(2))
            height, width = height // 2, width // 2
        else:
            features, kernel, stride = each
            layers += hidden(
                nn.Conv2d(
                    channels,
                    features,
                    kernel,
                    stride=stride,
                    padding=kernel // 2,
                    bias=not spec["batch norm"],
                    rng=rng,
                ),
                features,
            )
            height, width, channels = -(-height // stride), -(-width // stride), features
    layers.append(nn.Flatten())
    sizes = [height * width * channels, *spec["dense"]]
    for n_in, n_out in zip(sizes[:-1], sizes[1:], strict=True):
        layers += hidden(nn.Dense(n_in, n_out, bias=not spec["batch norm"], rng=rng), n_out)
    return nn.Sequential([*layers, nn.Dense(sizes[-1], 10, rng=rng)], input_shape=shape)


def untrained(job, shape, surrogate, penalty=None):
    """The network of the job's settings and seed; all its neurons have this surrogate and this
    penalty.
    """
    return network(
        job.settings["net"],
        shape,
        lambda: snn.LIF(**job.settings["neuron"], surrogate=surrogate, penalty=penalty),
        np.random.default_rng([job.seed, 0]),
    )


def train(job, net, T, x, y):
    """Train a network. An epoch is a training of its own, with a fixed rate and from the weights
    alone, so that a network file after each epoch is a whole checkpoint.
    """
    settings, saved = job.settings, sorted(job.folder.glob("*.npz")) if job.folder else []
    done = int(saved[-1].stem) if saved else 0
    net = files.load(saved[-1]) if saved else net
    for epoch in range(done, settings["epochs"]):
        seen = augmented(x, np.random.default_rng([job.seed, 1, epoch]), flip=settings["flip"])
        rate = scheduled(settings["learning rate"], True, epoch / settings["epochs"])
        nn.fit(
            net,
            seen,
            y,
            epochs=1,
            batch_size=settings["batch size"],
            T=T,
            rng=np.random.default_rng([job.seed, 2, epoch]),
            optimiser=nn.SGD(rate, cosine=False),
            progress=False,
            threads=job.threads,
        )
        if job.folder:
            job.folder.mkdir(parents=True, exist_ok=True)
            files.save(net, job.folder / f"{epoch + 1:04}.npz")
    return net


def layer_numbers(net, T, x, y):
    """Of each spiking layer, at these images: its window, the share of potentials inside, and the
    norm of the surrogate gradient in the weights of the last linear layer before it.
    """
    outputs, caches = net.forward(np.tile(x, (T, 1, 1, 1)), nn.Run(T=T, train=True))
    _, dscores = nn.cross_entropy(outputs.reshape(T, len(x), -1).mean(axis=0), y)
    _, gradients = net.backward(caches, np.tile(dscores / np.float32(T), (T, 1)))
    found, norm = [], 0.0
    for layer, cache, named in zip(net, caches, gradients, strict=True):
        if "weight" in named:
            norm = float(np.linalg.norm(named["weight"].astype(np.float64)))
        elif layer.spiking:
            found.append(
                {
                    "window": cache.surrogate.window,
                    "inside": snn.summary(layer, cache)["inside"],
                    "gradient": norm,
                }
            )
    return found


def split(job):
    """Images to train on (the first "training images", or all) and their labels; the last fifth or
    tenth, held out.
    """
    data = job.data
    held = len(data.x_train) // job.settings["held out"]
    images = slice(0, job.settings.get("training images", len(data.x_train) - held))
    return (
        (data.x_train[:-held][images], data.y_train[:-held][images]),
        (data.x_train[-held:], data.y_train[-held:]),
    )


def run_job(job):
    """Train one network; one row for each of its spiking layers. A width is learned from some
    starts only.
    """
    if job.point["alpha"] == "learned" and job.point["start"] not in job.settings["learned from"]:
        return []
    settings, point, T, rows = job.settings, job.point, job.settings["T"], []
    (x, y), (x_val, y_val) = split(job)
    surrogate = surrogate_of(
        point["family"], point["start"], point["alpha"] == "learned", settings["floor"]
    )
    net = untrained(job, x.shape[1:], surrogate)
    before = layer_numbers(net, T, x[:IMAGES], y[:IMAGES])
    net = train(job, net, T, x, y)
    after = layer_numbers(net, T, x[:IMAGES], y[:IMAGES])
    accuracy, validation = (
        net.accuracy(images, labels, T=T, threads=job.threads)
        for images, labels in ((job.data.x_test, job.data.y_test), (x_val, y_val))
    )
    for k, (old, new) in enumerate(zip(before, after, strict=True), start=1):
        rows.append(
            {
                "layer": k,
                "accuracy": accuracy,
                "validation_accuracy": validation,
                **new,
                "inside_before": old["inside"],
                "gradient_before": old["gradient"],
            }
        )
    return rows


COLUMNS = (
    "family",
    "alpha",
    "start",
    "seed",
    "layer",
    "accuracy",
    "validation_accuracy",
    "window",
    "inside_before",
    "inside",
    "gradient_before",
    "gradient",
)

STUDY = Study(
    name="surrogate",
    title="a learned surrogate against fixed ones: six families, from narrow to wide starts",
    data=("digits",),
    columns=COLUMNS,
    run_job=run_job,
    settings={
        "T": 4,
        "epochs": 6,
        "batch size": 32,
        "learning rate": 0.1,
        "flip": False,
        "floor": 0.05,
        "held out": 5,
        "learned from": (0.25, 0.5, 4.0),
        "neuron": NEURON,
        "net": {"convolutions": (), "dense": (64, 48, 32), "batch norm": False},
    },
    grid={
        "family": tuple(FAMILIES),
        "alpha": ("fixed", "learned"),
        "start": (0.25, 0.5, 1.0, 2.0, 4.0),
    },
    seeds=5,
    budget_minutes=5,
)
