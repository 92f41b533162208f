"""Monte Carlo of the free potential: what the closed forms of `theory.moments` are held to."""

import numpy as np
from numpy.random import Generator

from refsnn import validate
from refsnn.kernels import random_spikes
from refsnn.kernels.threads import workers
from refsnn.theory.arguments import leak, weight_and_rates

TRIALS = 128  # trials that are drawn side by side: their states and sums stay in the fastest cache


def sample_free_potential(
    weight: np.ndarray,
    rates: np.ndarray,
    T: int,
    trials: int,
    *,
    rng: Generator,
    beta: float = 1.0,
    v_init: float | np.ndarray = 0.0,
    threads: int | None = None,
) -> np.ndarray:
    r"""Paths of the free potential of neurons under random input, without firing.

        V_t = beta V_{t-1} + sum over i of w_i B_{i,t},   B_{i,t} = 1 with probability r_i, else 0

    Parameters
    ----------
    weight : array (in,) or (in, out)
        Weights, in units of potential per spike; neurons of one trial see the same spikes.
    rates : array (in,)
        Probability of a spike of each input in a step.
    T : int
        Time steps.
    trials : int
        Number of independent paths.
    rng : numpy.random.Generator
        One number is drawn from it.
    beta : float
        Decay of the potential per step, in (0, 1]; 1 is no leak.
    v_init : float or array (out,)
        Potential before the first step.
    threads : int or None
        Default: all processors. The result has the same bits for any number.

    Returns
    -------
    array (T, trials) or (T, trials, out), float32
        The potentials after every step.

    Notes
    -----
    Source: definition, chapter 03. A probability is rounded up to a multiple of 2**-24; trial k
    draws the same spikes whatever the number of trials.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> sample_free_potential([1.0, -0.5], [1.0, 1.0], T=3, trials=1, rng=rng)[:, 0].tolist()
    [0.5, 1.0, 1.5]
    """
    weight, rates = weight_and_rates(weight, rates, "bernoulli")
    if rates.ndim != 1:
        raise ValueError(f"rates must have shape (in,), one rate per input, not {rates.shape}.")
    T = validate.integer("T", T)
    trials = validate.integer("trials", trials)
    decay = np.float32(leak(beta))
    columns = weight.reshape(len(weight), -1).astype(np.float32)  # (in, out)
    initial = validate.real("v_init", v_init)
    if initial.shape not in ((), (columns.shape[1],)):
        raise ValueError(
            f"v_init must be one number or have shape ({columns.shape[1]},), not {initial.shape}."
        )
    threads = validate.threads(threads)
    key = validate.generator(rng).integers(2**64, dtype=np.uint64)

    start = np.full(columns.shape[1], initial, np.float32)
    level = np.ceil(rates * 2**24).astype(np.int32)  # a spike where 24 random bits are below it
    v_seq = np.empty((T, len(start), trials), np.float32)

    def slab(first):
        out = v_seq[:, :, first : first + TRIALS]
        random_spikes.free_potential(columns, level, decay, start, key, first, out)

    with workers(threads) as run_all:
        run_all(slab, range(0, trials, TRIALS))
    return v_seq.swapaxes(1, 2) if weight.ndim == 2 else v_seq[:, 0]
