"""Checks shared by the closed forms: arrays in, float64 arrays out, or one clear sentence."""
import numpy as np

from refsnn.validate import choice, shown, whole

PROCESSES = ("bernoulli", "poisson")


def real(name, value, low=-np.inf, high=np.inf, above=-np.inf):
    """A finite float64 array with values in [low, high] and strictly over `above`."""
    try:
        array = np.asarray(value)
    except ValueError:
        raise TypeError(f"{name} must be a number or an array of numbers, not {shown(value)}.") from None
    if array.dtype.kind not in "iuf":
        raise TypeError(f"{name} must hold real numbers, not {shown(value)}.")
    array = array.astype(np.float64)
    if not np.all(np.isfinite(array)):
        raise ValueError(f"{name} must be finite; it holds NaN or infinity.")
    if array.size and (array.min() < low or array.max() > high or array.min() <= above):
        bounds = [f"above {above:g}"] if np.isfinite(above) else []
        bounds += [f"at least {low:g}"] if np.isfinite(low) else []
        bounds += [f"at most {high:g}"] if np.isfinite(high) else []
        seen = f"{array.min():g}" if array.ndim == 0 else f"values from {array.min():g} to {array.max():g}"
        raise ValueError(f"{name} must be {' and '.join(bounds)}, not {seen}.")
    return array


def weight_and_rates(weight, rates, process="poisson"):
    """`weight` (in,) or (in, out) and `rates` (..., in) as float64, with the same number of inputs.

    A rate is a probability for `process="bernoulli"`, a mean count for `process="poisson"`.
    """
    choice("process", process, PROCESSES)
    weight = real("weight", weight)
    rates = real("rates", rates, low=0.0, high=1.0 if process == "bernoulli" else np.inf)
    if weight.ndim not in (1, 2):
        raise ValueError(f"weight must have shape (in,) or (in, out), not {weight.shape}.")
    if rates.ndim < 1 or rates.shape[-1] != weight.shape[0]:
        raise ValueError(f"rates must have shape (..., {weight.shape[0]}), one rate an input of weight, "
                         f"not {rates.shape}.")
    return weight, rates


def steps(T):
    """The number of time steps."""
    return whole("T", T)


def leak(beta):
    """The share of the potential kept from one step to the next: one number in (0, 1]."""
    beta = real("beta", beta, above=0.0, high=1.0)
    if beta.ndim:
        raise ValueError(f"beta must be one number, not an array of shape {beta.shape}.")
    return float(beta)
