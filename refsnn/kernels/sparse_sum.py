"""Event-driven sums: add the weight rows of the inputs that spiked, skip the others."""

import numpy as np

from refsnn.kernels import compiled


def event_sum_reference(spikes, weight, bias):
    """`spikes @ weight + bias` for one row of inputs, adding only where there is a spike, in input
    order.
    """
    out = bias.copy()
    for i, value in enumerate(spikes):
        if value != 0:
            out += value * weight[i]
    return out


@compiled
def event_sum(spikes, weight, bias, out):
    """The same for all rows, four spikes at a time: `spikes` (R, n_in), `weight` (n_in, n_out),
    `out` (R, n_out).
    """
    rows, n_in = spikes.shape
    n_out = weight.shape[1]
    active = np.empty(n_in, np.int64)
    for r in range(rows):
        row = spikes[r]
        target = out[r]
        for j in range(n_out):
            target[j] = bias[j]

        # The inputs that spiked.
        count = 0
        for i in range(n_in):
            active[count] = i
            count += row[i] != 0

        # Four rows in one pass over the outputs, added in input order.
        for m in range(0, count - 3, 4):
            i0 = active[m]
            i1 = active[m + 1]
            i2 = active[m + 2]
            i3 = active[m + 3]
            s0 = row[i0]
            s1 = row[i1]
            s2 = row[i2]
            s3 = row[i3]
            w0 = weight[i0]
            w1 = weight[i1]
            w2 = weight[i2]
            w3 = weight[i3]
            for j in range(n_out):
                total = target[j] + s0 * w0[j]
                total += s1 * w1[j]
                total += s2 * w2[j]
                target[j] = total + s3 * w3[j]

        # The up to three that are left.
        for m in range(count // 4 * 4, count):
            i0 = active[m]
            s0 = row[i0]
            w0 = weight[i0]
            for j in range(n_out):
                target[j] += s0 * w0[j]
