"""Closed forms about membrane potentials: arrays in, float64 arrays out; nothing here knows a
network.

Every function here raises ValueError or TypeError with one sentence on bad input: a number out of
its range, shapes that do not match, anything that is not finite. Docstrings name only what is
unusual.
"""

from refsnn.theory.conversion_error import (
    ErrorSplit,
    expected_activation,
    quantised_activation,
    split_error,
)
from refsnn.theory.divergence import (
    Divergence,
    gaussian_jeffreys,
    histogram_jensen_shannon,
)
from refsnn.theory.first_passage import (
    SpikeCount,
    expected_spike_count,
    spike_count_moments,
    spike_count_survival,
    survival_slope,
)
from refsnn.theory.large_noise import large_noise_spike_count, mirrored
from refsnn.theory.law import (
    berry_esseen_bound,
    characteristic_function,
    cumulants,
    saddlepoint_tail,
)
from refsnn.theory.leaky_spread import PotentialMoments, hard_reset_moments, potential_std
from refsnn.theory.moments import leak_sum, membrane_cov, membrane_mean, membrane_std
from refsnn.theory.norms import (
    bernoulli_std_maximum,
    bernoulli_worst_case_rates,
    crossover_rho,
    std_bound,
    weight_norm,
    worst_case_rates,
)
from refsnn.theory.recursion import (
    Step,
    gaussian_step,
    input_step,
    recursive_spike_count,
)
from refsnn.theory.soft_bins import SoftBins, gaussian_soft_histogram, soft_bins
from refsnn.theory.spurious import barrier_shift, lundberg_root, spurious_spikes
from refsnn.theory.staircase import (
    charge,
    constant_input_count,
    free_potential,
    spitzer_maximum,
    staircase_count,
)

__all__ = [
    "Divergence",
    "ErrorSplit",
    "PotentialMoments",
    "SoftBins",
    "SpikeCount",
    "Step",
    "barrier_shift",
    "bernoulli_std_maximum",
    "bernoulli_worst_case_rates",
    "berry_esseen_bound",
    "characteristic_function",
    "charge",
    "constant_input_count",
    "crossover_rho",
    "cumulants",
    "expected_activation",
    "expected_spike_count",
    "free_potential",
    "gaussian_jeffreys",
    "gaussian_soft_histogram",
    "gaussian_step",
    "hard_reset_moments",
    "histogram_jensen_shannon",
    "input_step",
    "large_noise_spike_count",
    "leak_sum",
    "lundberg_root",
    "membrane_cov",
    "membrane_mean",
    "membrane_std",
    "mirrored",
    "potential_std",
    "quantised_activation",
    "recursive_spike_count",
    "saddlepoint_tail",
    "soft_bins",
    "spike_count_moments",
    "spike_count_survival",
    "spitzer_maximum",
    "split_error",
    "spurious_spikes",
    "staircase_count",
    "std_bound",
    "survival_slope",
    "weight_norm",
    "worst_case_rates",
]
