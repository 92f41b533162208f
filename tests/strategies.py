"""What the theorems are tried on: numbers whose sums and products with one another are exact in
float64.

A dyadic number here is a multiple of 1/256. Sums of thousands of them, and products of two, are
exact in float64, so a statement proved over the reals can be asserted with `==`.
"""

import numpy as np
from hypothesis import strategies as st

from refsnn import nn, snn

GRID = 256


def dyadics(low=-4, high=4):
    """Multiples of 1/256 between two whole numbers."""
    return st.integers(low * GRID, high * GRID).map(lambda k: k / GRID)


def thresholds():
    """Positive dyadic thresholds."""
    return st.integers(1, 4 * GRID).map(lambda k: k / GRID)


def powers_of_two():
    """Factors that scale a float64 without rounding."""
    return st.integers(-6, 6).map(lambda k: 2.0**k)


def arrays(elements, shape):
    """A float64 array of a fixed shape with independent elements."""
    size = int(np.prod(shape))
    return st.lists(elements, min_size=size, max_size=size).map(
        lambda values: np.array(values, float).reshape(shape)
    )


def currents(max_T=24, low=-4, high=4):
    """One neuron's input per time step (T,), dyadic."""
    return st.integers(1, max_T).flatmap(lambda T: arrays(dyadics(low, high), (T,)))


def rates(n, high=1):
    """Spike rates (n,) on the 1/256 grid, zero and the highest included."""
    return arrays(dyadics(0, high), (n,))


@st.composite
def neurons_and_rates(draw, max_in=8, max_out=4):
    """Weights (in, out), dyadic, and Bernoulli rates (in,), dyadic."""
    n_in, n_out = draw(st.integers(1, max_in)), draw(st.integers(1, max_out))
    return draw(arrays(dyadics(), (n_in, n_out))), draw(rates(n_in))


def on_grid(rng, shape, high=0.25, grid=GRID):
    """A float32 array of multiples of 1/grid between -high and high."""
    return (rng.integers(-int(high * grid), int(high * grid) + 1, shape) / grid).astype(np.float32)


def grid_network(rng, beta=1.0, reset="subtract", dense_only=False):
    """A spiking network whose float32 sums are exact, and the shape of its images (8, 8, 1) or
    (16,).

    Weights, biases, thresholds and initial potentials are multiples of 1/256, thresholds differ
    from channel to channel. Fed with multiples of 1/16 below 8, currents are multiples of 2**-12
    below 16 * (8 / 4) + 1: 18 of the 24 bits of a float32; potentials of 64 steps without leak, or
    of 5 with a leak of 1/2, fit as well.
    """

    def neurons(*features):
        return snn.LIF(
            beta,
            v_threshold=0.75 + on_grid(rng, features),
            v_init=on_grid(rng, features),
            reset=reset,
            v_reset=-0.125,
        )

    if dense_only:
        layers, shape = (
            [
                nn.Dense(16, 12, rng=rng),
                neurons(12),
                nn.Dense(12, 12, rng=rng),
                neurons(12),
                nn.Dense(12, 5, rng=rng),
            ],
            (16,),
        )
    else:
        layers, shape = (
            [
                nn.Conv2d(1, 4, 3, stride=2, padding=1, rng=rng),
                neurons(4),
                nn.AvgPool2d(2),
                nn.Flatten(),
                nn.Dense(16, 12, bias=False, rng=rng),
                neurons(12),
                nn.Dense(12, 5, rng=rng),
            ],
            (8, 8, 1),
        )
    for layer in layers:
        for name, array in layer.params.items():
            setattr(layer, name, on_grid(rng, array.shape, high=0.5))
    return nn.Sequential(layers, input_shape=shape)


def grid_images(rng, n, shape):
    """Images in [0, 1] whose pixels are multiples of 1/16."""
    return rng.integers(0, 17, (n, *shape)).astype(np.float32) / np.float32(16)
