"""What the theorems are tried on: numbers whose sums and products with one another are exact in float64.

A dyadic number here is a multiple of 1/256. Sums of thousands of them, and products of two, are exact in float64, so a
statement proved over the reals can be asserted with `==`.
"""
import numpy as np
from hypothesis import strategies as st

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
    return st.lists(elements, min_size=size, max_size=size).map(lambda values: np.array(values, float).reshape(shape))


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
