"""Slow, obvious versions of what the theorems speak about, and the proof that a test can fail."""

import numpy as np
import pytest


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
