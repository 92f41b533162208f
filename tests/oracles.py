"""Slow, obvious versions of what the theorems speak about, and the proof that a test can fail."""

import numpy as np
import pytest

from refsnn.theory.recursion import _convolve, _trim


def caught(statement, *broken_arguments):
    """Assert that `statement` fails when it is handed a broken variant: a test that cannot fail
    proves nothing.
    """
    with pytest.raises(AssertionError):
        statement(*broken_arguments)


def fire(
    current, v_threshold=1, v_init=0, spikes_per_step="one", reset="subtract", strict=False, beta=1
):
    """One neuron, step by step, on any numbers (floats, Fractions): spikes of each step, potentials
    after reset.
    """
    v, spikes, potentials = v_init, [], []
    for i_t in current:
        v = beta * v + i_t  # integrate
        most = 1 if spikes_per_step == "one" else len(current) * 10**6
        s = 0
        while (v > v_threshold if strict else v >= v_threshold) and s < most:  # fire
            s += 1
            v = v - v_threshold if reset == "subtract" else 0  # reset
        spikes.append(s)
        potentials.append(v)
    return spikes, potentials


def fire_at_random(rng, step, T, trials, v_threshold=1.0, v_init=0.0):
    """Spike counts (trials,) of a neuron whose input in each step is `step(rng, trials)`, at most
    one spike a step.
    """
    v, count = np.full(trials, float(v_init)), np.zeros(trials)
    for _ in range(T):
        v += step(rng, trials)  # integrate
        spikes = v >= v_threshold  # fire
        v -= v_threshold * spikes  # reset
        count += spikes
    return count


def maximum_survival(step, level, T):
    """Probability that the free potential rises by at least `level` (...,) above its start within T
    steps: P(N_T >= k) of a neuron that may fire any number of spikes per step, at k theta - v_init.

    With M_n = max(S_1, ..., S_n) and exchangeable steps, M_n has the law of X + max(0, M_(n-1)), as
    in Lindley's queues: one convolution per step, whose law is that of `theory.input_step` or
    `theory.gaussian_step`. For the latter linear between lattice cells, with an error of order h^2.
    """
    level = np.asarray(level, np.float64) / step.spacing
    law, lowest = step.probability, step.lowest
    for _ in range(T - 1):
        zero = max(-lowest, 0)  # index of 0
        at_0 = law[: zero + 1].sum()
        positive = np.concatenate([[at_0], law[zero + 1 :]]) if lowest <= 0 else law
        law, lowest = _trim(_convolve(positive, step.probability), max(lowest, 0) + step.lowest)

    survival = np.concatenate([[1.0], 1.0 - np.cumsum(law)])  # P(M >= lowest + j), j = 0 ... size
    if step.exact:
        return survival[np.clip(np.ceil(level).astype(int) - lowest, 0, law.size)]
    points = np.arange(lowest, lowest + law.size + 1) - 0.5
    return np.interp(level, points, survival, left=1.0, right=0.0)
