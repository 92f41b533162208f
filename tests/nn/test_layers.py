"""What the layers compute, held to definitions written another way."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.signal import correlate

from refsnn import nn
from tests.oracles import caught
from tests.strategies import arrays, dyadics


def correlated(x, weight, bias, stride, padding):
    """Convolution of one image after another, filter by filter, with scipy.signal.correlate."""
    x = np.pad(x, ((0, 0), (padding, padding), (padding, padding), (0, 0)))
    y = np.stack(
        [
            np.concatenate(
                [correlate(image, filters, mode="valid") for filters in np.moveaxis(weight, -1, 0)],
                axis=-1,
            )
            for image in x
        ]
    )
    return y[:, ::stride, ::stride] + bias


@st.composite
def convolutions(draw):
    """Images and a convolution, all on a 1/256 grid."""
    k, stride, padding = draw(st.integers(1, 4)), draw(st.integers(1, 3)), draw(st.integers(0, 2))
    least = max(1, k - 2 * padding)
    n, height, width = (
        draw(st.integers(1, 10)),
        *(draw(st.integers(least, least + 4)) for _ in range(2)),
    )
    c_in, c_out, seed = (
        draw(st.integers(1, 3)),
        draw(st.integers(1, 3)),
        draw(st.integers(0, 2**32 - 1)),
    )
    rng = np.random.default_rng(seed)
    layer = nn.Conv2d(c_in, c_out, k, stride=stride, padding=padding, rng=rng)
    layer.weight, layer.bias, x = (
        rng.integers(-128, 129, shape).astype(np.float32) / 256
        for shape in (layer.weight.shape, layer.bias.shape, (n, height, width, c_in))
    )
    return layer, x


@given(convolutions())
def test_theorem_convolution_is_scipys_correlation(case):
    """On a 1/256 grid both are exact: products are multiples of 2**-16 below 1/4, their sums below
    4 * 4 * 3 / 4 + 1, so 16 + 4 bits of float32's 24 suffice; scipy sums in float64, by transform
    or not, with errors far below 2**-17.
    """
    layer, x = case

    def statement(weight):
        expected = correlated(
            x.astype(float), weight.astype(float), layer.bias, layer.stride, layer.padding
        )
        y = layer.forward(x)[0]
        assert y.dtype == np.float32 and y.shape[1:] == layer.output_shape(x.shape[1:])
        assert np.array_equal(y, np.round(expected * 2**16) / 2**16)

    statement(layer.weight)


def test_counterexample_a_flipped_kernel_is_another_map():
    """What networks call convolution is correlation: the kernel is not turned around."""
    layer = nn.Conv2d(1, 1, 2, rng=np.random.default_rng(0))
    layer.weight = np.array([1, 2, 3, 4], np.float32).reshape(2, 2, 1, 1)
    x = np.array([[1, 0], [0, 0]], np.float32).reshape(1, 2, 2, 1)

    def statement(weight):
        assert layer.forward(x)[0].item() == correlated(x, weight, 0, 1, 0).item()

    statement(layer.weight)
    caught(statement, layer.weight[::-1, ::-1])


@given(st.integers(1, 3), st.integers(1, 3), st.integers(0, 2**32 - 1))
def test_theorem_average_pooling_is_a_convolution(size, channels, seed):
    """With filters of 1 / size**2 on the diagonal of the channels, in float64: sums of 9 numbers of
    order 1 in another order, 1e-15 apart.
    """
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((2, 2 * size, 3 * size, channels))
    conv = nn.Conv2d(channels, channels, size, stride=size, bias=False, rng=rng)
    conv.weight = np.broadcast_to(np.eye(channels) / size**2, conv.weight.shape)
    assert np.allclose(nn.AvgPool2d(size).forward(x)[0], conv.forward(x)[0], rtol=0, atol=1e-14)


@given(arrays(dyadics(), (3, 4)), arrays(dyadics(), (4, 2)), arrays(dyadics(), (2,)))
def test_theorem_dense_is_the_matrix_product(x, weight, bias):
    """Exactly, on dyadics: products are multiples of 2**-16 below 16, sums of 4 and a bias below
    128: 23 bits.
    """
    layer = nn.Dense(4, 2, rng=np.random.default_rng(0))
    layer.weight, layer.bias = weight.astype(np.float32), bias.astype(np.float32)
    y = layer.forward(x.astype(np.float32))[0]
    expected = [
        [sum(x[n, i] * weight[i, o] for i in range(4)) + bias[o] for o in range(2)]
        for n in range(3)
    ]
    assert y.dtype == np.float32 and y.tolist() == expected


def test_flatten_is_c_order():
    x = np.arange(24, dtype=np.float32).reshape(2, 2, 3, 2)
    assert nn.Flatten().forward(x)[0].tolist() == [list(range(12)), list(range(12, 24))]


@given(st.integers(2, 40), st.integers(0, 2**32 - 1))
def test_theorem_batch_norm_whitens_each_channel(n, seed):
    """While training, with gamma 1 and beta 0, each channel has mean 0 and variance var / (var +
    1e-5). In float64 the mean of squares below 55**2 is off by 55**2 * n * 2**-53 < 2e-11: under
    3e-10 of a variance, which is 1/12 or more.
    """
    rng = np.random.default_rng(seed)
    spread = rng.permuted(np.repeat(np.linspace(-1, 1, n)[:, None], 3, axis=1), axis=0)
    x = rng.uniform(-50, 50, 3) + rng.uniform(0.5, 5, 3) * spread
    y, cache = nn.BatchNorm(3).forward(x, nn.Run(train=True))
    variance = x.var(axis=0)

    def statement(y):
        assert np.all(np.abs(y.mean(axis=0)) < 1e-9)
        assert np.allclose(y.var(axis=0), variance / (variance + 1e-5), rtol=1e-9, atol=0)

    statement(y)
    caught(statement, y * 1.001)
    # running statistics, in float32: a tenth of the new, whose variance is unbiased; `fit` stores
    # them
    assert np.allclose(cache.buffers["running_mean"], 0.1 * x.mean(axis=0), rtol=2**-23, atol=1e-9)
    assert np.allclose(
        cache.buffers["running_var"], 0.9 + 0.1 * x.var(axis=0, ddof=1), rtol=2**-23, atol=1e-9
    )


def test_batch_norm_outside_training_uses_its_running_statistics_alone():
    """y = gamma (x - mean) / sqrt(var + 1e-5) + beta image by image, in float32: a few units of
    2**-24 of numbers below 8.
    """
    layer, rng = nn.BatchNorm(2), np.random.default_rng(0)
    layer.gamma, layer.beta, layer.running_mean, layer.running_var = rng.uniform(
        0.5, 2, (4, 2)
    ).astype(np.float32)
    x = rng.standard_normal((5, 3, 3, 2)).astype(np.float32)
    y = layer.forward(x)[0]
    expected = (
        layer.gamma * (x.astype(float) - layer.running_mean) / np.sqrt(layer.running_var + 1e-5)
        + layer.beta
    )
    assert y.dtype == np.float32 and np.allclose(y, expected, rtol=0, atol=8 * 4 * 2**-24)
    assert np.array_equal(layer.forward(x[2:3])[0], y[2:3])


def test_law_he_weights_have_variance_two_over_fan_in():
    """Mean 0 and variance 2 / fan_in, within 5 standard errors: sqrt(var / n) and var sqrt(2 / n)
    for n Gaussians.
    """
    rng = np.random.default_rng(0)
    for layer, fan_in in ((nn.Dense(400, 100, rng=rng), 400), (nn.Conv2d(16, 64, 5, rng=rng), 400)):
        w, n = layer.weight.astype(float), layer.weight.size

        def statement(variance, w=w, n=n):
            assert abs(w.mean()) < 5 * np.sqrt(variance / n)
            assert abs(w.var() - variance) < 5 * variance * np.sqrt(2 / n)

        statement(2 / fan_in)
        caught(statement, 1 / fan_in)
        assert layer.weight.dtype == np.float32 and not layer.bias.any()


@pytest.mark.parametrize(
    "layer, shape",
    [
        (nn.Dense(6, 3, rng=np.random.default_rng(0)), (6,)),
        (nn.Conv2d(2, 3, 2, stride=2, padding=1, rng=np.random.default_rng(0)), (3, 4, 2)),
        (nn.AvgPool2d(2), (4, 2, 3)),
        (nn.Flatten(), (2, 3)),
        (nn.BatchNorm(4), (2, 4)),
        (nn.Dropout(), (5,)),
        (nn.ReLU(), (2, 2)),
        (nn.Clip(2.0), (3,)),
    ],
    ids=lambda value: type(value).__name__,
)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_layers_keep_their_promise_of_shape_and_type(layer, shape, dtype):
    """`output_shape` is the shape; float32 stays float32; images that lie crooked in memory give
    the same bits.
    """
    x = np.random.default_rng(1).standard_normal((6, *shape)).astype(dtype)
    y = layer.forward(x)[0]
    assert y.shape == (6, *layer.output_shape(shape))
    if dtype == np.float32:
        assert y.dtype == np.float32
    crooked = np.asfortranarray(x)
    assert np.array_equal(layer.forward(crooked)[0], y)
    assert np.array_equal(layer.forward(np.repeat(x, 2, axis=0)[::2])[0], y)
