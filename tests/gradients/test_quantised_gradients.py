"""The straight-through gradient of the quantised activation, as the derivative of a function with
frozen rounding.
"""

import numpy as np
import pytest

from refsnn import nn
from tests.oracles import caught

STEP = 2.0**-17


def in_float64(layer, v_threshold):
    layer.v_threshold = np.array([v_threshold])
    return layer


def with_frozen_rounding(layer, z):
    """(z, v_threshold) -> v_threshold (clip(z / v_threshold, 0, 1) + r), where r is the rounding's
    error at `z`: floor replaced by the identity plus a constant, which is what straight-through
    means.
    """
    q = layer.forward(z)[0] / layer.v_threshold
    residual = q - np.clip(z / layer.v_threshold, 0, 1)
    return lambda z, v_threshold: v_threshold * (np.clip(z / v_threshold, 0, 1) + residual)


def printed_slope(z, L, v_threshold):
    """Eq. 19 as printed in the QCFS paper: 1 / (2 L) in the middle, -z / v_threshold**2
    elsewhere.
    """
    edge = v_threshold / (2 * L)
    return np.where((-edge < z) & (z < v_threshold - edge), 1 / (2 * L), -z / v_threshold**2)


@pytest.mark.parametrize("kind", [nn.QCFS, nn.NoisyQCFS])
@pytest.mark.parametrize("L, shift", [(1, 0.5), (2, 0.0), (3, 0.25), (4, 0.5), (8, 0.5), (32, 0.5)])
def test_theorem_straight_through_is_the_derivative_with_frozen_rounding(kind, L, shift):
    """Central differences of <dy, f> along z and along the threshold. f is piecewise linear in both
    but for z / threshold, which the threshold in front cancels: a difference has no error but
    rounding, 2**-53 * 100 / STEP < 1e-8. Inputs within a step of a kink, 0 or the threshold, are
    moved away.
    """
    rng = np.random.default_rng(L)
    layer = in_float64(kind(L, shift=shift), 1.7)
    z = rng.uniform(-1.5, 3.0, (20, 5))
    for kink in (0, 1.7):
        z += np.where(abs(z - kink) < 0.01, 0.05, 0)
    dy, u = rng.standard_normal(z.shape), rng.standard_normal(z.shape)
    frozen = with_frozen_rounding(layer, z)
    y, cache = layer.forward(z)
    assert np.allclose(y, frozen(z, 1.7), rtol=0, atol=1e-15)
    dz, gradients = layer.backward(cache, dy)

    def statement(dz, dv_threshold):
        along_z = np.sum(dy * (frozen(z + STEP * u, 1.7) - frozen(z - STEP * u, 1.7))) / (2 * STEP)
        along_threshold = np.sum(dy * (frozen(z, 1.7 + STEP) - frozen(z, 1.7 - STEP))) / (2 * STEP)
        assert abs(along_z - np.sum(dz * u)) < 1e-8
        assert abs(along_threshold - dv_threshold) < 1e-8

    dv_threshold = gradients["v_threshold"].item()
    statement(dz, dv_threshold)
    caught(statement, dy, dv_threshold)  # no window
    caught(statement, dz, dv_threshold - np.sum(dy[z > 1.7]))  # nothing from saturated neurons
    caught(statement, dz, np.sum(dy * printed_slope(z, L, 1.7)))


def test_each_region_has_the_slope_that_the_chapter_derives():
    """L = 4, threshold 2: below 0 nothing moves; z = 0.6 rounds to 0.5, so a larger threshold
    changes it by 1/4 - 0.3; above the threshold the activation is the threshold.
    """
    layer = in_float64(nn.QCFS(4), 2.0)
    for z, slopes in (
        (-0.5, (0, 0)),
        (0.6, (1, 0.25 - 0.3)),
        (2.5, (0, 1)),
        (0.0, (0, 0)),
        (2.0, (0, 1)),
    ):
        _, cache = layer.forward(np.array([[z]]))
        dz, gradients = layer.backward(cache, np.ones((1, 1)))
        assert (dz.item(), gradients["v_threshold"].item()) == slopes


def test_noise_has_no_gradient():
    """Training with noise backpropagates as without it."""
    rng = np.random.default_rng(0)
    layer, z, dy = nn.NoisyQCFS(4), rng.standard_normal((6, 7)), rng.standard_normal((6, 7))
    layer.sigma[...], layer.mean[...] = 0.2, 0.1
    noisy, cache = layer.forward(z, nn.Run(train=True, rng=rng))
    quiet, plain = layer.forward(z)
    assert not np.array_equal(noisy, quiet)
    for one, two in zip(layer.backward(cache, dy), layer.backward(plain, dy), strict=True):
        assert np.array_equal(
            one if isinstance(one, np.ndarray) else one["v_threshold"],
            two if isinstance(two, np.ndarray) else two["v_threshold"],
        )


def test_forward_and_backward_write_nothing():
    rng = np.random.default_rng(1)
    layer, z, dy = nn.NoisyQCFS(4), rng.standard_normal((6, 7)), rng.standard_normal((6, 7))
    layer.sigma[...] = 0.2
    held = [z, dy, layer.v_threshold, layer.sigma, layer.mean]
    before = [array.copy() for array in held]
    _, cache = layer.forward(z, nn.Run(train=True, rng=rng))
    layer.backward(cache, dy)
    assert all(np.array_equal(one, two) for one, two in zip(held, before, strict=True))
