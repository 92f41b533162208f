"""Theorems about a surrogate that learns its shape: whose gradient it follows, and what width and
threshold share.
"""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from refsnn import nn, snn
from tests.oracles import caught
from tests.strategies import arrays, dyadics

FAMILIES = (snn.Rectangular, snn.Triangular, snn.Sigmoid, snn.Arctan, snn.FastSigmoid, snn.Gaussian)
EACH = pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.__name__)
RESETS = pytest.mark.parametrize("reset", ["subtract", "zero"])
T, N = 4, 3
STEP = 2.0**-17  # of a central difference


class Tangent(snn.LIF):
    """Spikes and potentials as recorded, plus what the smooth step changes when parameters leave
    the recorded ones.
    """

    recorded = None

    def forward(self, x, run=nn.Run()):
        if self.recorded is None:
            return super().forward(x, run)
        current, v, out = x.reshape(run.T, -1, *x.shape[1:]), self.v_init, []
        for u_bar, s_bar, g_bar, i_t in zip(*self.recorded, current, strict=True):
            u = self.beta * v + i_t
            s = s_bar + self.surrogate_now().g(u - self.v_threshold) - g_bar
            assert np.allclose(u, u_bar, rtol=0, atol=0.1)  # a small step away
            v = (
                u - self.v_threshold * s
                if self.reset == "subtract"
                else (1 - s) * u + self.v_reset * s
            )
            out.append(s)
        return np.stack(out).reshape(x.shape), None

    def record(self, cache):
        u, s = (array.reshape(T, N, *cache.shape) for array in (cache.u, cache.s))
        self.recorded = u, s, cache.surrogate.g(u - self.v_threshold)


def network(family, reset, rng):
    """Two layers in float64 that learn everything they can, and their input."""

    def neurons():
        return Tangent(
            0.6,
            v_threshold=0.8,
            v_init=0.1,
            reset=reset,
            v_reset=-0.2 if reset == "zero" else 0.0,
            surrogate=family(learn_alpha=True),
            learn_threshold=True,
            learn_beta=True,
        )

    net = nn.Sequential(
        [
            nn.Dense(5, 6, rng=rng),
            neurons(),
            nn.Dense(6, 4, rng=rng),
            neurons(),
            nn.Dense(4, 3, rng=rng),
        ]
    )
    for layer in net:
        for name, array in layer.params.items():
            setattr(layer, name, array.astype(np.float64))
    return net, rng.normal(0.4, 1.0, (T * N, 5))


@EACH
@RESETS
def test_theorem_the_surrogate_gradient_is_that_of_the_tangent_network(reset, family):
    """Let each neuron send its recorded spike plus g(u - theta; alpha) less the recorded g. At the
    recorded parameters this network sends the hard network's spikes, and its derivatives, in alpha
    too, are the surrogate gradient: what PSG follows. Without the width's part the differences
    catch it. (|<dy, y>| < 100, third derivatives below 1e5: a central difference errs by STEP**2 /
    6 * 1e5 = 1e-6.)
    """
    rng = np.random.default_rng(1)
    net, x = network(family, reset, rng)
    y, caches = net.forward(x, nn.Run(T=T))
    dy = rng.standard_normal(y.shape)
    _, gradients = net.backward(caches, dy)
    for i in (1, 3):
        net[i].record(caches[i])
    assert np.allclose(net.forward(x, nn.Run(T=T))[0], y, rtol=0, atol=1e-12)  # float64 roundings

    def difference(layer, name, array, direction):
        values = []
        for step in (STEP, -STEP):
            setattr(layer, name, np.asarray(array + step * direction))
            values.append(np.sum(dy * net.forward(x, nn.Run(T=T))[0]))
        setattr(layer, name, array)
        return (values[0] - values[1]) / (2 * STEP)

    def statement(gradient, direction, found):
        assert abs(np.sum(gradient * direction) - found) < 1e-6

    for i, layer in enumerate(net):
        for name, array in layer.params.items():
            direction = rng.standard_normal(array.shape)
            found = difference(layer, name, array, direction)
            statement(gradients[i][name], direction, found)
            if name == "width_parameter":
                caught(statement, 0.0, direction, found)


def width_part(layer, gradients):
    """width dL/dwidth, from the gradient in p of width = floor + softplus(p)."""
    slope = 1 / (1 + np.exp(-float(layer.width_parameter)))
    return layer.surrogate_now().width * float(gradients["width_parameter"]) / slope


@RESETS
@pytest.mark.parametrize("smooth", [False, True], ids=["hard", "smooth"])
@given(
    st.sampled_from(FAMILIES),
    arrays(dyadics(), (T * N, 4)),
    arrays(dyadics(), (T * N, 4)),
    st.sampled_from([0.0, 0.25, 0.5, 1.0]),
    st.booleans(),
)
def test_theorem_current_threshold_and_width_share_one_gradient(
    smooth, reset, family, current, dy, beta, detached
):
    """v_0 = v_reset = 0: <I, dL/dI> + theta dL/dtheta + width dL/dwidth = 0, of the smoothed
    network's gradient and of the surrogate gradient with hard spikes, reset kept or detached, any
    leak. A width's part that is left out, or an initial potential, are caught where they weigh
    anything. (Sums of some hundred terms below 1e3, each off by a few roundings of 2**-53: 1e-9.)
    """

    def balance(v_init=0.0, share=1.0):
        layer = snn.LIF(
            beta,
            v_threshold=0.75,
            v_init=v_init,
            reset=reset,
            detach_reset=detached,
            surrogate=family(learn_alpha=True),
            learn_threshold=True,
        )
        layer.v_threshold = layer.v_threshold.astype(np.float64)
        layer.width_parameter = layer.width_parameter.astype(np.float64)
        _, cache = layer.forward(current, nn.Run(T=T, smooth=smooth))
        dcurrent, gradients = layer.backward(cache, dy)
        part = width_part(layer, gradients)
        return (
            np.sum(current * dcurrent) + 0.75 * gradients["v_threshold"] + share * part,
            part,
            dcurrent[:N],
        )

    def statement(total):
        assert abs(total) < 1e-9

    total, part, _ = balance()
    statement(total)
    if abs(part) > 1e-3:
        caught(statement, balance(share=0.0)[0])
    total, _, first = balance(v_init=0.5)
    if abs(0.5 * beta * np.sum(first)) > 1e-3:
        caught(statement, total)


def layer_of(c, weight, bias, reset, v_reset, family, normed):
    """A linear layer, if `normed` with batch norm, and its neurons: weights, threshold, reset and
    width times c.
    """
    rng = np.random.default_rng(0)
    made = family(family.width_at(1 / c))
    layers = [nn.Dense(*weight.shape, rng=rng)]
    scaled = layers[0]
    if normed:
        scaled = nn.BatchNorm(weight.shape[1])
        layers.append(scaled)
        layers[0].weight, layers[0].bias = weight, bias
        scaled.gamma, scaled.beta = c * np.ones_like(bias), c * bias
    else:
        scaled.weight, scaled.bias = c * weight, c * bias
    return nn.Sequential(
        [*layers, snn.LIF(0.5, v_threshold=c, reset=reset, v_reset=v_reset, surrogate=made)]
    )


@RESETS
@pytest.mark.parametrize("normed", [False, True], ids=["linear", "batch norm"])
@given(
    st.sampled_from(FAMILIES),
    arrays(dyadics(-2, 2), (3, 2)),
    arrays(dyadics(-2, 2), (2,)),
    arrays(dyadics(0, 1), (T * N, 3)),
    arrays(dyadics(-1, 1), (T * N, 2)),
    st.sampled_from([0.25, 0.5, 2.0, 4.0]),
)
def test_theorem_a_learned_threshold_is_a_learned_width_and_a_scale(
    normed, reset, family, weight, bias, x, dy, c
):
    """Weights and bias (or batch norm's gain and shift), threshold, v_reset and width times c: the
    same spikes, smooth steps and gradient in the layer's input, and 1/c times the gradient in what
    was scaled. Powers of two: exact in float64, but for the quotient of slopes, some roundings. A
    v_reset that stays, or weights that stay, are caught where they change a spike.
    """

    def results(c, v_reset, weight):
        net, found = layer_of(c, weight, bias, reset, v_reset, family, normed), []
        for smooth in (False, True):
            y, caches = net.forward(x, nn.Run(T=T, train=True, smooth=smooth))
            dx, gradients = net.backward(caches, dy)
            scaled = gradients[-2]
            found += [y, dx, *(c * scaled[name] for name in sorted(scaled))]
        return found

    def statement(one, two):
        assert np.array_equal(one[0], two[0])
        for a, b in zip(one, two, strict=True):
            assert np.allclose(a, b, rtol=1e-9, atol=1e-9)

    reference = results(1.0, -0.5, weight)
    statement(reference, results(c, -0.5 * c, weight))
    for broken in (
        results(c, -0.5, weight),
        *([] if normed else [results(c, -0.5 * c, weight / c)]),
    ):
        if not np.array_equal(broken[0], reference[0]):
            caught(statement, reference, broken)


@EACH
def test_counterexample_no_function_has_the_surrogate_gradient(family):
    """A function's mixed second derivatives agree. Of the smoothed network's gradient they do; of
    the surrogate gradient with hard spikes they do not: in a second layer's weight it does not
    change with the first layer's alpha, while in that alpha it changes with the weight. (Slopes and
    their derivatives up to 10: 1e-6 as above.)
    """

    def gradient(name, p, weight, smooth):
        rng = np.random.default_rng(0)
        net = nn.Sequential(
            [
                nn.Dense(1, 1, bias=False, rng=rng),
                snn.LIF(0.5, surrogate=family(0.9, learn_alpha=True)),
                nn.Dense(1, 1, bias=False, rng=rng),
                snn.LIF(0.5, surrogate=family(0.9)),
            ]
        )
        net[0].weight, net[1].width_parameter, net[2].weight = (
            np.array([[1.3]]),
            np.array(p),
            np.array([[weight]]),
        )
        _, caches = net.forward(np.ones((1, 1)), nn.Run(smooth=smooth))
        found = net.backward(caches, np.ones((1, 1)))[1]
        return float(found[1]["width_parameter"] if name == "p" else found[2]["weight"][0, 0])

    def mixed(smooth, p=0.4, weight=0.7):
        in_weight = [gradient("p", p, weight + step, smooth) for step in (STEP, -STEP)]
        in_p = [gradient("weight", p + step, weight, smooth) for step in (STEP, -STEP)]
        return [(up - down) / (2 * STEP) for up, down in (in_weight, in_p)]

    def statement(smooth):
        one, two = mixed(smooth)
        assert abs(one - two) < 1e-6

    statement(True)
    caught(statement, False)
    assert mixed(False)[1] == 0
