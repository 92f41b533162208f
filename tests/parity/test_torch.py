"""Losses, gradients, statistics and training steps are PyTorch's. `make parity` runs this; it needs
a CPU build.
"""

import numpy as np
import pytest

from refsnn import nn
from tests.oracles import caught

torch = pytest.importorskip(
    "torch", reason="PyTorch is not installed; `make parity` says how to get a CPU build"
)
pytestmark = pytest.mark.parity

# Everything is compared in float64, where two correct programs differ by their order of summation
# only: sums of at most a few thousand products of order 1 through six layers, 6 * 5000 * 2**-53 =
# 3e-12 in the worst case.
CLOSE = {"rtol": 1e-11, "atol": 1e-12}


def to_torch(array):
    """Channel-last arrays as PyTorch keeps them: images (N, C, H, W), filters (out, in, kh, kw),
    weights (out, in).
    """
    return torch.from_numpy(
        np.ascontiguousarray(np.moveaxis(array, -1, 1) if array.ndim == 4 else array)
    )


def from_torch(tensor):
    array = tensor.detach().numpy()
    return np.moveaxis(array, 1, -1) if array.ndim == 4 else array


def weight_to_torch(weight):
    return torch.from_numpy(
        np.ascontiguousarray(weight.T if weight.ndim == 2 else weight.transpose(3, 2, 0, 1))
    )


def weight_from_torch(tensor):
    array = tensor.detach().numpy()
    return array.T if array.ndim == 2 else array.transpose(2, 3, 1, 0)


class ChannelLast(torch.nn.Module):
    """Flattens images in channel-last order, as `nn.Flatten` does."""

    def forward(self, x):
        return x.permute(0, 2, 3, 1).reshape(len(x), -1)


def twins(rng, norm=True):
    """A network in float64 and PyTorch's, with the same parameters."""
    ours = nn.Sequential(
        [
            nn.Conv2d(2, 5, 3, stride=2, padding=1, rng=rng),
            *([nn.BatchNorm(5)] if norm else []),
            nn.ReLU(),
            nn.AvgPool2d(2),
            nn.Flatten(),
            nn.Dense(20, 12, rng=rng),
            *([nn.BatchNorm(12)] if norm else []),
            nn.Clip(1.5),
            nn.Dense(12, 4, bias=False, rng=rng),
        ]
    )
    theirs = torch.nn.Sequential(
        torch.nn.Conv2d(2, 5, 3, stride=2, padding=1),
        *([torch.nn.BatchNorm2d(5)] if norm else []),
        torch.nn.ReLU(),
        torch.nn.AvgPool2d(2),
        ChannelLast(),
        torch.nn.Linear(20, 12),
        *([torch.nn.BatchNorm1d(12)] if norm else []),
        torch.nn.Hardtanh(0, 1.5),
        torch.nn.Linear(12, 4, bias=False),
    ).double()
    for one, two in zip(ours, theirs, strict=True):
        for name, array in {**one.params, **one.buffers}.items():
            positive = name in ("gamma", "running_var")
            values = (
                rng.uniform(0.5, 1.5, array.shape)
                if positive
                else 0.1 * rng.standard_normal(array.shape)
            )
            setattr(one, name, array.astype(np.float64) if name == "weight" else values)
        with torch.no_grad():
            for name, other in (
                ("weight", "weight"),
                ("bias", "bias"),
                ("gamma", "weight"),
                ("beta", "bias"),
                ("running_mean", "running_mean"),
                ("running_var", "running_var"),
            ):
                array = getattr(one, name, None)
                if array is not None:
                    getattr(two, other).copy_(
                        weight_to_torch(array) if name == "weight" else torch.from_numpy(array)
                    )
    return ours, theirs


def pairs(ours, theirs):
    """(place, name, PyTorch's tensor in our layout) of every parameter."""
    for i, (one, two) in enumerate(zip(ours, theirs, strict=True)):
        for name in one.params:
            yield i, name, getattr(two, {"gamma": "weight", "beta": "bias"}.get(name, name))


def ours_of(tensor, name):
    return weight_from_torch(tensor) if name == "weight" else tensor.detach().numpy()


def batch(rng, n=40):
    return rng.standard_normal((n, 8, 8, 2)), rng.integers(0, 4, n)


@pytest.mark.parametrize("train", [True, False])
def test_loss_and_gradients(train):
    """Cross-entropy and its gradient in every parameter and in the input, through convolution,
    batch norm in both modes, pooling and clipping.
    """
    rng = np.random.default_rng(0)
    ours, theirs = twins(rng)
    x, y = batch(rng)
    scores, caches = ours.forward(x, nn.Run(train=train))
    loss, dscores = nn.cross_entropy(scores, y)
    dx, gradients = ours.backward(caches, dscores)
    theirs.train(train)
    x_torch = to_torch(x).requires_grad_()
    scores_torch = theirs(x_torch)
    loss_torch = torch.nn.functional.cross_entropy(scores_torch, torch.from_numpy(y))
    loss_torch.backward()
    np.testing.assert_allclose(scores, scores_torch.detach().numpy(), **CLOSE)
    np.testing.assert_allclose(loss, loss_torch.item(), **CLOSE)
    np.testing.assert_allclose(dx, from_torch(x_torch.grad), **CLOSE)

    def statement(gradients):
        for i, name, tensor in pairs(ours, theirs):
            np.testing.assert_allclose(gradients[i][name], ours_of(tensor.grad, name), **CLOSE)

    statement(gradients)
    caught(
        statement,
        [{name: array * (1 + 1e-9) for name, array in named.items()} for named in gradients],
    )


def test_running_statistics_of_batch_norm():
    """After three batches: the mean and the unbiased variance, each new one with weight a tenth."""
    rng = np.random.default_rng(1)
    ours, theirs = nn.BatchNorm(3), torch.nn.BatchNorm2d(3).double()
    ours.running_mean, ours.running_var = np.zeros(3), np.ones(3)
    for _ in range(3):
        x = rng.standard_normal((6, 4, 4, 3)) * [1, 2, 3] + [0, 5, -5]
        _, cache = ours.forward(x, nn.Run(train=True))
        ours.running_mean, ours.running_var = (
            cache.buffers["running_mean"],
            cache.buffers["running_var"],
        )
        theirs(to_torch(x))
    np.testing.assert_allclose(ours.running_mean, theirs.running_mean.numpy(), **CLOSE)
    np.testing.assert_allclose(ours.running_var, theirs.running_var.numpy(), **CLOSE)


@pytest.mark.parametrize(
    "kernel, stride, padding", [(1, 1, 0), (3, 1, 1), (2, 2, 0), (5, 3, 2), (4, 1, 3)]
)
def test_convolutions(kernel, stride, padding):
    """Forward and backward for every stride and padding, pixels left over at the border
    included.
    """
    rng = np.random.default_rng(2)
    layer = nn.Conv2d(3, 4, kernel, stride=stride, padding=padding, rng=rng)
    layer.weight, layer.bias = layer.weight.astype(np.float64), rng.standard_normal(4)
    x = rng.standard_normal((11, 9, 7, 3))
    y, cache = layer.forward(x)
    dy = rng.standard_normal(y.shape)
    dx, gradients = layer.backward(cache, dy)
    x_torch, weight, bias = (
        tensor.requires_grad_()
        for tensor in (to_torch(x), weight_to_torch(layer.weight), torch.from_numpy(layer.bias))
    )
    y_torch = torch.nn.functional.conv2d(x_torch, weight, bias, stride, padding)
    y_torch.backward(to_torch(dy))
    np.testing.assert_allclose(y, from_torch(y_torch), **CLOSE)
    np.testing.assert_allclose(dx, from_torch(x_torch.grad), **CLOSE)
    np.testing.assert_allclose(gradients["weight"], weight_from_torch(weight.grad), **CLOSE)
    np.testing.assert_allclose(gradients["bias"], bias.grad.numpy(), **CLOSE)


@pytest.mark.parametrize("size", [1, 2, 4])
def test_average_pooling(size):
    rng = np.random.default_rng(3)
    x = rng.standard_normal((3, 8, 4, 2))
    y, cache = nn.AvgPool2d(size).forward(x)
    dy = rng.standard_normal(y.shape)
    x_torch = to_torch(x).requires_grad_()
    y_torch = torch.nn.functional.avg_pool2d(x_torch, size)
    y_torch.backward(to_torch(dy))
    np.testing.assert_allclose(y, from_torch(y_torch), **CLOSE)
    np.testing.assert_allclose(
        nn.AvgPool2d(size).backward(cache, dy)[0], from_torch(x_torch.grad), **CLOSE
    )


OPTIMISERS = {
    "SGD": (
        nn.SGD(0.1, momentum=0.9, cosine=False),
        lambda parameters: torch.optim.SGD(parameters, lr=0.1, momentum=0.9),
    ),
    "SGD with weight decay": (
        nn.SGD(0.1, momentum=0.5, weight_decay=0.01, cosine=False),
        lambda parameters: torch.optim.SGD(parameters, lr=0.1, momentum=0.5, weight_decay=0.01),
    ),
    "Adam": (nn.Adam(0.01, cosine=False), lambda parameters: torch.optim.Adam(parameters, lr=0.01)),
    "Adam with weight decay": (
        nn.Adam(0.01, weight_decay=0.1, cosine=False),
        lambda parameters: torch.optim.Adam(parameters, lr=0.01, weight_decay=0.1),
    ),
}


@pytest.mark.parametrize("optimiser, build", OPTIMISERS.values(), ids=OPTIMISERS.keys())
def test_training_steps(optimiser, build):
    """Five steps on one batch, the running statistics along with the parameters. In float64 a step
    adds the error of a gradient, 3e-12 of it; Adam divides by its size, sqrt(s) + 1e-8, and turns
    an absolute error of 1e-16 of a gradient of 1e-6 into 1e-10 of the rate, 1e-12: hence a hundred
    times the tolerance of a gradient.
    """
    rng = np.random.default_rng(4)
    ours, theirs = twins(rng)
    x, y = batch(rng)
    states = {
        (i, name): optimiser.start(array)
        for i, layer in enumerate(ours)
        for name, array in layer.params.items()
    }
    start = {key: ours[key[0]].params[key[1]].copy() for key in states}
    other = build(theirs.parameters())
    for step in range(1, 6):
        scores, caches = ours.forward(x, nn.Run(train=True))
        _, gradients = ours.backward(caches, nn.cross_entropy(scores, y)[1])
        for i, name in states:
            optimiser.update(ours[i].params[name], gradients[i][name], states[i, name], step, 0.0)
        for layer, cache in zip(ours, caches, strict=True):
            for name in layer.buffers:
                setattr(layer, name, cache.buffers[name])
        other.zero_grad()
        torch.nn.functional.cross_entropy(theirs(to_torch(x)), torch.from_numpy(y)).backward()
        other.step()

    def statement(parameters):
        for i, name, tensor in pairs(ours, theirs):
            np.testing.assert_allclose(
                parameters[i, name], ours_of(tensor, name), rtol=1e-9, atol=1e-10
            )

    statement({(i, name): ours[i].params[name] for i, name in states})
    caught(statement, start)
    for one, two in zip(ours, theirs, strict=True):
        for name in one.buffers:
            np.testing.assert_allclose(
                getattr(one, name), getattr(two, name).numpy(), rtol=1e-9, atol=1e-10
            )


def test_an_epoch_of_fit_in_float32():
    """`fit` with SGD, momentum and a cosine schedule, against PyTorch stepping through the same
    batches by hand.

    In float32 gradients carry relative errors of some 1e-6 (2**-24 times sums of up to 64 terms),
    which five steps of rate 0.05 at most double each: 1e-4 of parameters of order 1.
    """
    rng = np.random.default_rng(5)
    ours, theirs = twins(rng, norm=False)
    theirs.float()
    for layer in ours:
        for name, array in layer.params.items():
            setattr(layer, name, array.astype(np.float32))
    x, y = rng.standard_normal((150, 8, 8, 2)).astype(np.float32), rng.integers(0, 4, 150)
    nn.fit(
        ours,
        x,
        y,
        epochs=1,
        batch_size=32,
        rng=np.random.default_rng(6),
        optimiser=nn.SGD(0.05),
        progress=False,
    )
    order = np.random.default_rng(6).permutation(150)  # the first and only thing that fit draws
    optimiser = torch.optim.SGD(theirs.parameters(), lr=0.05, momentum=0.9)
    for step in range(5):
        optimiser.param_groups[0]["lr"] = 0.05 * (1 + np.cos(np.pi * step / 5)) / 2
        part = order[32 * step : 32 * step + 32]
        optimiser.zero_grad()
        torch.nn.functional.cross_entropy(
            theirs(to_torch(x[part])), torch.from_numpy(y[part])
        ).backward()
        optimiser.step()

    def statement(factor):
        for i, name, tensor in pairs(ours, theirs):
            np.testing.assert_allclose(
                factor * ours[i].params[name], ours_of(tensor, name), rtol=0, atol=1e-4
            )

    statement(1)
    caught(statement, 1.01)
