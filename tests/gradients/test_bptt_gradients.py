"""Backpropagation through time: gradients are finite differences of the smoothed network."""

import numpy as np
import pytest

from refsnn import nn, snn
from tests.oracles import caught

STEP = 2.0**-17  # of a central difference
T, N = 4, 3
FAMILIES = [snn.Rectangular, snn.Triangular, snn.Sigmoid, snn.Arctan, snn.FastSigmoid, snn.Gaussian]
NEURONS = {
    f"{reset}, {'detached' if detached else 'kept'}": {"reset": reset, "detach_reset": detached}
    for reset in ("subtract", "zero")
    for detached in (False, True)
}


class FrozenReset(snn.LIF):
    """The function whose derivative a detached reset computes: resets happen as recorded, spikes
    are sent by g.

    `recorded` holds the spikes of the base point, by which the potential is reset whatever it is
    now.
    """

    recorded = None

    def forward(self, x, run=nn.Run()):
        if not (self.detach_reset and run.smooth):
            return super().forward(x, run)
        current = x.reshape(run.T, -1, *x.shape[1:])
        v, surrogate, out = self.v_init, self.surrogate_now(), []
        for t in range(run.T):
            u = self.beta * v + current[t]
            out.append(surrogate.g(u - self.v_threshold))
            s = out[t] if self.recorded is None else self.recorded[t]
            v = (
                u - self.v_threshold * s
                if self.reset == "subtract"
                else (1 - s) * u + self.v_reset * s
            )
        return np.stack(out).reshape(x.shape), super().forward(x, run)[1]


def neurons(family, settings, features=()):
    return FrozenReset(
        0.6,
        v_threshold=np.full(features, 0.8),
        v_init=0.1,
        v_reset=-0.2,
        learn_threshold=True,
        learn_beta=True,
        surrogate=family(learn_alpha=True),
        **settings,
    )


def network(kind, family, settings, rng):
    """A network in float64 whose every kind of parameter is random, and its input (T * N, ...)."""
    if kind == "dense":
        layers, shape = (
            [
                nn.Dense(5, 6, rng=rng),
                neurons(family, settings),
                nn.Dense(6, 5, rng=rng),
                neurons(family, settings, (5,)),
                nn.Dense(5, 3, rng=rng),
            ],
            (5,),
        )
    else:
        layers, shape = (
            [
                nn.Conv2d(2, 3, 3, padding=1, rng=rng),
                nn.BatchNorm(3),
                neurons(family, settings, (3,)),
                nn.AvgPool2d(2),
                nn.Flatten(),
                nn.Dense(12, 5, rng=rng),
                nn.BatchNorm(5),
                neurons(family, settings),
                nn.Dense(5, 3, rng=rng),
            ],
            (4, 4, 2),
        )
    for layer in layers:
        for name, array in {**layer.params, **layer.buffers}.items():
            noise = 0.1 if isinstance(layer, snn.LIF) else 0.5
            setattr(
                layer, name, np.array(array + noise * rng.standard_normal(array.shape), np.float64)
            )
    return nn.Sequential(layers), rng.normal(0.2, 1.0, (T * N, *shape))


def run():
    return nn.Run(T=T, train=True, smooth=True)


def freeze(net, caches):
    """Record the spikes of the base point, where resets are detached."""
    for layer, cache in zip(net, caches, strict=True):
        if isinstance(layer, snn.LIF):
            layer.recorded = cache.s.reshape(T, N, *cache.shape)


def differences(net, x, dy, rng):
    """Central differences of <dy, y> along a random direction of the input and of every parameter,
    with that direction.

    |<dy, y>| < 100 and the third derivatives along a direction are below 1e5 (slopes of up to 3 in
    each of 4 steps and 2 layers, batch norm over 12 rows): the error is STEP**2 / 6 * 1e5 = 1e-6,
    by rounding 1e-16 * 100 / STEP = 1e-9. A unit within a step of a rectangle's edge would err by
    more; the seeds have none.
    """

    def difference(at):
        return float(np.sum(dy * (at(STEP) - at(-STEP)))) / (2 * STEP)

    u = rng.standard_normal(x.shape)
    found = {None: (difference(lambda step: net.forward(x + step * u, run())[0]), u)}
    for i, layer in enumerate(net):
        for name, array in layer.params.items():
            u = rng.standard_normal(array.shape)

            def at(step, layer=layer, name=name, array=array, u=u):
                setattr(layer, name, np.asarray(array + step * u))
                return net.forward(x, run())[0]

            found[i, name] = difference(at), u
            setattr(layer, name, array)
    return found


def agree(found, dx, gradients):
    """The claimed gradients give these differences, to 1e-6 (see there)."""
    for place, (difference, u) in found.items():
        gradient = dx if place is None else gradients[place[0]][place[1]]
        assert abs(difference - np.sum(gradient * u)) < 1e-6


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("settings", NEURONS.values(), ids=NEURONS)
@pytest.mark.parametrize("kind", ["dense", "convolutional, batch norm"])
def test_theorem_gradients_are_differences_of_the_smoothed_network(kind, settings, family):
    """In the input, weights, alpha, threshold and beta. Of a detached reset the function is the one
    that resets as recorded, whatever the potentials are now.
    """
    rng = np.random.default_rng(0)
    net, x = network(kind, family, settings, rng)
    y, caches = net.forward(x, run())
    if settings["detach_reset"]:
        freeze(net, caches)
    dy = rng.standard_normal(y.shape)
    dx, gradients = net.backward(caches, dy)
    assert all(gradients[i].keys() == layer.params.keys() for i, layer in enumerate(net))
    found = differences(net, x, dy, rng)
    agree(found, dx, gradients)
    caught(agree, found, 1.01 * dx, gradients)
    for i, layer in enumerate(net):
        for name in layer.params:
            broken = [dict(named) for named in gradients]
            broken[i][name] = broken[i][name] + 1e-3 * np.sign(found[i, name][1])
            caught(agree, found, dx, broken)


@pytest.mark.parametrize("reset", ["subtract", "zero"])
def test_counterexample_a_detached_reset_is_not_the_gradient_of_the_network(reset):
    """Detached gradients are caught where the reset moves with the potential, and kept ones where
    it is frozen.
    """
    for truth in (False, True):
        rng = np.random.default_rng(0)
        net, x = network("dense", snn.Sigmoid, {"reset": reset, "detach_reset": truth}, rng)
        y, caches = net.forward(x, run())
        if truth:
            freeze(net, caches)
        dy = rng.standard_normal(y.shape)
        found = differences(net, x, dy, rng)
        for claimed in (False, True):
            for i in (1, 3):
                net[i].detach_reset = claimed
            dx, gradients = net.backward(caches, dy)
            for i in (1, 3):
                net[i].detach_reset = truth
            if claimed == truth:
                agree(found, dx, gradients)
            else:
                caught(agree, found, dx, gradients)


def truncated(layer, cache, dy):
    """The gradient of each step on its own, as if the potential carried nothing over."""
    h = cache.surrogate.h(cache.u - np.broadcast_to(layer.v_threshold, cache.shape).reshape(-1))
    return (h * dy.reshape(cache.u.shape)).reshape(dy.shape)


@pytest.mark.parametrize("settings", NEURONS.values(), ids=NEURONS)
def test_counterexample_a_gradient_that_forgets_time(settings):
    rng = np.random.default_rng(2)
    layer, x = neurons(snn.Arctan, settings), rng.normal(0.2, 1.0, (T * N, 4))
    for name, array in layer.params.items():
        setattr(layer, name, array.astype(np.float64))
    net = nn.Sequential([layer])
    y, caches = net.forward(x, run())
    freeze(net, caches)
    dy = rng.standard_normal(y.shape)
    dx, gradients = net.backward(caches, dy)
    found = differences(net, x, dy, rng)
    agree(found, dx, gradients)
    caught(agree, found, truncated(layer, caches[0], dy), gradients)


def test_without_memory_every_step_is_on_its_own():
    """beta = 0: no gradient passes from step to step, and backpropagation through time is the slope
    times dy.
    """
    rng = np.random.default_rng(3)
    x, dy = rng.standard_normal((T * N, 4)), rng.standard_normal((T * N, 4))
    for beta, forgets in ((0.0, True), (0.5, False)):
        layer = snn.LIF(beta, surrogate=snn.Gaussian())
        _, cache = layer.forward(x, nn.Run(T=T))
        assert np.array_equal(layer.backward(cache, dy)[0], truncated(layer, cache, dy)) == forgets


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_gradients_come_in_the_dtype_of_the_input_and_nothing_is_written(dtype):
    rng = np.random.default_rng(4)
    layer = neurons(snn.Triangular, {"reset": "zero"}, (3,))
    x = rng.standard_normal((T * N, 2, 3)).astype(dtype)
    before = [x.copy(), *(array.copy() for array in layer.params.values())]
    y, cache = layer.forward(x, nn.Run(T=T))
    held = [cache.u.copy(), cache.s.copy()]
    dy = rng.standard_normal(y.shape).astype(dtype)
    dx, gradients = layer.backward(cache, dy)
    assert y.dtype == dx.dtype == dtype and set(y.ravel()) <= {0, 1}
    assert {name: array.shape for name, array in gradients.items()} == {
        "width_parameter": (),
        "v_threshold": (3,),
        "beta": (),
    }
    assert {array.dtype for array in gradients.values()} == {np.dtype(dtype)}
    after = [x, *layer.params.values()]
    assert all(np.array_equal(one, two) for one, two in zip(after, before, strict=True))
    assert np.array_equal(cache.u, held[0]) and np.array_equal(cache.s, held[1])
