"""Every compiled loop gives the bits of the readable reference that stands beside it."""

from fractions import Fraction

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from refsnn.kernels import batch_statistics, elementwise, neuron, sparse_sum, windows
from tests.oracles import caught
from tests.strategies import currents, dyadics, thresholds


def numbers(dtype=np.float32):
    """Any numbers in [-8, 8], tiny ones and both zeros included."""
    return st.floats(-8, 8, width=np.dtype(dtype).itemsize * 8)


def filled(shape, dtype=np.float32):
    """Arrays of numbers that Hypothesis likes, or of Gaussian ones, whose bits are all in use."""
    seeds = st.integers(0, 2**32 - 1)
    gaussian = seeds.map(
        lambda seed: np.random.default_rng(seed).standard_normal(shape).astype(dtype)
    )
    return gaussian | hnp.arrays(dtype, shape, elements=numbers(dtype))


def same_bits(one, two):
    one, two = np.asarray(one), np.asarray(two)
    assert one.dtype == two.dtype and one.shape == two.shape and one.tobytes() == two.tobytes()


@st.composite
def image_cases(draw):
    """Padded images, a kernel that fits into them, a stride."""
    dtype = draw(st.sampled_from([np.float32, np.float64]))
    n, height, width, channels = (draw(st.integers(1, top)) for top in (3, 6, 6, 3))
    kh, kw, stride = (
        draw(st.integers(1, height)),
        draw(st.integers(1, width)),
        draw(st.integers(1, 3)),
    )
    return draw(filled((n, height, width, channels), dtype)), kh, kw, stride


def compiled_columns(x, kh, kw, stride):
    n, height, width, channels = x.shape
    cols = np.full(
        (n, (height - kh) // stride + 1, (width - kw) // stride + 1, kh, kw * channels),
        np.nan,
        x.dtype,
    )
    windows.im2col(x.reshape(n, height, width * channels), (stride, stride * channels), cols)
    return cols


@given(image_cases())
def test_twin_windows_of_images(case):
    x, kh, kw, stride = case
    same_bits(compiled_columns(*case), np.ascontiguousarray(windows.im2col_reference(*case)))


@given(image_cases())
def test_twin_windows_added_back(case):
    x, kh, kw, stride = case
    cols = compiled_columns(*case)
    n, height, width, channels = x.shape
    back = np.zeros((n, height, width * channels), x.dtype)
    windows.col2im(cols, (stride, stride * channels), back)
    same_bits(back.reshape(x.shape), windows.col2im_reference(cols, x.shape, stride))


def test_windows_of_a_small_image_by_hand():
    """A 1 x 2 kernel on one row of three pixels has the windows (1, 2) and (2, 3); added back, 2
    counts twice.
    """
    x = np.array([1, 2, 3], np.float32).reshape(1, 1, 3, 1)
    cols = compiled_columns(x, 1, 2, 1)
    assert cols.ravel().tolist() == [1, 2, 2, 3]
    assert windows.col2im_reference(cols, x.shape, 1).ravel().tolist() == [1, 4, 3]
    caught(same_bits, cols.ravel(), np.array([1, 2, 3, 2], np.float32))


@st.composite
def pooling_cases(draw):
    dtype = draw(st.sampled_from([np.float32, np.float64]))
    size = draw(st.integers(1, 3))
    n, height, width, channels = (draw(st.integers(1, 3)) for _ in range(4))
    return draw(filled((n, height * size, width * size, channels), dtype)), size


@given(pooling_cases())
def test_twin_average_pooling(case):
    x, size = case
    share = x.dtype.type(1 / size**2)
    out = np.full_like(x[:, ::size, ::size], np.nan, order="C")
    windows.avg_pool(x, size, share, out)
    same_bits(out, windows.avg_pool_reference(x, size))
    dx = np.full_like(x, np.nan)
    windows.avg_pool_backward(out, size, share, dx)
    same_bits(dx, windows.avg_pool_backward_reference(out, size))


@given(
    st.integers(1, 40).flatmap(lambda n: st.tuples(filled((n,)), filled((n,)))),
    st.sampled_from([1.0, 2.5, np.inf]),
)
def test_twin_gradient_of_a_clipped_rectifier(pair, upper):
    y, dy = pair
    y, upper = np.clip(y, 0, np.float32(upper)), np.float32(upper)
    dx = np.full_like(dy, np.nan)
    elementwise.clip_backward(y, dy, upper, dx)
    same_bits(dx, elementwise.clip_backward_reference(y, dy, upper))


@given(
    st.integers(1, 20).flatmap(lambda n: st.tuples(*[filled((n,))] * 3)),
    st.tuples(*[st.floats(0, 1, width=32)] * 3),
)
def test_twin_momentum_step(arrays, settings):
    param, gradient, velocity = arrays
    settings = [np.float32(value) for value in settings]
    expected = elementwise.momentum_step_reference(param, gradient, velocity, *settings)
    moved, state = param.copy(), velocity.copy()
    elementwise.momentum_step(moved, gradient, state, *settings)
    for one, two in zip((moved, state), expected, strict=True):
        same_bits(one, two)


@st.composite
def event_cases(draw):
    """Input spikes of any size, most of them absent, and weights."""
    rows, n_in, n_out = draw(st.integers(1, 4)), draw(st.integers(1, 12)), draw(st.integers(1, 5))
    values = st.sampled_from([np.float32(s) for s in (0, 0, 1, 1 / 3, 3)])
    spikes = draw(hnp.arrays(np.float32, (rows, n_in), elements=values))
    return spikes, draw(filled((n_in, n_out))), draw(filled((n_out,)))


@given(event_cases())
def test_twin_event_driven_sum(case):
    spikes, weight, bias = case
    out = np.full((len(spikes), len(bias)), np.nan, np.float32)
    sparse_sum.event_sum(spikes, weight, bias, out)
    same_bits(out, np.stack([sparse_sum.event_sum_reference(row, weight, bias) for row in spikes]))


@st.composite
def neuron_cases(draw):
    T, n, features = draw(st.integers(1, 8)), draw(st.integers(1, 3)), draw(st.integers(1, 4))
    steps = draw(st.sampled_from([1, T]))  # one step: an input held constant
    shapes = (steps, n, features), (n, features), (features,)
    if draw(st.booleans()):  # halves, so that thresholds are met exactly
        values = [-0.5, 0.5, 1.0], [0.0, 0.5], [0.5, 1.0]
        current, v, v_threshold = (
            draw(hnp.arrays(np.float32, shape, elements=st.sampled_from(halves)))
            for shape, halves in zip(shapes, values, strict=True)
        )
        return T, current, v, v_threshold, np.float32(1), np.float32(0), draw(st.booleans())
    v_threshold = draw(hnp.arrays(np.float32, shapes[2], elements=st.floats(0.125, 4, width=32)))
    beta, v_reset = (np.float32(draw(st.floats(low, low + 1, width=32))) for low in (0, -1))
    return (
        T,
        draw(filled(shapes[0])),
        draw(filled(shapes[1])),
        v_threshold,
        beta,
        v_reset,
        draw(st.booleans()),
    )


def compiled_scan(T, current, v, v_threshold, beta, v_reset, subtract):
    n, features = v.shape
    v, counts, spikes = (
        v.copy(),
        np.full((T, n), -1, np.int32),
        np.full((T, n, features), np.nan, np.float32),
    )
    neuron.scan(current, v, v_threshold, beta, v_reset, subtract, counts, spikes)
    return spikes, v, counts


@given(neuron_cases())
def test_twin_neuron_scan(case):
    T, current, v, v_threshold, *settings = case
    spikes, after, counts = compiled_scan(*case)
    current = np.broadcast_to(current, spikes.shape)
    for i in range(v.shape[0]):
        for f in range(v.shape[1]):
            expected, v_seq = neuron.scan_reference(
                current[:, i, f], v[i, f], v_threshold[f], *settings
            )
            same_bits(spikes[:, i, f], np.array(expected, np.float32))
            same_bits(after[i, f], np.float32(v_seq[-1]))
    same_bits(counts, spikes.sum(axis=2).astype(np.int32))


@given(neuron_cases(), st.integers(1, 3), st.integers(1, 2), st.integers(1, 2))
def test_twin_pooled_scan(case, size, height, width):
    """Every neuron stands for a channel of an image, whose pixels start at different potentials."""
    T, current, v, v_threshold, *settings = case
    shape = (height * size, width * size, len(v_threshold))
    current = np.broadcast_to(current[:, :, None, None], (*current.shape[:2], *shape)).copy()
    v, v_threshold = (
        np.broadcast_to(array[..., None, None, :], (*array.shape[:-1], *shape)).copy()
        for array in (v, v_threshold)
    )
    v = (v + np.arange(v[0].size, dtype=np.float32).reshape(shape) / 4).astype(np.float32)
    n = len(v)
    spikes, after, counts = compiled_scan(
        T,
        current.reshape(len(current), n, -1),
        v.reshape(n, -1),
        v_threshold.reshape(-1),
        *settings,
    )
    v, found = v.reshape(n, height * size, -1).copy(), np.full((T, n), -1, np.int32)
    pooled = np.full((T, n, height, width, shape[2]), np.nan, np.float32)
    neuron.scan_pooled(
        current.reshape(*current.shape[:3], -1),
        v,
        v_threshold.reshape(len(v[0]), -1),
        *settings,
        np.float32(1 / size**2),
        found,
        pooled,
    )
    expected = windows.avg_pool_reference(spikes.reshape(T * n, *shape), size)
    same_bits(pooled, expected.reshape(pooled.shape))
    same_bits(v.reshape(n, -1), after)
    same_bits(found, counts)


@given(
    st.tuples(*[st.integers(1, 5)] * 2).flatmap(
        lambda shape: st.tuples(filled(shape), filled(shape[1:]))
    )
)
def test_twin_bias(arrays):
    y, bias = arrays
    expected = y + bias
    windows.add_bias(y, bias)
    same_bits(y, expected)


@given(
    currents(), thresholds(), dyadics(-2, 2), st.sampled_from([1, Fraction(1, 2)]), st.booleans()
)
def test_theorem_the_reference_on_fractions_is_the_kernel_on_dyadics(
    current, v_threshold, v_init, beta, subtract
):
    """Where float32 is exact, the compiled loop computes with the real numbers. Inputs are
    multiples of 2**-8 below 4 and no potential exceeds 100: without leak 15 of float32's 24 bits
    suffice. A leak of 1/2 adds a bit a step, so only the first 8 steps are compared then.
    """
    current = current[:8] if beta != 1 else current
    expected, v_seq = neuron.scan_reference(
        [Fraction(i) for i in current],
        Fraction(v_init),
        Fraction(v_threshold),
        beta,
        Fraction(-1, 4),
        subtract,
    )
    spikes, v, _ = compiled_scan(
        len(current),
        current.astype(np.float32).reshape(-1, 1, 1),
        np.full((1, 1), v_init, np.float32),
        np.full(1, v_threshold, np.float32),
        np.float32(beta),
        np.float32(-0.25),
        subtract,
    )
    assert spikes.ravel().tolist() == expected and Fraction(float(v[0, 0])) == v_seq[-1]


def test_counterexample_a_neuron_that_fires_only_above_its_threshold():
    """At the threshold exactly, the neuron fires; one that fires above it would not."""

    def statement(threshold):
        assert neuron.scan_reference([0.5, 0.5], 0.0, threshold, 1.0, 0.0, True)[0] == [0, 1]

    statement(1.0)
    caught(statement, np.nextafter(1.0, 2.0))


@given(
    st.tuples(st.integers(1, 30), st.integers(1, 4)).flatmap(
        lambda shape: st.tuples(*[filled(shape)] * 2, *[filled(shape[1:])] * 5)
    )
)
def test_twin_batch_norm(arrays):
    dy, x, mean, inv_std, scale, mean_dy, mean_dy_hat = arrays
    sums, y, dx = np.zeros((2, x.shape[1])), np.full_like(x, np.nan), np.full_like(x, np.nan)
    batch_statistics.column_sums(dy, x, mean, inv_std, sums)
    batch_statistics.normalise(x, scale, mean, y)
    batch_statistics.normalise_backward(dy, x, mean, inv_std, scale, mean_dy, mean_dy_hat, dx)
    same_bits(sums, batch_statistics.column_sums_reference(dy, x, mean, inv_std))
    same_bits(y, batch_statistics.normalise_reference(x, scale, mean))
    same_bits(
        dx,
        batch_statistics.normalise_backward_reference(
            dy, x, mean, inv_std, scale, mean_dy, mean_dy_hat
        ),
    )
