"""Penalties on potentials: the gradient of the whole loss, penalties included, is its finite
difference.
"""

import numpy as np
import pytest

from refsnn import nn, snn
from refsnn.kernels import bptt
from refsnn.kernels.threads import workers
from refsnn.nn.parallel import gradient_step
from tests.oracles import caught

STEP = 2.0**-20  # of a central difference
T, N = 4, 3
PENALTIES = [
    snn.PotentialDistribution((0.1, 0.7), weight, form, per)
    for weight, form in ((0.5, "jeffreys"), (5.0, "jensen_shannon"))
    for per in ("layer", "channel")
] + [snn.RMPLoss(3.0), snn.IMLoss(2.0)]
EACH = pytest.mark.parametrize("penalty", PENALTIES, ids=repr)


def network(penalty, reset, rng, seed_noise=0.3):
    """In float64, with every kind of parameter: convolution, batch norm, leaky neurons that learn
    all they can.
    """

    def neurons(features):
        return snn.LIF(
            0.6,
            v_threshold=np.full(features, 0.8),
            v_init=0.1,
            v_reset=-0.2,
            reset=reset,
            learn_threshold=True,
            learn_beta=True,
            surrogate=snn.Sigmoid(learn_alpha=True),
            penalty=penalty,
        )

    layers = [
        nn.Conv2d(2, 3, 3, padding=1, rng=rng),
        nn.BatchNorm(3),
        neurons(3),
        nn.Flatten(),
        nn.Dense(48, 5, rng=rng),
        neurons(5),
        nn.Dense(5, 3, rng=rng),
    ]
    for layer in layers:
        for name, array in {**layer.params, **layer.buffers}.items():
            noise = 0.1 if isinstance(layer, snn.LIF) else seed_noise
            setattr(
                layer, name, np.array(array + noise * rng.standard_normal(array.shape), np.float64)
            )
    return nn.Sequential(layers), rng.normal(0.2, 1.0, (T * N, 4, 4, 2))


def loss_and_caches(net, x, dy, run):
    """<dy, y> and the penalties."""
    y, caches = net.forward(x, run)
    return np.sum(dy * y) + sum(
        cache.own_loss for layer, cache in zip(net, caches, strict=True) if layer.penalised
    ), caches


def differences(net, x, dy, rng, run):
    """Central differences of the loss along a random direction of the input and of every parameter.

    Third derivatives along a direction are below 1e6, so the error is STEP**2 / 6 * 1e6 = 2e-7, and
    by rounding 1e-16 * 100 / STEP = 1e-8. A potential within a step of a kink (a bin's centre, half
    a threshold) adds at most STEP / 4 times the change of slope there, which is below 10: 2e-6.
    """

    def difference(at):
        return (at(STEP) - at(-STEP)) / (2 * STEP)

    u = rng.standard_normal(x.shape)
    found = {None: (difference(lambda step: loss_and_caches(net, x + step * u, dy, run)[0]), u)}
    for i, layer in enumerate(net):
        for name, array in layer.params.items():
            u = rng.standard_normal(array.shape)

            def at(step, layer=layer, name=name, array=array, u=u):
                setattr(layer, name, np.asarray(array + step * u))
                return loss_and_caches(net, x, dy, run)[0]

            found[i, name] = difference(at), u
            setattr(layer, name, array)
    return found


def agree(found, dx, gradients):
    for place, (difference, u) in found.items():
        gradient = dx if place is None else gradients[place[0]][place[1]]
        assert abs(difference - np.sum(gradient * u)) < 3e-6, place


@EACH
@pytest.mark.parametrize("reset", ["subtract", "zero"])
def test_theorem_the_gradient_with_penalties_is_the_difference_of_the_whole_loss(penalty, reset):
    """In the input, weights, batch norm, alpha, threshold and beta. Without the penalty's part, or
    with it added after the recursion in place of before, the gradient is caught.
    """
    rng = np.random.default_rng(5)
    net, x = network(penalty, reset, rng)
    run = nn.Run(T=T, train=True, smooth=True)
    dy = rng.standard_normal((T * N, 3))
    _, caches = loss_and_caches(net, x, dy, run)
    dx, gradients = net.backward(caches, dy)
    found = differences(net, x, dy, rng, run)
    agree(found, dx, gradients)
    caught(
        agree,
        found,
        *net.backward(
            [
                cache._replace(penalty=None) if hasattr(cache, "penalty") else cache
                for cache in caches
            ],
            dy,
        ),
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bptt, "backward", late)
        caught(agree, found, *net.backward(caches, dy))


kernel = bptt.backward


def late(dy, direct, *arguments):
    """The broken kernel: what the loss asks of the potentials is added when the recursion has
    passed.
    """
    kernel(dy, direct[:0], *arguments)
    if direct.size:
        arguments[-2][...] += direct  # du_seq


def test_a_late_penalty_is_right_where_nothing_is_carried():
    """beta = 0: there is no recursion, and late is in time."""
    rng = np.random.default_rng(6)
    x, dy = rng.standard_normal((T * N, 4)), rng.standard_normal((T * N, 4))
    for beta, same in ((0.0, True), (0.5, False)):
        layer = snn.LIF(beta, surrogate=snn.Gaussian(), penalty=snn.PotentialDistribution())
        _, cache = layer.forward(x, nn.Run(T=T, train=True))
        right = layer.backward(cache, dy)[0]
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(bptt, "backward", late)
            assert np.array_equal(layer.backward(cache, dy)[0], right) == same


@EACH
def test_theorem_a_batch_minimises_the_mean_over_its_slabs(penalty):
    """Loss and gradients of a batch of 20 (slabs of 8, 8 and 4) are those of the slabs by their
    shares; penalties that are not scaled by the share are caught. In float64, without batch norm,
    which sees the whole batch: sums of 1e4 terms of order 1, 1e-12 each at most.
    """
    rng = np.random.default_rng(7)
    net, _ = network(penalty, "zero", rng)
    net = nn.Sequential([layer for layer in net if not isinstance(layer, nn.BatchNorm)])
    x, y, run = (
        rng.normal(0.2, 1.0, (T, 20, 4, 4, 2)),
        rng.integers(0, 3, 20),
        nn.Run(T=T, train=True),
    )
    with workers(1) as run_all:
        value, _, gradients, _ = gradient_step(net, x, y, run, run_all)

    def statement(told):
        total, sums = 0.0, {}
        for part in (slice(0, 8), slice(8, 16), slice(16, 20)):
            n = part.stop - part.start
            share = n / 20
            outputs, caches = net.forward(
                x[:, part].reshape(-1, 4, 4, 2), nn.Run(T=T, train=True, share=told or share)
            )
            ce, dscores = nn.cross_entropy(outputs.reshape(T, n, -1).mean(axis=0), y[part])
            total += share * ce + sum(
                cache.own_loss for layer, cache in zip(net, caches, strict=True) if layer.penalised
            )
            for i, named in enumerate(
                net.backward(caches, np.tile(share * dscores / T, (T, 1)))[1]
            ):
                for name, gradient in named.items():
                    sums[i, name] = sums.get((i, name), 0) + gradient
        assert abs(value - total) < 1e-10
        assert all(
            np.allclose(gradients[i][name], each, rtol=0, atol=1e-9)
            for (i, name), each in sums.items()
        )

    statement(None)
    caught(statement, 1.0)


def test_outside_training_a_penalty_does_nothing():
    rng = np.random.default_rng(8)
    x, dy = rng.standard_normal((T * N, 4)), rng.standard_normal((T * N, 4))
    for train in (False, True):
        results = []
        for penalty in (None, snn.PotentialDistribution(weight=2.0)):
            layer = snn.LIF(0.5, surrogate=snn.Gaussian(), penalty=penalty)
            y, cache = layer.forward(x, nn.Run(T=T, train=train))
            results.append((y, layer.backward(cache, dy)[0], cache.own_loss))
        assert np.array_equal(results[0][0], results[1][0])
        assert np.array_equal(results[0][1], results[1][1]) == (not train)
        assert (results[1][2] > 0) == train and results[0][2] == 0
