"""Backpropagation through time with hard spikes is PyTorch's of the same function. `make parity`
runs this.
"""

import math

import numpy as np
import pytest

from refsnn import nn, snn
from tests.oracles import caught

torch = pytest.importorskip(
    "torch", reason="PyTorch is not installed; `make parity` says how to get a CPU build"
)
pytestmark = pytest.mark.parity

# Both in float64: the same sums in another order, of at most 4 * 3 * 36 products of order 10
# through 4 layers and 4 steps, 1e-16 * 432 * 10 * 16 = 1e-11.
CLOSE = {"rtol": 1e-9, "atol": 1e-10}
T, N = 4, 3

SLOPES = {  # h(x) from the width, in PyTorch
    snn.Rectangular: lambda x, w: (x.abs() < w) / (2 * w),
    snn.Triangular: lambda x, w: torch.clamp(w - x.abs(), min=0) / w**2,
    snn.Sigmoid: lambda x, w: torch.sigmoid(x / w) * torch.sigmoid(-x / w) / w,
    snn.Arctan: lambda x, w: 1 / (2 * w) / (1 + (math.pi * x / (2 * w)) ** 2),
    snn.FastSigmoid: lambda x, w: 1 / (2 * w) / (1 + x.abs() / w) ** 2,
    snn.Gaussian: lambda x, w: torch.exp(-(x**2) / (2 * w**2)) / (w * math.sqrt(2 * math.pi)),
}


def spike(slope):
    """1[x >= 0] forward; backward, h in the place of its derivative in x and dg/dwidth = -x h /
    width in that in the width.
    """

    class Spike(torch.autograd.Function):
        @staticmethod
        def forward(context, x, width):
            context.save_for_backward(x, width)
            return (x >= 0).to(x.dtype)

        @staticmethod
        def backward(context, dy):
            x, width = context.saved_tensors
            h = slope(x, width)
            return dy * h, (-dy * x * h / width).sum()

    return Spike.apply


def theirs(layer, current, parameters, fire):
    """A layer of neurons over time (T, N, ...) in PyTorch's operations."""
    theta, beta = parameters["v_threshold"], parameters["beta"]
    width = layer.surrogate.floor + torch.nn.functional.softplus(parameters["width_parameter"])
    v, out = torch.full_like(current[0], float(layer.v_init)), []
    for i_t in current:
        u = beta * v + i_t
        s = fire(u - theta, width)
        passed = s.detach() if layer.detach_reset else s
        v = (
            u - theta * passed
            if layer.reset == "subtract"
            else (1 - passed) * u + layer.v_reset * passed
        )
        out.append(s)
    return torch.stack(out)


@pytest.mark.parametrize("family", SLOPES)
@pytest.mark.parametrize("detached", [False, True], ids=["kept", "detached"])
@pytest.mark.parametrize("reset", ["subtract", "zero"])
def test_gradients_are_autograd_s(reset, detached, family):
    """Dense, neurons, dense, neurons, dense, and the mean over time: the gradient of every
    parameter.
    """
    rng = np.random.default_rng(0)

    def neurons():
        return snn.LIF(
            0.6,
            v_threshold=0.5,
            v_init=0.1,
            reset=reset,
            v_reset=-0.2,
            detach_reset=detached,
            surrogate=family(learn_alpha=True),
            learn_threshold=True,
            learn_beta=True,
        )

    net = nn.Sequential(
        [
            nn.Dense(5, 12, rng=rng),
            neurons(),
            nn.Dense(12, 8, rng=rng),
            neurons(),
            nn.Dense(8, 3, rng=rng),
        ]
    )
    for layer in net:
        for name, array in layer.params.items():
            setattr(layer, name, np.array(array, np.float64))
    x, dy = rng.normal(0.2, 1, (T * N, 5)), rng.standard_normal((T * N, 3))
    y, caches = net.forward(x, nn.Run(T=T, train=True))
    dx, gradients = net.backward(caches, dy)

    tensors = [
        {name: torch.tensor(array, requires_grad=True) for name, array in layer.params.items()}
        for layer in net
    ]
    x_torch = torch.tensor(x, requires_grad=True)
    h, fire = x_torch, spike(SLOPES[family])
    for layer, parameters in zip(net, tensors, strict=True):
        if isinstance(layer, snn.LIF):
            h = theirs(layer, h.reshape(T, N, -1), parameters, fire).reshape(T * N, -1)
        else:
            h = h @ parameters["weight"] + parameters["bias"]
    (h * torch.tensor(dy)).sum().backward()
    assert 0 < caches[3].s.mean() < 1 and np.allclose(y, h.detach().numpy(), **CLOSE)

    def statement(dx, gradients):
        assert np.allclose(dx, x_torch.grad.numpy(), **CLOSE)
        for named, parameters in zip(gradients, tensors, strict=True):
            for name, tensor in parameters.items():
                assert np.allclose(named[name], tensor.grad.numpy(), **CLOSE)

    statement(dx, gradients)
    for layer in (net[1], net[3]):
        layer.detach_reset = not detached
    caught(statement, *net.backward(caches, dy))
