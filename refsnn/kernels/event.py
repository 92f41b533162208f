"""Event-driven sums: add the weight rows of the inputs that spiked, skip the others."""
from numba import njit


def event_sum_reference(spikes, weight, bias):
    """`spikes @ weight + bias` for one row of inputs, adding only where there is a spike, in input order."""
    out = bias.copy()
    for i, value in enumerate(spikes):
        if value != 0:
            out += value * weight[i]
    return out


@njit(nogil=True, cache=True)
def event_sum(spikes, weight, bias, out):
    """The same for all rows: `spikes` (R, n_in), `weight` (n_in, n_out), `out` (R, n_out)."""
    rows, n_in = spikes.shape
    n_out = weight.shape[1]
    for r in range(rows):
        target = out[r]
        for j in range(n_out):
            target[j] = bias[j]
        for i in range(n_in):
            value = spikes[r, i]
            if value != 0:
                row = weight[i]
                for j in range(n_out):
                    target[j] += value * row[j]
