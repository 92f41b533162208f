"""Checks of what a caller hands in: each returns the value ready for use, or raises ValueError or
TypeError with one clear sentence that begins with the argument's name.

Public functions call these before any work; kernels then assume good input.
"""

import numbers
from pathlib import Path

import numpy as np


def short_repr(value):
    """A value as an error message shows it: short and on one line, whatever it is."""
    if isinstance(value, np.ndarray):
        text = f"an array of shape {value.shape} and dtype {value.dtype}"
    else:
        text = " ".join(repr(value).split())
    return text if len(text) <= 80 else text[:77] + "..."


def instance(name, value, kind, wanted):
    """An object of a class, or of one of several; `wanted` says in words which."""
    if not isinstance(value, kind):
        raise TypeError(f"{name} must be {wanted}, not {short_repr(value)}.")
    return value


def integer(name, value, least=1):
    """An integer of at least `least` (a NumPy integer is one, a bool or 3.0 is not)."""
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, numbers.Integral):
        raise TypeError(f"{name} must be a whole number, not {short_repr(value)}.")
    if value < least:
        raise ValueError(f"{name} must be at least {least}, not {value}.")
    return int(value)


def threads(value):
    """A number of threads, at least 1; None, which stands for all processors, stays None."""
    return None if value is None else integer("threads", value)


def _interval(low, high, above, below):
    """Limits in words: closed ends `low` and `high`, open ends `above` and `below`."""
    words = [("above", above), ("at least", low), ("below", below), ("at most", high)]
    return " and ".join(f"{word} {limit:g}" for word, limit in words if np.isfinite(limit))


def number(name, value, low=-np.inf, high=np.inf, above=-np.inf, below=np.inf):
    """A finite real number in [low, high], strictly over `above` and strictly under `below`."""
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, numbers.Real):
        raise TypeError(f"{name} must be a number, not {short_repr(value)}.")
    finite = np.isfinite(float(value))
    inside = low <= value <= high and above < value < below
    if not (finite and inside):
        limits = _interval(low, high, above, below) or "finite"
        raise ValueError(f"{name} must be {limits}, not {value}.")
    return float(value)


def one_of(name, value, choices):
    """A word, one of `choices`."""
    if not isinstance(value, str) or value not in choices:
        listed = ", ".join(map(repr, choices))
        raise ValueError(f"{name} must be one of {listed}, not {short_repr(value)}.")
    return value


def generator(rng, name="rng"):
    """A NumPy random generator: all randomness comes from the caller."""
    wanted = "a NumPy random generator such as np.random.default_rng(0)"
    return instance(name, rng, np.random.Generator, wanted)


def array(name, value):
    """A NumPy array of anything that has a shape; nested lists of unequal lengths have none."""
    try:
        return np.asarray(value)
    except ValueError:
        raise ValueError(
            f"{name} must be an array or nested lists of equal lengths, not {short_repr(value)}."
        ) from None


def real(name, value, low=-np.inf, high=np.inf, above=-np.inf):
    """A finite float64 array with values in [low, high] and strictly over `above`.

    A number is an array of shape ().
    """
    values = array(name, value)
    if values.dtype.kind not in "iuf":
        raise TypeError(f"{name} must hold real numbers, not {short_repr(value)}.")
    values = values.astype(np.float64)
    if not np.all(np.isfinite(values)):
        raise ValueError(f"{name} must be finite; it holds NaN or infinity.")
    if values.size and (values.min() < low or values.max() > high or values.min() <= above):
        seen = f"{values.min():g}"
        if values.ndim > 0:
            seen = f"values from {seen} to {values.max():g}"
        raise ValueError(f"{name} must be {_interval(low, high, above, np.inf)}, not {seen}.")
    return values


def images(x, name="x"):
    """A batch of inputs `(N, ...)` as contiguous float32: finite, and at least one.

    Raises TypeError for integers: they would be pixels that nobody has scaled.
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

    # One pass over the values sees NaN, infinity and what overflows in float32.
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
    """Class labels `(n,)` as int64, from 0 to `classes` - 1, or from 0 on if `classes` is None.

    Whatever else counts from 0 is checked in the same way, under its own `name`: indices of images
    or neurons, pixels and times of events.
    """
    y = array(name, y)
    if y.size and y.dtype.kind not in "iu":  # an empty list has no dtype of its own
        raise TypeError(f"{name} must hold whole numbers, not {y.dtype}.")
    if y.shape != (n,):
        raise ValueError(f"{name} must have shape ({n},), not {y.shape}.")
    if y.size and (y.min() < 0 or (classes is not None and y.max() >= classes)):
        top = "on" if classes is None else f"to {classes - 1}"
        raise ValueError(f"{name} must lie from 0 {top}; it spans {y.min()} to {y.max()}.")
    return y.astype(np.int64)


def file_to_write(path, suffix):
    """A path in an existing folder, with `suffix` appended where it is missing.

    Raises FileNotFoundError if there is no such folder.
    """
    path = Path(path)
    if path.suffix != suffix:
        path = path.with_name(path.name + suffix)
    if not path.parent.is_dir():
        raise FileNotFoundError(f"The folder {str(path.parent)!r} does not exist; make it first.")
    return path
