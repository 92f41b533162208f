"""Small converted networks and images for the tests of prediction: no training, so no waiting."""

import numpy as np

from refsnn import nn
from refsnn.snn import IF


def images(n, shape=(6, 6, 1), seed=0):
    """Random pictures with black borders, float32 in [0, 1]."""
    x = np.random.default_rng(seed).random((n, *shape), dtype=np.float32)
    x[:, 0] = 0
    return x


def neurons(shape, rng):
    """Neurons with thresholds and initial potentials of their own."""
    return IF(v_threshold=rng.uniform(0.5, 2, shape), v_init=rng.uniform(0, 0.4, shape))


def dense(depth=2, seed=1, width=12, classes=4):
    """A network 36-width-...-classes with biases."""
    rng = np.random.default_rng(seed)
    layers, n_in = [nn.Flatten()], 36
    for _ in range(depth):
        layers += [nn.Dense(n_in, width, rng=rng), neurons((width,), rng)]
        n_in = width
    net = nn.Sequential([*layers, nn.Dense(n_in, classes, rng=rng)], input_shape=(6, 6, 1))
    return biased(net, rng)


def convolutional(seed=2, classes=4):
    """Two convolutions, strided and padded, with pooling between and after, then a dense layer."""
    rng = np.random.default_rng(seed)
    net = nn.Sequential(
        [
            nn.Conv2d(1, 3, 3, padding=1, rng=rng),
            neurons((6, 6, 3), rng),
            nn.AvgPool2d(3),
            nn.Conv2d(3, 5, 2, padding=1, stride=1, rng=rng),
            neurons((3, 3, 5), rng),
            nn.Flatten(),
            nn.Dense(45, 7, rng=rng),
            neurons((7,), rng),
            nn.Dense(7, classes, rng=rng),
        ],
        input_shape=(6, 6, 1),
    )
    return biased(net, rng)


def biased(net, rng):
    """The network with biases that are not 0."""
    for layer in net:
        if layer.params:
            layer.bias = rng.normal(0, 0.1, layer.bias.shape).astype(np.float32)
    return net
