"""The soft histogram's compiled loops give the bits of the readable reference that stands beside
them.
"""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from refsnn.kernels import histogram
from tests.oracles import caught


@given(
    st.integers(0, 2**32 - 1),
    st.integers(1, 20),
    st.integers(1, 4),
    st.integers(2, 9),
    st.floats(0.01, 4),
)
def test_twin_soft_counts_and_their_gradient(seed, n, groups, bins, spacing):
    """Values inside, beyond both ends, and on centres."""
    rng = np.random.default_rng(seed)
    lowest = rng.normal()
    x = lowest + spacing * rng.uniform(-2, bins + 1, (n, groups))
    x[0] = lowest + spacing * rng.integers(0, bins, groups)
    dcounts = rng.standard_normal((groups, bins))
    counts, dx = np.zeros((groups, bins)), np.empty_like(x)
    histogram.soft_counts(x, lowest, spacing, counts)
    histogram.soft_counts_backward(x, lowest, spacing, dcounts, dx)

    def statement(counts, dx):
        assert np.array_equal(counts, histogram.soft_counts_reference(x, lowest, spacing, bins))
        assert np.array_equal(
            dx, histogram.soft_counts_backward_reference(x, lowest, spacing, dcounts)
        )

    statement(counts, dx)
    caught(statement, counts + 1, dx)
    caught(statement, counts, dx + 1)
