"""The loop over time of an integrate-and-fire neuron, leaky or not."""

import numpy as np
from numba import njit


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
        u = beta * v + i_t  # integrate
        fired = u >= v_threshold  # fire
        v = (u - v_threshold if subtract else v_reset) if fired else u  # reset
        spikes.append(int(fired))
        v_seq.append(v)
    return spikes, v_seq


@njit(nogil=True, cache=True)
def scan(current, v, v_threshold, beta, v_reset, subtract, counts, spikes):
    """All neurons of `n` images: `current` (T or 1, n, F), `v` (n, F) updated, `counts` (T, n),
    `spikes` (T, n, F).

    A `current` with one time step is held constant. `v_threshold` is (F,).
    """
    steps, n, features = spikes.shape
    stride = 0 if current.shape[0] == 1 else 1
    one, zero = spikes.dtype.type(1), spikes.dtype.type(0)
    for t in range(steps):
        for i in range(n):
            i_t, v_i, out = current[t * stride, i], v[i], spikes[t, i]
            count = 0
            for f in range(features):
                u = beta * v_i[f] + i_t[f]  # integrate
                fired = u >= v_threshold[f]  # fire
                v_i[f] = (u - v_threshold[f] if subtract else v_reset) if fired else u  # reset
                out[f] = one if fired else zero
                count += fired
            counts[t, i] = count


@njit(nogil=True, cache=True)
def scan_pooled(current, v, v_threshold, beta, v_reset, subtract, share, counts, pooled):
    """`scan`, and `avg_pool` of its spikes without writing them: `pooled` (T, n, H / size, W /
    size, C).

    `current` is (T or 1, n, H, W * C), `v` (n, H, W * C), `v_threshold` (H, W * C), `share` = 1 /
    size**2.
    """
    steps, n, height, width, channels = pooled.shape
    size, stride = v.shape[1] // height, 0 if current.shape[0] == 1 else 1
    one, zero = pooled.dtype.type(1), pooled.dtype.type(0)
    sums = np.empty(v.shape[2], pooled.dtype)
    for t in range(steps):
        for i in range(n):
            count = 0
            for a in range(height):
                sums[:] = zero
                for k in range(a * size, (a + 1) * size):
                    i_t, v_i, theta = current[t * stride, i, k], v[i, k], v_threshold[k]
                    for f in range(sums.size):
                        u = beta * v_i[f] + i_t[f]  # integrate
                        fired = u >= theta[f]  # fire
                        v_i[f] = (u - theta[f] if subtract else v_reset) if fired else u  # reset
                        sums[f] += one if fired else zero
                for b in range(width):
                    out, first = pooled[t, i, a, b], b * size * channels
                    for c in range(channels):
                        out[c] = sums[first + c]
                    for j in range(1, size):
                        for c in range(channels):
                            out[c] += sums[first + j * channels + c]
                    for c in range(channels):
                        count += np.int32(out[c])
                        out[c] *= share
            counts[t, i] = count
