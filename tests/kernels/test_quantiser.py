"""The quantiser's compiled loops give the bits of the readable reference that stands beside
them.
"""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from refsnn.kernels import elementwise
from tests.oracles import caught


@given(
    st.integers(0, 2**32 - 1),
    st.sampled_from([np.float32, np.float64]),
    st.integers(1, 33),
    st.sampled_from([0.0, 0.25, 0.5]),
    st.floats(0.01, 8),
)
def test_twin_quantiser_and_its_gradient(seed, dtype, levels, shift, v_threshold):
    rng = np.random.default_rng(seed)
    z = rng.normal(0, 2 * v_threshold, 50).astype(dtype)
    z[:3] = 0, v_threshold, -0.0
    dy = rng.standard_normal(50).astype(dtype)
    numbers = dtype(v_threshold), dtype(levels), dtype(shift)
    y, dz, shares = np.empty_like(z), np.empty_like(z), np.empty_like(z)
    elementwise.quantise(z, *numbers, y)
    elementwise.quantise_backward(z, *numbers, dy, dz, shares)

    def statement(y, dz, shares):
        assert y.tobytes() == elementwise.quantise_reference(z, *numbers).tobytes()
        reference = elementwise.quantise_backward_reference(z, *numbers, dy)
        assert np.array_equal(dz, reference[0]) and np.array_equal(shares, reference[1])
        assert dz.dtype == shares.dtype == reference[0].dtype == reference[1].dtype == dtype

    statement(y, dz, shares)
    caught(statement, y + np.spacing(abs(y) + 1), dz, shares)
    caught(statement, y, dy, shares + 1)
