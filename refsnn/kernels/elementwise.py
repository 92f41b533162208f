"""What is done to every element of an array in one pass, where NumPy would make several: an
optimiser's step, the gradient of a clipped rectifier, a quantiser and its gradient. Arrays are
flat, and of one dtype.
"""

import numpy as np
from numba import njit


def momentum_step_reference(param, gradient, velocity, rate, momentum, decay):
    """v <- momentum v + gradient + decay param; param <- param - rate v: the new (param,
    velocity).
    """
    velocity = momentum * velocity + (gradient + decay * param)
    return param - rate * velocity, velocity


@njit(nogil=True, cache=True)
def momentum_step(param, gradient, velocity, rate, momentum, decay):
    """The same, in place."""
    for i in range(param.size):
        velocity[i] = momentum * velocity[i] + (gradient[i] + decay * param[i])
        param[i] = param[i] - rate * velocity[i]


def clip_backward_reference(y, dy, upper):
    """`dy` where the output `y` lies strictly between 0 and `upper`, else 0."""
    return np.where((y > 0) & (y < upper), dy, 0)


@njit(nogil=True, cache=True)
def clip_backward(y, dy, upper, dx):
    """The same into `dx`."""
    zero = dx.dtype.type(0)
    for i in range(y.size):
        dx[i] = dy[i] if (y[i] > 0) & (y[i] < upper) else zero


def quantise_reference(z, v_threshold, levels, shift):
    """v_threshold floor(levels clip(z / v_threshold, 0, 1) + shift) / levels."""
    return v_threshold * (np.floor(np.clip(z / v_threshold, 0, 1) * levels + shift) / levels)


@njit(nogil=True, cache=True)
def quantise(z, v_threshold, levels, shift, y):
    """The same into `y`."""
    zero = z.dtype.type(0)
    one = z.dtype.type(1)
    for i in range(z.size):
        u = min(max(z[i] / v_threshold, zero), one)
        y[i] = v_threshold * (np.floor(u * levels + shift) / levels)


def quantise_backward_reference(z, v_threshold, levels, shift, dy):
    """The straight-through gradient in z, and each element's share of that in the threshold."""
    u = z / v_threshold
    q = np.floor(np.clip(u, 0, 1) * levels + shift) / levels
    inside = (u > 0) & (u < 1)
    return np.where(inside, dy, 0), dy * np.where(inside, q - u, q)


@njit(nogil=True, cache=True)
def quantise_backward(z, v_threshold, levels, shift, dy, dz, dv_threshold):
    """The same into `dz` and `dv_threshold`."""
    zero = z.dtype.type(0)
    one = z.dtype.type(1)
    for i in range(z.size):
        u = z[i] / v_threshold
        q = np.floor(min(max(u, zero), one) * levels + shift) / levels
        inside = (u > zero) & (u < one)
        dz[i] = dy[i] if inside else zero
        dv_threshold[i] = dy[i] * (q - u if inside else q)
