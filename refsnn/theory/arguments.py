"""Checks shared by the closed forms: arrays in, float64 arrays out, or one clear sentence."""

import numpy as np

from refsnn.validate import integer, one_of, real

PROCESSES = ("bernoulli", "poisson")


def weight_and_rates(weight, rates, process="poisson"):
    """`weight` (in,) or (in, out) and `rates` (..., in) as float64, with the same number of inputs.

    A rate is a probability for `process="bernoulli"`, a mean count for `process="poisson"`.
    """
    one_of("process", process, PROCESSES)
    weight = real("weight", weight)
    rates = real("rates", rates, low=0.0, high=1.0 if process == "bernoulli" else np.inf)
    if weight.ndim not in (1, 2):
        raise ValueError(f"weight must have shape (in,) or (in, out), not {weight.shape}.")
    if rates.ndim < 1 or rates.shape[-1] != weight.shape[0]:
        raise ValueError(
            f"rates must have shape (..., {weight.shape[0]}), one rate per input of weight, "
            f"not {rates.shape}."
        )
    return weight, rates


def one_neuron(weight, rates, process):
    """As `weight_and_rates`, for one neuron and one set of rates: both (in,)."""
    weight, rates = weight_and_rates(weight, rates, process)
    if weight.ndim != 1 or rates.ndim != 1:
        raise ValueError(
            f"weight and rates must have shape (in,), not {weight.shape} and {rates.shape}."
        )
    return weight, rates


def steps(T):
    """The number of time steps."""
    return integer("T", T)


def leak(beta):
    """The share of the potential kept from one step to the next: one number in (0, 1]."""
    beta = real("beta", beta, above=0.0, high=1.0)
    if beta.ndim:
        raise ValueError(f"beta must be one number, not an array of shape {beta.shape}.")
    return float(beta)
