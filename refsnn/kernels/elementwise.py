"""What is done to every element of an array in one pass, where NumPy would make several: an
optimiser's step, the gradient of a clipped rectifier, a quantiser and its gradient. Arrays are
flat, and of one dtype.
"""

import numpy as np

from refsnn.kernels import compiled


def momentum_step_reference(param, gradient, velocity, rate, momentum, decay):
    """The new (param, velocity).

    v <- momentum v + gradient + decay param; param <- param - rate v.
    """
    velocity = momentum * velocity + (gradient + decay * param)
    return param - rate * velocity, velocity


@compiled
def momentum_step(param, gradient, velocity, rate, momentum, decay):
    """The same, in place."""
    for i in range(param.size):
        decayed = gradient[i] + decay * param[i]
        velocity[i] = momentum * velocity[i] + decayed
        param[i] = param[i] - rate * velocity[i]


def clip_backward_reference(y, dy, upper):
    """`dy` where the output `y` lies strictly between 0 and `upper`, else 0."""
    inside = (y > 0) & (y < upper)
    return np.where(inside, dy, 0)


@compiled
def clip_backward(y, dy, upper, dx):
    """The same into `dx`."""
    zero = dx.dtype.type(0)
    for i in range(y.size):
        inside = (y[i] > 0) & (y[i] < upper)
        dx[i] = dy[i] if inside else zero


def quantise_reference(z, v_threshold, levels, shift):
    """v_threshold floor(levels clip(z / v_threshold, 0, 1) + shift) / levels."""
    u = np.clip(z / v_threshold, 0, 1)
    level = np.floor(u * levels + shift)
    return v_threshold * (level / levels)


@compiled
def quantise(z, v_threshold, levels, shift, y):
    """The same into `y`."""
    zero = z.dtype.type(0)
    one = z.dtype.type(1)
    for i in range(z.size):
        u = min(max(z[i] / v_threshold, zero), one)
        level = np.floor(u * levels + shift)
        y[i] = v_threshold * (level / levels)


def quantise_backward_reference(z, v_threshold, levels, shift, dy):
    """The straight-through gradient in z, and each element's share of that in the threshold."""
    u = z / v_threshold
    level = np.floor(np.clip(u, 0, 1) * levels + shift)
    q = level / levels
    inside = (u > 0) & (u < 1)
    share = np.where(inside, q - u, q)
    return np.where(inside, dy, 0), dy * share


@compiled
def quantise_backward(z, v_threshold, levels, shift, dy, dz, dv_threshold):
    """The same into `dz` and `dv_threshold`."""
    zero = z.dtype.type(0)
    one = z.dtype.type(1)
    for i in range(z.size):
        u = z[i] / v_threshold
        level = np.floor(min(max(u, zero), one) * levels + shift)
        q = level / levels
        inside = (u > zero) & (u < one)
        share = q - u if inside else q
        dz[i] = dy[i] if inside else zero
        dv_threshold[i] = dy[i] * share
