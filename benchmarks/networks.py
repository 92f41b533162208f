"""The networks and images that every process computes with, as arrays by name that fit into one
.npz file.

Weights lie on a grid of 1/1024, pixels on one of 1/16: all sums are exact in float32, in any order.
So spikes must be equal, not nearly equal, whoever computes them.
"""

import numpy as np

from refsnn import convert, datasets, nn, snn

GRID, PIXELS, RATE = 1024, 16, 0.1
PERCENTILES = (100, 99.9, 99, 97, 95, 90, 80)


def images(count):
    """Digits enlarged to 28 x 28, and their classes."""
    data = datasets.load_digits()
    x = np.kron(data.x_train[:count, :, :, 0], np.ones((1, 3, 3)))
    x = np.pad(x, ((0, 0), (2, 2), (2, 2)))[..., None]
    return (np.rint(x * PIXELS) / PIXELS).astype(np.float32), data.y_train[:count]


def cnn(rng):
    """The network conv16-pool-conv32-pool-dense128-dense10."""
    return nn.Sequential(
        [
            nn.Conv2d(1, 16, 3, padding=1, rng=rng),
            nn.ReLU(),
            nn.AvgPool2d(2),
            nn.Conv2d(16, 32, 3, padding=1, rng=rng),
            nn.ReLU(),
            nn.AvgPool2d(2),
            nn.Flatten(),
            nn.Dense(7 * 7 * 32, 128, rng=rng),
            nn.ReLU(),
            nn.Dense(128, 10, rng=rng),
        ]
    )


def mlp(rng, width=512):
    """The network 784-512-512-10."""
    return nn.Sequential(
        [
            nn.Flatten(),
            nn.Dense(784, width, rng=rng),
            nn.ReLU(),
            nn.Dense(width, width, rng=rng),
            nn.ReLU(),
            nn.Dense(width, 10, rng=rng),
        ]
    )


def multiply_adds(net, shape=(28, 28, 1)):
    """Multiply-adds of one image and step, a number for each dense or convolutional layer."""
    outputs = zip(net, net.shapes(shape), strict=True)
    return [
        layer.weight.size * int(np.prod(output[:-1])) for layer, output in outputs if layer.params
    ]


def on_grid(net):
    """The network with every weight and bias rounded to a multiple of 1/1024, in place."""
    for layer in net:
        for name, array in layer.params.items():
            setattr(layer, name, (np.rint(array * GRID) / GRID).astype(np.float32))
    return net


def converted(ann, x, percentile):
    """A spiking copy, scaled by a percentile of the activations."""
    return on_grid(
        convert.to_spiking(ann, calibration_data=x[:200], scaling=convert.Percentile(percentile))
    )


def seldom_spiking(ann, x):
    """The spiking copy whose neurons spike in about one step of ten: the percentile is chosen for
    it.
    """

    def distance(net):
        return abs(float(snn.simulate(net, x[:100], 16).spike_rates().mean()) - RATE)

    return min((converted(ann, x, percentile) for percentile in PERCENTILES), key=distance)


def as_arrays(name, net):
    """A network as arrays: the kinds of its layers, and of each its parameters and the rate of its
    input.
    """
    found = {f"{name}.layers": np.array([type(layer).__name__ for layer in net])}
    for i, layer in enumerate(net):
        found |= {f"{name}.{i}.{parameter}": array for parameter, array in layer.params.items()}
        if getattr(layer, "input_rate", None) is not None:
            found[f"{name}.{i}.input_rate"] = np.float64(layer.input_rate)
    return found


def from_arrays(name, arrays, neurons=None):
    """The network again; `neurons()` makes what stands in the place of each activation, a rectifier
    by default.
    """
    rng, layers = np.random.default_rng(0), []
    for i, kind in enumerate(arrays[f"{name}.layers"]):
        weight = arrays.get(f"{name}.{i}.weight")
        if kind == "Conv2d":
            layer = nn.Conv2d(
                *weight.shape[2:], weight.shape[0], padding=weight.shape[0] // 2, rng=rng
            )
        elif kind == "Dense":
            layer = nn.Dense(*weight.shape, rng=rng)
            rate = arrays.get(f"{name}.{i}.input_rate")
            layer.input_rate = None if rate is None else float(rate)
        elif kind in ("ReLU", "IF"):
            layer = neurons() if neurons else nn.ReLU()
        else:
            layer = nn.AvgPool2d(2) if kind == "AvgPool2d" else nn.Flatten()
        if weight is not None:
            layer.weight, layer.bias = weight.copy(), arrays[f"{name}.{i}.bias"].copy()
        layers.append(layer)
    return nn.Sequential(layers)


def everything(count):
    """Images, labels, the two networks as they start, and the two after three epochs of training
    and conversion.
    """
    rng = np.random.default_rng(0)
    x, y = images(1437)
    arrays = {
        "x": x[:count],
        "y": y[:count],
        "rates": rng.random(784) * 0.2,
        "weight": rng.standard_normal(784) / 28,
    }
    for name, build, convert_it in (
        ("mlp", mlp, seldom_spiking),
        ("cnn", cnn, lambda ann, x: converted(ann, x, 99.9)),
    ):
        ann = build(rng)
        arrays |= as_arrays(name, ann)
        nn.fit(ann, x, y, epochs=3, rng=rng, optimiser=nn.SGD(0.05), progress=False)
        arrays |= as_arrays(f"spiking {name}", convert_it(ann, x))
    return arrays
