"""Linear maps, the covariance of the scores and rho, against matrices written out."""

import numpy as np
import pytest

from refsnn.predict import closure
from refsnn.predict.linear_maps import read
from tests.predict.nets import convolutional, dense, images

ROUNDING = (
    3e-5  # float32 sums of at most 36 * 16 products, relative to the largest entry: 500 * 2**-24
)
NETS = {"dense": dense, "convolutional": convolutional}


def matrix(linear):
    """A map without biases as a matrix (inputs, outputs)."""
    n_in = int(np.prod(linear.input_shape))
    return (
        linear(np.eye(n_in, dtype=np.float32).reshape(n_in, *linear.input_shape))
        .reshape(n_in, -1)
        .astype(float)
    )


def close(found, expected):
    np.testing.assert_allclose(found, expected, rtol=0, atol=ROUNDING * np.abs(expected).max())


def explicit_covariances(parts, x, T, max_rate, layers):
    """Covariances of the input counts and of every layer's V and N, all matrices kept: for one
    image.
    """
    cov, of_v = np.diag(T * closure.pixel_variance(x.reshape(-1).astype(float), max_rate)), []
    for part, counts in zip(parts, layers, strict=True):
        w = matrix(part.plain) / part.v_threshold
        of_v.append(w.T @ cov @ w)
        cov = counts.gain[0][:, None] * of_v[-1] * counts.gain[0] + np.diag(counts.own[0])
    return of_v, cov


@pytest.mark.parametrize("name", NETS)
def test_the_adjoint_is_the_transpose(name):
    parts, readout = read(NETS[name](), images(1).shape[1:])
    for linear in [part.plain for part in parts] + [readout.power(1)]:
        n_out = int(np.prod(linear.shape))
        rows = linear.adjoint(
            np.eye(n_out, dtype=np.float32).reshape(n_out, *linear.shape)
        ).reshape(n_out, -1)
        close(rows, matrix(linear).T)


@pytest.mark.parametrize("name", NETS)
@pytest.mark.parametrize("order", [2, 3])
def test_cumulants_of_independent_inputs_go_through_powers_of_the_whole_map(name, order):
    """Pooling included: kappa_n of sum_i M_ij x_i is sum_i M_ij^n kappa_n(x_i)."""
    parts, _ = read(NETS[name](), images(1).shape[1:])
    for part in parts:
        n_in = int(np.prod(part.linear.input_shape))
        kappa = np.random.default_rng(0).random((3, n_in), dtype=np.float32)
        power = part.square if order == 2 else part.cube
        found = power(kappa.reshape(3, *part.linear.input_shape)).reshape(3, -1)
        close(found, kappa @ matrix(part.plain) ** order)


@pytest.mark.parametrize("name", NETS)
def test_scores_covariance_by_adjoint_is_the_explicit_one(name):
    net, x, T, max_rate = NETS[name](), images(3), 16, 0.5
    parts, readout = read(net, x.shape[1:])
    rhos = closure.variance_ratios(parts, x, T, max_rate)
    for i in range(3):
        layers = closure.forward(parts, x[i : i + 1], T, max_rate, rhos)
        mean, covariance = closure.score_moments(parts, readout, x[i : i + 1], T, max_rate, layers)
        _, cov = explicit_covariances(parts, x[i], T, max_rate, layers)
        w = matrix(readout.power(1))
        close(covariance[0], w.T @ cov @ w / T**2)
        close(mean[0], layers[-1].mean[0] / T @ w + net[-1].bias)
        without_own = closure.score_moments(
            parts,
            readout,
            x[i : i + 1],
            T,
            max_rate,
            [counts._replace(own=0 * counts.own) for counts in layers],
        )[1]
        # The comparison sees a missing term.
        assert np.trace(without_own[0]) < 0.99 * np.trace(covariance[0])


def explicit_ratios(parts, x, T, max_rate, rhos):
    """Sums over images of Var(V) with and without the inputs' covariance, by layer."""
    full, alone = [0] * len(parts), [0] * len(parts)
    for image in x:
        layers = closure.forward(parts, image[None], T, max_rate, rhos)
        of_v, _ = explicit_covariances(parts, image, T, max_rate, layers)
        for i, (cov, counts, rho) in enumerate(zip(of_v, layers, rhos, strict=True)):
            full[i], alone[i] = full[i] + np.diag(cov), alone[i] + counts.s2[0] / rho
    return full, alone


def test_rho_of_a_dense_network_is_exact():
    x, T, max_rate = images(5), 16, 0.5
    parts, _ = read(dense(depth=3), x.shape[1:])
    rhos = closure.variance_ratios(parts, x, T, max_rate)
    full, alone = explicit_ratios(parts, x, T, max_rate, rhos)
    np.testing.assert_array_equal(rhos[0], 1)
    for rho, a, b in zip(rhos, full, alone, strict=True):
        # Float32 factors, 1e-5 of a sum of positive terms.
        np.testing.assert_allclose(rho, a / b, rtol=1e-4)
    assert np.abs(rhos[1] - 1).max() > 0.1


def test_rho_of_a_convolutional_network_is_unbiased():
    """A probe's square has a relative standard deviation of at most sqrt(2), and there are 8 images
    x 16 probes.

    Five standard errors are 5 sqrt(2 / 128) = 0.63 if all neurons were perfectly correlated; the
    signs are fixed, and half of that holds.
    """
    x, T, max_rate = images(8), 16, 0.5
    parts, _ = read(convolutional(), x.shape[1:])
    rhos = closure.variance_ratios(parts, x, T, max_rate)
    full, alone = explicit_ratios(parts, x, T, max_rate, rhos)
    for rho, a, b in zip(rhos[1:], full[1:], alone[1:], strict=True):
        assert abs(np.average(rho, weights=b) / (a.sum() / b.sum()) - 1) < 0.3
