"""A clipped and quantised rectifier and its straight-through gradient, each in one pass."""

import numpy as np
from numba import njit


def quantise_reference(z, v_threshold, levels, shift):
    """v_threshold floor(levels clip(z / v_threshold, 0, 1) + shift) / levels."""
    return v_threshold * (np.floor(np.clip(z / v_threshold, 0, 1) * levels + shift) / levels)


@njit(nogil=True, cache=True)
def quantise(z, v_threshold, levels, shift, y):
    """The same on flat arrays of one dtype."""
    zero, one = z.dtype.type(0), z.dtype.type(1)
    for i in range(z.size):
        u = min(max(z[i] / v_threshold, zero), one)
        y[i] = v_threshold * (np.floor(u * levels + shift) / levels)


def quantise_backward_reference(z, v_threshold, levels, shift, dy):
    """Gradient in z, and each element's share of the gradient in the threshold."""
    u = z / v_threshold
    q = np.floor(np.clip(u, 0, 1) * levels + shift) / levels
    inside = (u > 0) & (u < 1)
    return np.where(inside, dy, 0), dy * np.where(inside, q - u, q)


@njit(nogil=True, cache=True)
def quantise_backward(z, v_threshold, levels, shift, dy, dz, dv_threshold):
    """The same on flat arrays of one dtype."""
    zero, one = z.dtype.type(0), z.dtype.type(1)
    for i in range(z.size):
        u = z[i] / v_threshold
        q = np.floor(min(max(u, zero), one) * levels + shift) / levels
        inside = (u > zero) & (u < one)
        dz[i] = dy[i] if inside else zero
        dv_threshold[i] = dy[i] * (q - u if inside else q)
