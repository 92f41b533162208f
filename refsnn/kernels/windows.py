"""Windows of an image as rows of a matrix, so that a convolution is a matrix product; and average
pooling.
"""

import numpy as np

from refsnn.kernels import compiled


def im2col_reference(x, kh, kw, stride):
    """Every window of the padded images `x` (n, H, W, C): (n, OH, OW, kh, kw * C), indices i, a, b,
    k, j.
    """
    windows = np.lib.stride_tricks.sliding_window_view(x, (kh, kw), axis=(1, 2))
    windows = windows[:, ::stride, ::stride]
    windows = windows.transpose(0, 1, 2, 4, 5, 3)  # (n, OH, OW, kh, kw, C)
    return windows.reshape(*windows.shape[:4], -1)


@compiled
def im2col(x, stride, cols):
    """The same: `x` (n, H, W * C), `cols` (n, OH, OW, kh, kw * C); `stride` is (rows, floats along
    a row).

    Loops in the order i, a, k, b, j go along a row of `x`; nothing is added, so no bit depends on
    the order.
    """
    down, right = stride
    n, oh, ow, kh, width = cols.shape
    for i in range(n):
        for a in range(oh):
            for k in range(kh):
                for b in range(ow):
                    for j in range(width):
                        cols[i, a, b, k, j] = x[i, a * down + k, b * right + j]


@compiled
def add_bias(y, bias):
    """y + bias, in place and in one loop: NumPy's starts anew for every row, and rows are short."""
    for r in range(y.shape[0]):
        for c in range(bias.size):
            y[r, c] += bias[c]


def col2im_reference(cols, shape, stride):
    """The adjoint of `im2col_reference`: every window's entries added back where they were read.

    A row a of windows holds an entry of `x` in at most one of its rows k: the entry's terms are
    added by ascending a, then b.
    """
    n, height, width, channels = shape
    _, oh, ow, kh, _ = cols.shape
    x = np.zeros(shape, cols.dtype)
    for i in range(n):
        for a in range(oh):
            for b in range(ow):
                window = cols[i, a, b].reshape(kh, -1, channels)
                down = slice(a * stride, a * stride + kh)
                right = slice(b * stride, b * stride + window.shape[1])
                x[i, down, right] += window
    return x


@compiled
def col2im(cols, stride, x):
    """The same into zeros `x` (n, H, W * C); loops in the order a, k, b add an entry's terms by
    ascending a, then b.
    """
    down, right = stride
    n, oh, ow, kh, width = cols.shape
    for i in range(n):
        for a in range(oh):
            for k in range(kh):
                for b in range(ow):
                    for j in range(width):
                        x[i, a * down + k, b * right + j] += cols[i, a, b, k, j]


def avg_pool_reference(x, size):
    """The mean of each `size` x `size` block of `x` (n, H, W, C), summed row by row."""
    total = np.zeros_like(x[:, ::size, ::size])
    for k in range(size):
        for j in range(size):
            total += x[:, k::size, j::size]
    return total * x.dtype.type(1 / size**2)


@compiled
def avg_pool(x, size, share, out):
    """The same: `share` = 1 / size**2 in x's type, `out` (n, H / size, W / size, C)."""
    n, height, width, channels = out.shape
    for i in range(n):
        for a in range(height):
            for b in range(width):
                target = out[i, a, b]
                for c in range(channels):
                    target[c] = 0
                for k in range(a * size, (a + 1) * size):
                    for j in range(b * size, (b + 1) * size):
                        source = x[i, k, j]
                        for c in range(channels):
                            target[c] += source[c]
                for c in range(channels):
                    target[c] *= share


def avg_pool_backward_reference(dy, size):
    """The adjoint of `avg_pool_reference`: each entry of `dy` (n, H, W, C), divided by size**2, to
    all its block.
    """
    share = dy * dy.dtype.type(1 / size**2)
    return share.repeat(size, axis=1).repeat(size, axis=2)


@compiled
def avg_pool_backward(dy, size, share, dx):
    """The same: `share` = 1 / size**2 in dy's type, `dx` (n, H * size, W * size, C)."""
    n, height, width, channels = dy.shape
    for i in range(n):
        for a in range(height * size):
            for b in range(width * size):
                source = dy[i, a // size, b // size]
                target = dx[i, a, b]
                for c in range(channels):
                    target[c] = source[c] * share
