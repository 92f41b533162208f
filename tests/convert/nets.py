"""Small quantised networks: one whose float32 sums are exact, one that is trained on patterns."""

import numpy as np

from refsnn import convert, nn
from tests.strategies import on_grid


def dyadic_network(rng, L, kind=nn.QCFS):
    """Weights and images on coarse dyadic grids, thresholds powers of two: z / threshold is exact
    in float32, and so is every sum of up to 32 steps of it. Activations of L levels are exact if L
    is a power of two.
    """
    net = nn.Sequential(
        [
            nn.Conv2d(1, 4, 3, padding=1, rng=rng),
            kind(L, 2.0),
            nn.AvgPool2d(2),
            nn.Flatten(),
            nn.Dense(16, 10, rng=rng),
            kind(L, 0.5),
            nn.Dense(10, 8, rng=rng),
            kind(L, 1.0),
            nn.Dense(8, 3, rng=rng),
        ],
        input_shape=(4, 4, 1),
    )
    for layer in net:
        if "weight" in layer.params:
            layer.weight = on_grid(rng, layer.weight.shape, high=1, grid=16)
            layer.bias = on_grid(rng, layer.bias.shape, high=0.5, grid=16)
    return net


def dyadic_images(rng, n=20):
    return (rng.integers(0, 17, (n, 4, 4, 1)) / 16).astype(np.float32)


def spiking(seed=0, n=20, v_init=None):
    """A spiking copy of a network whose sums are exact, and images."""
    rng = np.random.default_rng(seed)
    ann, x = dyadic_network(rng, 4), dyadic_images(rng, n)
    return convert.to_spiking(ann, calibration_data=x, v_init=v_init), x


def patterns(n=300, seed=0):
    """Images of noise around one of three patterns, and their classes."""
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 3, n)
    return (
        np.random.default_rng(99).random((3, 6, 6, 1))[y] + rng.normal(0, 0.2, (n, 6, 6, 1))
    ).astype(np.float32), y


def trained(kind, L=4, after_epoch=None, epochs=4, norm=True, seed=0):
    rng = np.random.default_rng(seed)
    net = nn.Sequential(
        [
            nn.Conv2d(1, 4, 3, padding=1, rng=rng),
            *([nn.BatchNorm(4)] if norm else []),
            kind(L),
            nn.AvgPool2d(2),
            nn.Flatten(),
            nn.Dense(36, 12, rng=rng),
            kind(L),
            nn.Dense(12, 10, rng=rng),
            kind(L),
            nn.Dense(10, 3, rng=rng),
        ],
        input_shape=(6, 6, 1),
    )
    x, y = patterns()
    nn.fit(
        net,
        x,
        y,
        epochs=epochs,
        rng=np.random.default_rng(seed + 1),
        optimiser=nn.SGD(0.05),
        progress=False,
        after_epoch=after_epoch,
    )
    return net
