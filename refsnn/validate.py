"""Checks of what a caller hands in: each returns the value ready for use, or raises one clear
sentence.

Public functions call these before any work; kernels and closed forms then assume good input.
"""

import numbers
from pathlib import Path

import numpy as np


def shown(value):
    """A value as an error message shows it: short and on one line, whatever it is."""
    text = (
        f"an array of shape {value.shape} and dtype {value.dtype}"
        if isinstance(value, np.ndarray)
        else repr(value)
    )
    text = " ".join(text.split())
    return text if len(text) <= 80 else text[:77] + "..."


def whole(name, value, least=1):
    """An integer of at least `least` (a NumPy integer is one, a bool or 3.0 is not)."""
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, numbers.Integral):
        raise TypeError(f"{name} must be a whole number, not {shown(value)}.")
    if value < least:
        raise ValueError(f"{name} must be at least {least}, not {value}.")
    return int(value)


def number(name, value, low=-np.inf, high=np.inf, open_low=False, open_high=False):
    """A finite real number between `low` and `high`; `open_*` excludes the end itself."""
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, numbers.Real):
        raise TypeError(f"{name} must be a number, not {shown(value)}.")
    below = value <= low if open_low else value < low
    above = value >= high if open_high else value > high
    if not np.isfinite(float(value)) or below or above:
        bounds = []
        if np.isfinite(low):
            bounds.append(f"{'above' if open_low else 'at least'} {low:g}")
        if np.isfinite(high):
            bounds.append(f"{'below' if open_high else 'at most'} {high:g}")
        raise ValueError(f"{name} must be {' and '.join(bounds) or 'finite'}, not {value}.")
    return float(value)


def choice(name, value, choices):
    """One of a few words."""
    if not isinstance(value, str) or value not in choices:
        raise ValueError(
            f"{name} must be one of {', '.join(map(repr, choices))}, not {shown(value)}."
        )
    return value


def generator(rng, name="rng"):
    """A NumPy random generator: all randomness comes from the caller."""
    if not isinstance(rng, np.random.Generator):
        raise TypeError(
            f"{name} must be a NumPy random generator such as np.random.default_rng(0), "
            f"not {shown(rng)}."
        )
    return rng


def array(name, value):
    """A NumPy array of anything that has a shape; nested lists of unequal lengths have none."""
    try:
        return np.asarray(value)
    except ValueError:
        raise ValueError(
            f"{name} must be an array or nested lists of equal lengths, not {shown(value)}."
        ) from None


def real(name, value, low=-np.inf, high=np.inf, above=-np.inf):
    """A finite float64 array with values in [low, high] and strictly over `above`; a number is one
    of shape ().
    """
    values = array(name, value)
    if values.dtype.kind not in "iuf":
        raise TypeError(f"{name} must hold real numbers, not {shown(value)}.")
    values = values.astype(np.float64)
    if not np.all(np.isfinite(values)):
        raise ValueError(f"{name} must be finite; it holds NaN or infinity.")
    if values.size and (values.min() < low or values.max() > high or values.min() <= above):
        bounds = [f"above {above:g}"] if np.isfinite(above) else []
        bounds += [f"at least {low:g}"] if np.isfinite(low) else []
        bounds += [f"at most {high:g}"] if np.isfinite(high) else []
        seen = (
            f"{values.min():g}"
            if values.ndim == 0
            else f"values from {values.min():g} to {values.max():g}"
        )
        raise ValueError(f"{name} must be {' and '.join(bounds)}, not {seen}.")
    return values


def images(x, name="x"):
    """A batch of inputs `(N, ...)` as contiguous float32: finite, at least one; integers are
    refused.
    """
    x = array(name, x)
    if x.dtype.kind in "biu":
        raise TypeError(
            f"{name} must hold floating-point numbers, not {x.dtype}: scale the pixels to [0, 1] "
            f"first, for example {name}.astype('float32') / 255."
        )
    if x.dtype.kind != "f":
        raise TypeError(f"{name} must be an array of real numbers, not of dtype {x.dtype}.")
    if x.ndim < 2:
        raise ValueError(
            f"{name} must have a batch axis and at least one feature axis, not shape {x.shape}."
        )
    if x.size == 0:
        raise ValueError(f"{name} must hold at least one image, not shape {x.shape}.")
    with np.errstate(over="ignore", invalid="ignore"):
        x = np.ascontiguousarray(x, dtype=np.float32)
        total = x.sum(dtype=np.float64)
    if not np.isfinite(total):
        raise ValueError(f"{name} must be finite in float32; it holds NaN or infinity.")
    return x


def pixels(x, name="x"):
    """Images whose values are intensities in [0, 1], as a rate encoder needs them."""
    x = images(x, name)
    low, high = x.min(), x.max()
    if low < 0 or high > 1:
        raise ValueError(
            f"{name} must lie in [0, 1] to be encoded as spike rates; it spans {low:g} to {high:g}."
        )
    return x


def labels(y, n, classes=None, name="y"):
    """Class labels, or other numbers of things, `(n,)` as int64, from 0 to `classes` - 1."""
    y = array(name, y)
    if y.dtype.kind not in "iu":
        raise TypeError(f"{name} must hold whole numbers, not {y.dtype}.")
    if y.shape != (n,):
        raise ValueError(f"{name} must have shape ({n},), one number an image, not {y.shape}.")
    if y.size and (y.min() < 0 or (classes is not None and y.max() >= classes)):
        top = "on" if classes is None else f"to {classes - 1}"
        raise ValueError(f"{name} must lie from 0 {top}; it spans {y.min()} to {y.max()}.")
    return y.astype(np.int64)


def file_to_write(path, suffix):
    """A path in an existing folder, with `suffix` appended where it is missing."""
    path = Path(path)
    path = path if path.suffix == suffix else path.with_name(path.name + suffix)
    if not path.parent.is_dir():
        raise FileNotFoundError(f"The folder {str(path.parent)!r} does not exist; make it first.")
    return path
