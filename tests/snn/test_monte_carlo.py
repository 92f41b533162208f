"""Monte Carlo of the free potential: its moments are those of the closed forms, its bits nobody's
but the caller's.
"""

import numpy as np
import pytest

from refsnn import snn, theory
from tests.oracles import caught

RNG = np.random.default_rng(0)
WEIGHT, RATES = RNG.standard_normal((50, 3)), RNG.random(50)


def sample(trials, seed=1, **settings):
    return snn.sample_free_potential(
        WEIGHT, RATES, 20, trials, rng=np.random.default_rng(seed), **settings
    )


@pytest.mark.parametrize("beta", [1.0, 0.8])
def test_law_samples_have_the_moments_of_theory(beta):
    """Over n trials a mean has the standard error sigma / sqrt(n), a covariance of near-normal
    potentials at most sigma_a sigma_b sqrt(2 / n): 5-sigma bands, fixed seed. Spikes that are not
    shared by the neurons are caught.
    """
    n, v_init = 20_000, np.array([0.0, 1.0, -2.0])
    v = sample(n, beta=beta, v_init=v_init)[-1].astype(np.float64)
    std = theory.membrane_std(WEIGHT, RATES, 20, beta)
    assert (
        np.abs(v.mean(axis=0) - theory.membrane_mean(WEIGHT, RATES, 20, beta, v_init))
        < 5 * std / n**0.5
    ).all()

    def statement(v):
        gap = np.cov(v.T) - theory.membrane_cov(WEIGHT, RATES, 20, beta)
        assert (np.abs(gap) < 5 * np.outer(std, std) * np.sqrt(2 / n)).all()

    statement(v)
    caught(statement, np.random.default_rng(2).permuted(v, axis=0))


def test_theorem_threads_and_the_number_of_trials_change_no_bit():
    """A trial's path depends on the key and its number alone, over the borders of slabs."""
    one = sample(700, threads=1)
    assert one.dtype == np.float32 and np.array_equal(one, sample(700, threads=2))
    assert np.array_equal(one[:, :300], sample(300)) and not np.array_equal(
        one, sample(700, seed=3)
    )


def test_one_neuron_is_a_column():
    """A weight (in,) gives paths (T, trials), those of the same neuron among others."""
    alone = snn.sample_free_potential(WEIGHT[:, 1], RATES, 20, 5, rng=np.random.default_rng(1))
    assert alone.shape == (20, 5) and np.array_equal(alone, sample(5)[:, :, 1])
