"""The encoder's spikes have the law they are said to have, and are independent of one another.

Bands are five standard errors; seeds are fixed.
"""

import numpy as np
import pytest

from refsnn import snn
from tests.oracles import caught

PROCESSES = [
    snn.Poisson(1.0),
    snn.Poisson(0.25),
    snn.Poisson(1.0, process="poisson"),
    snn.Poisson(4.0, process="poisson"),
]
processes = pytest.mark.parametrize("encoder", PROCESSES, ids=repr)


def pixels(n, features):
    """`n` times the same image, whose pixels go from 0 to 1."""
    return np.tile(np.linspace(0, 1, features, dtype=np.float32), (n, 1))


@processes
def test_law_mean_and_variance_of_the_spikes(encoder):
    """An input spike carries 1 / max_rate, so the mean input is the pixel x at any rate. In one
    step the variance of the count is p (1 - p) for Bernoulli and p for Poisson, p = max_rate x.

    Standard errors from n counts: sqrt(variance / n) of the mean, sqrt((fourth - variance**2) / n)
    of the variance, with the fourth central moment p (1 - p) (1 - 3 p (1 - p)) or p + 3 p**2; where
    that vanishes (p = 1/2), the sample's variance is off by the square of its mean's error, below
    25 / (4 n).
    """
    x = pixels(300, 33)
    T = 64
    spikes = encoder.spikes(x, T, np.random.default_rng(1))
    assert spikes.shape == (T, *x.shape) and spikes.dtype == np.uint8
    n, p = T * 300, encoder.max_rate * x[0].astype(np.float64)
    q = p * (1 - p)
    variance, fourth = (q, q * (1 - 3 * q)) if encoder.process == "bernoulli" else (p, p + 3 * p**2)

    def statement(rate, spread):
        counts = spikes.astype(np.float64)
        assert np.all(np.abs(counts.mean(axis=(0, 1)) - rate) <= 5 * np.sqrt(variance / n))
        assert np.all(
            np.abs(counts.var(axis=(0, 1)) - spread)
            <= 5 * np.sqrt((fourth - variance**2) / n) + 7 / n
        )

    statement(p, variance)
    caught(statement, p * 1.02 + 0.005, variance)
    caught(statement, p, p if encoder.process == "bernoulli" else q)
    assert not spikes[:, :, 0].any()  # a black pixel never spikes
    if encoder == snn.Poisson(1.0):
        assert spikes[:, :, -1].all()  # a white one always, at the full rate
    assert encoder.amplitude == 1 / encoder.max_rate


@pytest.mark.parametrize("rate", [0.5, 3.0, 16.0])
def test_law_poisson_counts_have_the_poisson_distribution(rate):
    """The share of every count k lies within 5 standard errors, sqrt(share (1 - share) / n), of
    e^-r r^k / k!; those of another rate do not.
    """
    n = 200 * 500
    counts = (
        snn.Poisson(rate, process="poisson")
        .spikes(np.ones((200, 500)), 1, np.random.default_rng(2))
        .ravel()
    )
    found = np.bincount(counts, minlength=60)[:60] / n

    def statement(r):
        k = np.arange(60)
        share = np.exp(-r + k * np.log(r) - np.cumsum(np.log(np.maximum(k, 1))))
        # below 20 expected counts the band is no longer Gaussian: there the sums must agree
        common = share * n > 20
        assert np.all(np.abs(found - share)[common] < 5 * np.sqrt(share * (1 - share) / n)[common])
        rest = share[~common].sum()
        assert abs(found[~common].sum() - rest) < 5 * np.sqrt(rest / n) + 5 / n

    statement(rate)
    caught(statement, rate * 1.05)


@processes
@pytest.mark.parametrize("shift", ["step", "two steps", "image", "pixel", "sixteen pixels"])
def test_law_spikes_are_independent_between_steps_images_and_pixels(encoder, shift):
    """Correlations between neighbours in time, batch and image (those sixteen apart share a lane of
    the generator) vanish: a mean of n products of standardised counts has standard error 1 /
    sqrt(n).
    """
    T, images, features = 40, 40, 64
    x = np.full((images, features), 0.3, np.float32)
    spikes = encoder.spikes(x, T, np.random.default_rng(3)).astype(np.float64)
    standardised = (spikes - spikes.mean()) / spikes.std()
    axis, lag = {
        "step": (0, 1),
        "two steps": (0, 2),
        "image": (1, 1),
        "pixel": (2, 1),
        "sixteen pixels": (2, 16),
    }[shift]

    def statement(spikes):
        there = np.moveaxis(spikes, axis, 0)
        products = there[lag:] * there[:-lag]
        assert abs(products.mean()) < 5 / np.sqrt(products.size)

    statement(standardised)
    # Every number drawn once, used 2 lag times.
    caught(statement, np.repeat(standardised, 2 * lag, axis=axis))


def test_different_keys_give_different_spikes():
    """Two simulations with one generator draw one number each: their spikes are independent. 10,000
    fair coins agree in half of the cases, standard error 0.005.
    """
    rng, x = np.random.default_rng(4), np.full((100, 100), 0.5)
    one, two = (snn.Poisson().spikes(x, 1, rng) for _ in range(2))
    assert abs(np.mean(one == two) - 0.5) < 5 * 0.005


@processes
def test_law_a_brighter_pixel_spikes_whenever_a_darker_one_does(encoder):
    """One uniform number decides, so that counts never fall as the rate rises: paired comparisons
    have little noise.
    """
    x = np.random.default_rng(5).random((20, 50), np.float32)
    dark, bright = (encoder.spikes(image, 30, np.random.default_rng(6)) for image in (0.9 * x, x))
    assert np.all(dark <= bright) and np.any(dark < bright)


def test_direct_input_is_the_image_at_every_step():
    x = np.random.default_rng(6).standard_normal((3, 4, 4, 1)).astype(np.float32)
    spikes = snn.Direct().spikes(x, 5)
    assert spikes.shape == (5, 3, 4, 4, 1) and all(np.array_equal(step, x) for step in spikes)
    assert snn.Direct().amplitude == 1


@pytest.mark.parametrize(
    "encoder", [snn.Poisson(0.5), snn.Poisson(2.0, process="poisson")], ids=repr
)
def test_theorem_spikes_depend_on_key_image_and_step_only(encoder):
    """Subsets in any order, fewer steps, images of another shape: the same spikes."""
    x = np.random.default_rng(7).random((6, 4, 4, 2), np.float32)
    whole = encoder.spikes(x, 10, np.random.default_rng(8))
    index = np.array([4, 0, 5])
    part = encoder.spikes(x[index], 7, np.random.default_rng(8), index=index)
    assert np.array_equal(part, whole[:7, index])
    flat = encoder.spikes(x.reshape(6, 32), 10, np.random.default_rng(8))
    assert np.array_equal(flat, whole.reshape(10, 6, 32))
    assert not np.array_equal(encoder.spikes(x[index], 7, np.random.default_rng(8)), part)
