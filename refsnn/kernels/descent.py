"""Updates of parameters, in place and in one pass."""

from numba import njit


def momentum_step_reference(param, gradient, velocity, rate, momentum, decay):
    """v <- momentum v + gradient + decay param; param <- param - rate v: the new (param,
    velocity).
    """
    velocity = momentum * velocity + (gradient + decay * param)
    return param - rate * velocity, velocity


@njit(nogil=True, cache=True)
def momentum_step(param, gradient, velocity, rate, momentum, decay):
    """The same, in place, on flat arrays."""
    for i in range(param.size):
        velocity[i] = momentum * velocity[i] + (gradient[i] + decay * param[i])
        param[i] = param[i] - rate * velocity[i]
