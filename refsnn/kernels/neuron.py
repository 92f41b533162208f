"""An integrate-and-fire neuron, leaky or not: one time step of it, and the loops over time.

The step is written once, in plain Python on any numbers, and compiled into every loop of this file.
"""

import numpy as np
from numba import njit

from refsnn.kernels import compiled


def step(v, current, v_threshold, beta, v_reset, subtract):
    """One neuron, one time step: its potential before the reset, whether it fires, and its
    potential after the reset.
    """
    u = beta * v + current  # integrate
    fired = u >= v_threshold  # fire
    v = (u - v_threshold if subtract else v_reset) if fired else u  # reset, eq. neuron
    return u, fired, v


compiled_step = njit(inline="always")(step)


def scan_reference(current, v, v_threshold, beta, v_reset, subtract):
    """One neuron in plain Python, on any numbers (floats, `Fraction`): the spikes and the
    potentials after reset.

    Examples
    --------
    >>> current = [0.5, 0.75, 0.25]
    >>> scan_reference(current, v=0.0, v_threshold=1.0, beta=1.0, v_reset=0.0, subtract=True)
    ([0, 1, 0], [0.5, 0.25, 0.5])
    """
    spikes, v_seq = [], []
    for i_t in current:
        _, fired, v = step(v, i_t, v_threshold, beta, v_reset, subtract)
        spikes.append(int(fired))
        v_seq.append(v)
    return spikes, v_seq


@compiled
def scan(current, v, v_threshold, beta, v_reset, subtract, counts, spikes):
    """All neurons of `n` images: `current` (T or 1, n, F), `v` (n, F) updated, `counts` (T, n),
    `spikes` (T, n, F).

    A `current` with one time step is held constant. `v_threshold` is (F,).
    """
    steps, n, features = spikes.shape
    stride = 0 if current.shape[0] == 1 else 1
    one = spikes.dtype.type(1)
    zero = spikes.dtype.type(0)

    for t in range(steps):
        for i in range(n):
            i_t = current[t * stride, i]
            v_i = v[i]
            out = spikes[t, i]
            count = 0
            for f in range(features):
                _, fired, v_i[f] = compiled_step(
                    v_i[f], i_t[f], v_threshold[f], beta, v_reset, subtract
                )
                out[f] = one if fired else zero
                count += fired
            counts[t, i] = count


@compiled
def scan_potentials(current, v, v_threshold, beta, v_reset, subtract, u_seq, s_seq):
    """`scan`, remembering what the way back needs: potentials before the reset `u_seq` and spikes
    `s_seq`, both (T, n, F).
    """
    steps, n, features = current.shape
    one = s_seq.dtype.type(1)
    zero = s_seq.dtype.type(0)

    for t in range(steps):
        for i in range(n):
            i_t = current[t, i]
            v_i = v[i]
            u_t = u_seq[t, i]
            s_t = s_seq[t, i]
            for f in range(features):
                u_t[f], fired, v_i[f] = compiled_step(
                    v_i[f], i_t[f], v_threshold[f], beta, v_reset, subtract
                )
                s_t[f] = one if fired else zero


@compiled
def scan_pooled(current, v, v_threshold, beta, v_reset, subtract, share, counts, pooled):
    """`scan`, and `avg_pool` of its spikes without writing them.

    `pooled` is (T, n, H / size, W / size, C), `current` (T or 1, n, H, W * C), `v` (n, H, W * C),
    `v_threshold` (H, W * C), and `share` = 1 / size**2.
    """
    steps, n, height, width, channels = pooled.shape
    size = v.shape[1] // height
    stride = 0 if current.shape[0] == 1 else 1
    one = pooled.dtype.type(1)
    zero = pooled.dtype.type(0)
    sums = np.empty(v.shape[2], pooled.dtype)

    for t in range(steps):
        for i in range(n):
            count = 0
            for a in range(height):
                # Run the `size` rows of neurons below row a of the output; add their spikes.
                sums[:] = zero
                for k in range(a * size, (a + 1) * size):
                    i_t = current[t * stride, i, k]
                    v_i = v[i, k]
                    theta = v_threshold[k]
                    for f in range(sums.size):
                        _, fired, v_i[f] = compiled_step(
                            v_i[f], i_t[f], theta[f], beta, v_reset, subtract
                        )
                        sums[f] += one if fired else zero

                # Add up the `size` pixels of each block, count its spikes, take the mean.
                for b in range(width):
                    out = pooled[t, i, a, b]
                    first = b * size * channels
                    for c in range(channels):
                        out[c] = sums[first + c]
                    for j in range(1, size):
                        for c in range(channels):
                            out[c] += sums[first + j * channels + c]
                    for c in range(channels):
                        count += np.int32(out[c])
                        out[c] *= share
            counts[t, i] = count
