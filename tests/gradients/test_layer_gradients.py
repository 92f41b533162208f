"""Every layer's backward map is the adjoint of its forward map's derivative, in both its input and
its parameters.
"""

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from refsnn import nn
from tests.oracles import caught

# Of a central difference; a power of two: x + STEP and x - STEP are exact for |x| < 2**35.
STEP = 2.0**-17


@dataclass
class Case:
    """A layer in float64, images that fit it, and whether it is linear in (input, parameters)
    jointly: affine maps are in the input alone.
    """

    layer: nn.Layer
    x: np.ndarray
    linear: bool
    train: bool = False

    def run(self):
        # Dropout draws the same mask every time.
        return nn.Run(train=self.train, rng=np.random.default_rng(5))


def in_float64(layer, rng):
    """The layer with random parameters in float64, so that differences are not drowned in
    rounding.
    """
    for part in layer if isinstance(layer, nn.Sequential) else [layer]:
        for name, array in {**part.params, **part.buffers}.items():
            setattr(
                part,
                name,
                0.5 + rng.random(array.shape)
                if name in ("gamma", "running_var")
                else rng.standard_normal(array.shape),
            )
    return layer


def case(name, rng):
    def away_from_kinks(shape, kinks=(0.0, 1.0)):
        """Numbers further from every kink than the step of a difference."""
        x = rng.standard_normal(shape)
        return x + np.sum([np.where(abs(x - kink) < 0.01, 0.05, 0) for kink in kinks], axis=0)

    images = rng.standard_normal((3, 6, 5, 2))
    rows = rng.standard_normal((4, 5))
    found = {
        "dense": lambda: Case(nn.Dense(5, 3, rng=rng), rows, True),
        "dense without bias": lambda: Case(nn.Dense(5, 3, bias=False, rng=rng), rows, True),
        "convolution": lambda: Case(nn.Conv2d(2, 3, 3, rng=rng), images, True),
        "convolution, padded": lambda: Case(nn.Conv2d(2, 3, 3, padding=1, rng=rng), images, True),
        "convolution, stride 2": lambda: Case(nn.Conv2d(2, 3, 2, stride=2, rng=rng), images, True),
        "convolution, stride 3, padding 2": lambda: Case(
            nn.Conv2d(2, 3, 4, stride=3, padding=2, rng=rng), images, True
        ),
        "convolution, 10 images, without bias": lambda: Case(
            nn.Conv2d(1, 2, 2, bias=False, rng=rng), rng.standard_normal((10, 3, 4, 1)), True
        ),
        "convolution, 1 x 1": lambda: Case(nn.Conv2d(2, 4, 1, rng=rng), images, True),
        "average pooling": lambda: Case(nn.AvgPool2d(2), rng.standard_normal((3, 4, 6, 2)), True),
        "average pooling, 3": lambda: Case(
            nn.AvgPool2d(3), rng.standard_normal((2, 3, 6, 2)), True
        ),
        "flatten": lambda: Case(nn.Flatten(), images, True),
        "dropout, training": lambda: Case(nn.Dropout(0.3), rows, True, train=True),
        "dropout": lambda: Case(nn.Dropout(0.3), rows, True),
        "batch norm": lambda: Case(nn.BatchNorm(2), images, True),
        "batch norm, training": lambda: Case(nn.BatchNorm(2), images, False, train=True),
        "batch norm of features, training": lambda: Case(nn.BatchNorm(5), rows, False, train=True),
        "rectifier": lambda: Case(nn.ReLU(), away_from_kinks((4, 5)), False),
        "clipped rectifier": lambda: Case(nn.Clip(1.0), away_from_kinks((4, 5)), False),
        "network": lambda: Case(
            nn.Sequential(
                [
                    nn.Conv2d(2, 3, 3, padding=1, rng=rng),
                    nn.BatchNorm(3),
                    nn.ReLU(),
                    nn.Flatten(),
                    nn.Dropout(0.2),
                    nn.Dense(90, 4, rng=rng),
                    nn.Clip(1.5),
                    nn.Dense(4, 3, rng=rng),
                ]
            ),
            images,
            False,
            train=True,
        ),
    }[name]()
    in_float64(found.layer, rng)
    return found


LAYERS = [
    "dense",
    "dense without bias",
    "convolution",
    "convolution, padded",
    "convolution, stride 2",
    "convolution, stride 3, padding 2",
    "convolution, 10 images, without bias",
    "convolution, 1 x 1",
    "average pooling",
    "average pooling, 3",
    "flatten",
    "dropout, training",
    "dropout",
    "batch norm",
    "batch norm, training",
    "batch norm of features, training",
    "rectifier",
    "clipped rectifier",
    "network",
]
LINEAR = [name for name in LAYERS if case(name, np.random.default_rng(0)).linear]


def inner(a, b):
    return float(np.sum(a * b))


def named_parameters(layer):
    """(owner, name) of every parameter, of a layer or a network."""
    parts = layer if isinstance(layer, nn.Sequential) else [layer]
    return [(i, part, name) for i, part in enumerate(parts) for name in part.params]


def gradient_of(layer, gradients, i, name):
    return (gradients[i] if isinstance(layer, nn.Sequential) else gradients)[name]


def adjoint_in_the_input(layer, x, dy, dx, u, run):
    """<dy, J u> = <J' dy, u>, J u from two forward passes: exact up to rounding for an affine map,
    whatever u.

    Each side is a sum of at most 3 * 90 products of numbers below some 30, each with a relative
    error of 90 units of 2**-53 at most: 300 * 30 * 90 * 1.1e-16 < 1e-10.
    """
    Ju = layer.forward(x + u, run())[0] - layer.forward(x, run())[0]
    assert abs(inner(dy, Ju) - inner(dx, u)) < 1e-10


@pytest.mark.parametrize("name", LINEAR)
@given(seed=st.integers(0, 2**32 - 1))
def test_theorem_backward_is_the_adjoint_of_a_linear_layer(name, seed):
    rng = np.random.default_rng(seed)
    tried = case(name, rng)
    y, cache = tried.layer.forward(tried.x, tried.run())
    dy, u = rng.standard_normal(y.shape), rng.standard_normal(tried.x.shape)
    dx, gradients = tried.layer.backward(cache, dy)
    assert dx.shape == tried.x.shape and dx.dtype == np.float64
    adjoint_in_the_input(tried.layer, tried.x, dy, dx, u, tried.run)
    for _, _, parameter in named_parameters(tried.layer):
        before = getattr(tried.layer, parameter)
        du = rng.standard_normal(before.shape)
        setattr(tried.layer, parameter, before + du)
        Ju = tried.layer.forward(tried.x, tried.run())[0] - y
        setattr(tried.layer, parameter, before)
        assert abs(inner(dy, Ju) - inner(gradients[parameter], du)) < 1e-10  # as above
    broken = dx + 1e-6 * np.sign(u)  # shifts the right side by 1e-6 times the sum of |u|
    caught(adjoint_in_the_input, tried.layer, tried.x, dy, broken, u, tried.run)


def differences_agree(tried, dy, dx, gradients, rng):
    """Central differences of <dy, y> along random directions of every parameter and of the input.

    The error of the difference is STEP**2 / 6 times a third derivative, and rounding 2**-53 |<dy,
    y>| / STEP. With third derivatives below 1e3 and |<dy, y>| below 1e3 (batch norm's of 4 images
    are the largest) both stay under 1e-7: (7.6e-6)**2 / 6 * 1e3 = 1e-8, and 1.1e-16 * 1e3 / 7.6e-6
    = 1.5e-8.
    """

    def along(move, u):
        values = []
        for sign in (+1, -1):
            move(sign * STEP * u)
            values.append(inner(dy, tried.layer.forward(tried.x, tried.run())[0]))
            move(-sign * STEP * u)
        return (values[0] - values[1]) / (2 * STEP)

    def move_x(u):
        tried.x = tried.x + u

    u = rng.standard_normal(tried.x.shape)
    assert abs(along(move_x, u) - inner(dx, u)) < 1e-7
    for i, owner, name in named_parameters(tried.layer):

        def move(u, owner=owner, name=name):
            setattr(owner, name, getattr(owner, name) + u)

        u = rng.standard_normal(getattr(owner, name).shape)
        assert abs(along(move, u) - inner(gradient_of(tried.layer, gradients, i, name), u)) < 1e-7


@pytest.mark.parametrize("name", LAYERS)
@pytest.mark.parametrize("seed", range(4))
def test_theorem_gradients_are_finite_differences(name, seed):
    rng = np.random.default_rng(seed)
    tried = case(name, rng)
    y, cache = tried.layer.forward(tried.x, tried.run())
    dy = rng.standard_normal(y.shape)
    dx, gradients = tried.layer.backward(cache, dy)
    differences_agree(tried, dy, dx, gradients, rng)
    caught(differences_agree, tried, dy, 1.001 * dx + 1e-4, gradients, rng)
    for i, _, parameter in named_parameters(tried.layer):
        broken = (
            [dict(named) for named in gradients] if isinstance(gradients, list) else dict(gradients)
        )
        own = broken[i] if isinstance(broken, list) else broken
        own[parameter] = own[parameter] + 1e-4
        caught(differences_agree, tried, dy, dx, broken, rng)


def test_counterexample_batch_norm_whose_statistics_are_constants():
    """Backpropagation must pass through the batch's mean and variance: gamma / std alone is
    caught.
    """
    rng = np.random.default_rng(1)
    tried = case("batch norm, training", rng)
    y, cache = tried.layer.forward(tried.x, tried.run())
    dy = rng.standard_normal(y.shape)
    dx, gradients = tried.layer.backward(cache, dy)
    differences_agree(tried, dy, dx, gradients, rng)
    caught(differences_agree, tried, dy, dy * tried.layer.gamma * cache.inv_std, gradients, rng)


@pytest.mark.parametrize("name", [name for name in LAYERS if name not in ("network", "flatten")])
def test_a_first_layer_gives_its_parameters_gradients_alone(name):
    """`gradients` are those of `backward`, for the layer whose input's gradient nobody asks for."""
    rng = np.random.default_rng(2)
    tried = case(name, rng)
    y, cache = tried.layer.forward(tried.x, tried.run())
    dy = rng.standard_normal(y.shape)
    alone, both = tried.layer.gradients(cache, dy), tried.layer.backward(cache, dy)[1]
    assert alone.keys() == both.keys() == tried.layer.params.keys()
    assert all(np.array_equal(alone[key], both[key]) for key in both)


@pytest.mark.parametrize("name", LAYERS)
def test_forward_and_backward_write_nothing(name):
    """Inputs, parameters, running statistics and the incoming gradient keep their bits."""
    rng = np.random.default_rng(3)
    tried = case(name, rng)
    held = [tried.x] + [
        getattr(part, key)
        for part in (tried.layer if name == "network" else [tried.layer])
        for key in {**part.params, **part.buffers}
    ]
    before = [array.copy() for array in held]
    y, cache = tried.layer.forward(tried.x, tried.run())
    dy = rng.standard_normal(y.shape)
    copy = dy.copy()
    tried.layer.backward(cache, dy)
    assert np.array_equal(dy, copy)
    assert all(np.array_equal(one, two) for one, two in zip(held, before, strict=True))


def test_rectifiers_have_no_slope_at_their_kinks():
    """At 0, and at the upper end of Clip, the derivative is taken as 0."""
    x = np.array([[0.0, 1.0, 0.5]])
    for layer, slopes in ((nn.ReLU(), [0, 1, 1]), (nn.Clip(1.0), [0, 0, 1])):
        _, cache = layer.forward(x)
        assert layer.backward(cache, np.ones_like(x))[0].tolist() == [slopes]


@given(st.integers(1, 6), st.integers(2, 5), st.integers(0, 2**32 - 1))
def test_theorem_cross_entropy_gradient_is_a_finite_difference(n, classes, seed):
    """The loss is smooth with derivatives of order one: errors as in `differences_agree`, with
    room. It does not change when a row of scores is shifted, so each row of the gradient sums to 0
    (up to `classes` roundings of numbers below 1: 1e-15).
    """
    rng = np.random.default_rng(seed)
    scores, y, u = (
        3 * rng.standard_normal((n, classes)),
        rng.integers(0, classes, n),
        rng.standard_normal((n, classes)),
    )
    loss, dscores = nn.cross_entropy(scores, y)
    difference = (
        nn.cross_entropy(scores + STEP * u, y)[0] - nn.cross_entropy(scores - STEP * u, y)[0]
    ) / (2 * STEP)

    def statement(dscores):
        assert abs(difference - inner(dscores, u)) < 1e-7

    statement(dscores)
    caught(statement, dscores + 1e-3 * np.sign(u))
    assert loss >= 0 and np.all(np.abs(dscores.sum(axis=1)) < 1e-15)


def test_cross_entropy_of_a_uniform_guess_is_the_logarithm_of_the_number_of_classes():
    for classes in (2, 10):
        loss, _ = nn.cross_entropy(np.zeros((3, classes), np.float32), np.arange(3) % classes)
        assert abs(loss - np.log(classes)) < 1e-6  # float32: half a unit of 2**-23 times log(10)


def test_cross_entropy_of_huge_scores_stays_finite():
    """The largest score is subtracted first: a lead of 1e30 is a loss of 0 or of 1e30."""
    scores = np.array([[1e30, 0.0]], np.float32)
    assert nn.cross_entropy(scores, np.array([0]))[0] == 0
    assert nn.cross_entropy(scores, np.array([1]))[0] == float(np.float32(1e30))


@pytest.mark.parametrize("train", [False, True])
def test_batch_norm_takes_arrays_in_any_order(train):
    """Inputs and gradients in Fortran order give the numbers that they give in C order."""
    rng, layer = np.random.default_rng(0), nn.BatchNorm(3)
    x, dy = rng.standard_normal((2, 2, 4, 5, 3))

    def passes(x, dy):
        y, cache = layer.forward(x, nn.Run(train=train))
        dx, gradients = layer.backward(cache, dy)
        return y, dx, gradients["gamma"], gradients["beta"]

    for one, two in zip(
        passes(np.asfortranarray(x), np.asfortranarray(dy)), passes(x, dy), strict=True
    ):
        assert np.array_equal(one, two)
