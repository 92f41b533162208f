"""A million neurons for each of 36 settings: what the closed forms for spike counts are held
against.

`python -m tests.theorems.spike_counts` writes spike_counts.csv beside this file (some minutes); the
tests read it. Bernoulli input through random weights on the 1/256 grid, one spike a step, threshold
1, v_init 1/2. The law of one step's input comes from adding one input after the other, so it owes
nothing to the transforms of the package; steps are then drawn from it with Walker's alias table.
"""

import csv
import os
from pathlib import Path

import numpy as np
from numba import njit

TABLE = Path(__file__).with_name("spike_counts.csv")
GRID, TRIALS, V_INIT = 256, 1_000_000, 0.5
# Means per step: below 0 in standard deviations of a step, from 0 on in thresholds.
MEANS = (-0.6, -0.3, -0.1, 0.0, 0.05, 0.3, 0.6, 0.95, 1.1)


def settings():
    """(row, inputs, rate, T, mean, std): 4 numbers of inputs x 3 lengths x 3 means, each number
    with all 9 means.
    """
    row = 0
    for n, rate in ((20, 0.2), (50, 0.1), (100, 0.1), (800, 0.05)):
        for i, T in enumerate((8, 64, 512)):
            for mean in MEANS[i::3]:
                std = (0.2, 0.5)[row % 2]
                yield row, n, rate, T, mean * std if mean < 0 else mean, std
                row += 1


def neuron(row, n, rate, mean, std):
    """Weights (n,) on the grid and rates (n,) with about this mean and standard deviation per
    step.
    """
    rng = np.random.default_rng([2024, row])
    rates = rng.uniform(0, 2 * rate, n)
    weight = rng.normal(0, 1, n)
    for _ in range(50):  # scale and shift until both fit
        weight *= std / np.sqrt(weight**2 @ (rates * (1 - rates)))
        weight += (mean - weight @ rates) / rates.sum()
    return np.round(GRID * weight) / GRID, rates


def step_law(weight, rates):
    """Lowest value on the grid, and probabilities from there, of one step's input."""
    jumps = np.round(GRID * weight).astype(int)
    lowest = int(np.minimum(jumps, 0).sum())
    law = np.zeros(int(np.abs(jumps).sum()) + 1)
    law[-lowest] = 1.0
    for jump, rate in zip(jumps, rates, strict=True):
        law = (1 - rate) * law + rate * np.roll(law, jump)
    return lowest, law


def alias_table(law):
    """Walker's table: value i is kept with probability keep[i], else other[i] is taken."""
    keep, other = law * law.size, np.arange(law.size)
    small, large = list(np.flatnonzero(keep < 1)), list(np.flatnonzero(keep >= 1))
    while small and large:
        i, j = small.pop(), large[-1]
        other[i] = j
        keep[j] -= 1 - keep[i]
        if keep[j] < 1:
            small.append(large.pop())
    return keep, other


@njit(nogil=True)
def count(rng, lowest, keep, other, threshold, v_init, T, trials):
    """Sum and sum of squares of the spike counts, potentials in whole grid units."""
    first, second = 0.0, 0.0
    for _ in range(trials):
        v, spikes = v_init, 0
        for _ in range(T):
            place = rng.random() * keep.size
            i = int(place)
            v += lowest + (i if place - i < keep[i] else other[i])  # integrate
            if v >= threshold:  # fire
                v -= threshold  # reset
                spikes += 1
        first += spikes
        second += spikes * spikes
    return first, second


def main():
    """Simulate all settings and write the table."""
    rows = []
    for row, n, rate, T, mean, std in settings():
        weight, rates = neuron(row, n, rate, mean, std)
        lowest, law = step_law(weight, rates)
        keep, other = alias_table(law / law.sum())
        first, second = count(
            np.random.default_rng([7, row]),
            lowest,
            keep,
            other,
            GRID,
            int(V_INIT * GRID),
            T,
            TRIALS,
        )
        average = first / TRIALS
        error = np.sqrt((second / TRIALS - average**2) / TRIALS)
        rows.append(
            [
                row,
                n,
                T,
                f"{weight @ rates:.6f}",
                f"{np.sqrt(weight**2 @ (rates * (1 - rates))):.6f}",
                f"{average:.7f}",
                f"{error:.7f}",
            ]
        )
        print(*rows[-1], flush=True)
    part = TABLE.with_suffix(".part")
    with part.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["row", "inputs", "T", "mean", "std", "spikes", "standard_error"])
        writer.writerows(rows)
    os.replace(part, TABLE)


if __name__ == "__main__":
    main()
