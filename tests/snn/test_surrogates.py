"""Surrogates: densities, their steps, and what their shape may and may not depend on."""

import numpy as np
import pytest

from refsnn import files, nn, snn
from tests.oracles import caught

FAMILIES = [snn.Rectangular, snn.Triangular, snn.Sigmoid, snn.Arctan, snn.FastSigmoid, snn.Gaussian]
EACH = pytest.mark.parametrize("family", FAMILIES)
X = np.linspace(-3, 3, 487)  # no point of it is a kink of the alphas used here
STEP = 2.0**-17


def by_formula(family, x, a):
    """(g, h, dg/dalpha) as tables of surrogates print them."""
    s, inside = 1 / (1 + np.exp(-a * x)), abs(x) < a
    bell = np.exp(-(x**2) / (2 * a**2)) / np.sqrt(2 * np.pi)
    z, w = np.pi * a * x / 2, 1 + a * abs(x)
    return {
        snn.Rectangular: (
            np.clip(x / (2 * a) + 0.5, 0, 1),
            inside / (2 * a),
            -x * inside / (2 * a**2),
        ),
        snn.Triangular: (
            np.where(inside, 0.5 + x / a - np.sign(x) * x**2 / (2 * a**2), x > 0),
            np.maximum(0, a - abs(x)) / a**2,
            -x * np.maximum(0, a - abs(x)) / a**3,
        ),
        snn.Sigmoid: (s, a * s * (1 - s), x * s * (1 - s)),
        snn.Arctan: (np.arctan(z) / np.pi + 0.5, a / 2 / (1 + z**2), x / 2 / (1 + z**2)),
        snn.FastSigmoid: (0.5 + a * x / (2 * w), a / 2 / w**2, x / (2 * w**2)),
        snn.Gaussian: (None, bell / a, -x / a**2 * bell),
    }[family]


@EACH
@pytest.mark.parametrize("alpha", [0.3, 1.0, 2.5])
def test_the_table_of_families_is_what_is_computed(family, alpha):
    """Numbers of order 10 at most, a few roundings of 2**-53 each: 1e-14. The one step without a
    table entry is the integral of the normal density, which the next tests bind to it.
    """
    surrogate, expected = family(alpha), by_formula(family, X, alpha)

    def statement(*found):
        for one, two in zip(found, expected, strict=True):
            assert two is None or np.allclose(one, two, rtol=0, atol=1e-14)

    statement(surrogate.g(X), surrogate.h(X), surrogate.dalpha(X))
    caught(statement, surrogate.g(X), surrogate.h(X), -surrogate.dalpha(X))
    caught(statement, surrogate.g(X), 1.001 * surrogate.h(X), surrogate.dalpha(X))


@EACH
@pytest.mark.parametrize("alpha", [0.3, 1.0, 2.5])
def test_theorem_a_surrogate_is_a_density_and_its_step_the_distribution(family, alpha):
    """The integral of h over the line is 1, and g runs from 0 to 1. Gauss quadrature, 200 nodes,
    from the threshold to alpha, where kinks are, and from there on in t = alpha / x: of these
    smooth functions to far below 1e-8.
    """
    surrogate = family(alpha)
    t, weights = np.polynomial.legendre.leggauss(200)
    t, weights = (t + 1) / 2, weights / 2

    def statement(factor):
        sides = [
            alpha * weights @ (surrogate.h(sign * alpha * t) + surrogate.h(sign * alpha / t) / t**2)
            for sign in (-1, 1)
        ]
        assert abs(factor * sum(sides) - 1) < 1e-8

    statement(1.0)
    caught(statement, 1.01)
    assert surrogate.g(0.0) == 0.5 and np.all(np.diff(surrogate.g(X)) >= 0)
    far = 1e9
    assert abs(surrogate.g(far) - 1) < 1e-8 and abs(surrogate.g(-far)) < 1e-8


@EACH
@pytest.mark.parametrize("alpha", [0.3, 1.0, 2.5])
def test_theorem_slope_and_shape_derivative_are_finite_differences(family, alpha):
    """h = dg/dx and dalpha = dg/dalpha. Away from kinks third derivatives are below 1e3: a central
    difference errs by STEP**2 / 6 * 1e3 = 1e-8, and by rounding, 2**-53 / STEP = 1.5e-11. Across
    the kink of a triangle's or a fast sigmoid's slope it errs by STEP times the jump of g'', below
    30 * 7.6e-6: points that close are left out.
    """
    surrogate = family(alpha)
    x = X[np.min([abs(abs(X) - kink) for kink in (0, alpha)], axis=0) > 1e-3]
    along_x = (surrogate.g(x + STEP) - surrogate.g(x - STEP)) / (2 * STEP)
    along_alpha = (family(alpha + STEP).g(x) - family(alpha - STEP).g(x)) / (2 * STEP)

    def statement(h, dalpha):
        assert np.max(abs(along_x - h)) < 1e-7 and np.max(abs(along_alpha - dalpha)) < 1e-7

    statement(surrogate.h(x), surrogate.dalpha(x))
    caught(statement, surrogate.h(x), -surrogate.dalpha(x))
    caught(statement, surrogate.h(x) + 1e-6, surrogate.dalpha(x))


@EACH
@pytest.mark.parametrize("h0", [0.25, 1.0, 4.0])
def test_families_are_compared_at_equal_height(family, h0):
    """h(0) is the height asked for; the window is the half-width 1 / (2 h0) of the rectangle of
    that height. Three roundings.
    """
    surrogate = family(family.width_at(h0))
    assert abs(surrogate.h(0.0) - h0) < 4 * 2**-52 * h0
    assert abs(surrogate.window - 1 / (2 * h0)) < 4 * 2**-52 / h0


@EACH
def test_a_learned_alpha_stays_above_its_floor(family):
    """start and at are inverse; however far p falls, the width stays at the floor or above it; p
    and the width grow together.
    """
    surrogate = family(learn_alpha=True, floor=0.05)
    # A few roundings.
    assert abs(surrogate.at(surrogate.start()).alpha / surrogate.alpha - 1) < 1e-14
    widths = [surrogate.at(p).width for p in (-1000.0, -5.0, -1.0, 0.0, 3.0, 50.0)]
    assert widths == sorted(widths) and 0.05 <= widths[0] * (1 + 2**-50) and widths[-1] > 50


def network(surrogate, rng, reset="subtract"):
    return nn.Sequential(
        [
            nn.Dense(3, 8, rng=rng),
            snn.LIF(0.5, surrogate=surrogate, reset=reset),
            nn.Dense(8, 4, rng=rng),
            snn.LIF(0.5, surrogate=surrogate, reset=reset),
            nn.Dense(4, 2, rng=rng),
        ]
    )


@EACH
def test_theorem_with_hard_spikes_the_loss_does_not_depend_on_alpha(family):
    """The network's output is the same for any alpha, so its true derivative in alpha is 0; the
    smoothed network's is not, and it is that one which a learned alpha follows.
    """

    def outputs(alpha, smooth):
        rng = np.random.default_rng(0)
        net = network(family(alpha), rng)
        return net.forward(
            rng.normal(0, 2, (4 * 5, 3)).astype(np.float32), nn.Run(T=4, smooth=smooth)
        )[0]

    def statement(smooth):
        assert np.array_equal(outputs(0.5, smooth), outputs(2.0, smooth))

    statement(False)
    caught(statement, True)
    rng = np.random.default_rng(0)
    net = network(family(learn_alpha=True), rng)
    y, caches = net.forward(rng.normal(0, 2, (20, 3)).astype(np.float32), nn.Run(T=4))
    assert net.backward(caches, np.ones_like(y))[1][1]["width_parameter"] != 0


def test_a_surrogate_changes_no_spike():
    """With and without one, training's scan and the simulation's: the same bits."""
    x = np.random.default_rng(1).normal(0, 2, (20, 3)).astype(np.float32)
    for reset in ("subtract", "zero"):
        nets = [
            network(surrogate, np.random.default_rng(0), reset)
            for surrogate in (None, snn.Sigmoid())
        ]
        assert np.array_equal(*(net.forward(x, nn.Run(T=4))[0] for net in nets))


def test_neurons_keep_what_they_learn_in_its_domain():
    """Thresholds stay above 0 and v_reset, beta in [0, 1]."""
    layer = snn.LIF(
        0.5,
        v_threshold=[1.0, 0.5],
        v_reset=0.25,
        reset="zero",
        surrogate=snn.Arctan(),
        learn_threshold=True,
        learn_beta=True,
    )
    layer.v_threshold[...], layer.beta[...] = [-1.0, 0.75], 1.5
    layer.project()
    assert layer.v_threshold.tolist() == [np.float32(0.251), 0.75] and layer.beta == 1
    layer.beta[...] = -0.5
    layer.project()
    assert layer.beta == 0


def test_theorem_saving_and_loading_keeps_the_surrogate_and_what_was_learned(tmp_path):
    rng = np.random.default_rng(0)
    net = nn.Sequential(
        [
            nn.Dense(3, 4, rng=rng),
            snn.LIF(
                0.3,
                v_threshold=0.7,
                reset="zero",
                detach_reset=True,
                surrogate=snn.Arctan(1.5, learn_alpha=True, floor=0.05),
                learn_threshold=True,
                learn_beta=True,
            ),
            nn.Dense(4, 2, rng=rng),
            snn.IF(surrogate=snn.Gaussian()),
        ]
    )
    for name, value in (("width_parameter", -0.4), ("v_threshold", 0.6), ("beta", 0.45)):
        getattr(net[1], name)[...] = value
    back = files.load(files.save(net, tmp_path / "net.npz"))
    assert repr(back) == repr(net) and back[1].alpha == net[1].alpha != 1.5
    assert [getattr(back[1], name) for name in back[1].params] == [
        getattr(net[1], name) for name in net[1].params
    ]
    x = rng.random((8, 3), np.float32)
    assert np.array_equal(back.forward(x, nn.Run(T=4))[0], net.forward(x, nn.Run(T=4))[0])


@pytest.mark.parametrize(
    "make, error, says",
    [
        (lambda: snn.Rectangular(0.0), ValueError, "alpha must be above 0"),
        (lambda: snn.Arctan(np.inf), ValueError, "alpha must be"),
        (lambda: snn.Sigmoid("steep"), TypeError, "alpha must be a number"),
        (lambda: snn.Triangular(floor=-1), ValueError, "floor must be at least 0"),
        (
            lambda: snn.Rectangular(0.1, learn_alpha=True),
            ValueError,
            "alpha must be above the floor 0.1",
        ),
        (
            lambda: snn.Arctan(20.0, learn_alpha=True),
            ValueError,
            "1 / alpha must be above the floor 0.1",
        ),
        (lambda: snn.Gaussian.width_at(0), ValueError, "h0 must be above 0"),
        (lambda: snn.Gaussian().g([0.0, np.nan]), ValueError, "x must be finite"),
        (
            lambda: snn.LIF(0.5, surrogate=snn.Rectangular),
            TypeError,
            "surrogate must be one such as",
        ),
        (lambda: snn.LIF(0.5, surrogate="arctan"), TypeError, "surrogate must be"),
        (lambda: snn.LIF(0.5, learn_beta=True), ValueError, "surrogate must be given"),
        (lambda: snn.IF(detach_reset=True), ValueError, "surrogate must be given"),
        (lambda: snn.IF().backward(None, np.ones((1, 1))), TypeError, r"IF\(\) has no gradient"),
    ],
)
def test_bad_input_gets_one_clear_sentence(make, error, says):
    with pytest.raises(error, match=says) as raised:
        make()
    assert "\n" not in str(raised.value) and str(raised.value).endswith(".")
