"""Spiking networks trained through time: the loss, and that the same seed gives
the same bits.
"""

import numpy as np
import pytest

from refsnn import datasets, files, nn, snn
from refsnn.convert.to_spiking import fold_batch_norm
from refsnn.kernels.threads import workers
from refsnn.nn.parallel import gradient_step
from refsnn.nn.through_time import Repeat, loss_over_time
from tests.oracles import caught
from tests.strategies import grid_images, grid_network

T = 4
STEP = 2.0**-17


def neurons(surrogate=snn.Rectangular(0.5, learn_alpha=True), **settings):
    return snn.LIF(0.25, v_threshold=0.5, reset="zero", surrogate=surrogate, **settings)


def network(seed=0, surrogate=snn.Rectangular(0.5, learn_alpha=True), dropout=False, **settings):
    rng = np.random.default_rng(seed)
    return nn.Sequential(
        [
            nn.Conv2d(1, 6, 3, padding=1, rng=rng),
            nn.BatchNorm(6, scale=0.5),
            neurons(surrogate, **settings),
            nn.AvgPool2d(2),
            nn.Flatten(),
            *([nn.Dropout(0.2)] if dropout else []),
            nn.Dense(96, 24, rng=rng),
            nn.BatchNorm(24),
            neurons(surrogate, **settings),
            nn.Dense(24, 10, rng=rng),
        ],
        input_shape=(8, 8, 1),
    )


def digits(n=200):
    data = datasets.load_digits()
    return data.x_train[:n], data.y_train[:n]


def state(net):
    return [
        array.tobytes() for layer in net for array in {**layer.params, **layer.buffers}.values()
    ]


def trained(
    threads=None, epochs=2, n=200, encoder=None, loss="mean", validation=None, seed=1, **settings
):
    net = network(**settings)
    history = nn.fit(
        net,
        *digits(n),
        epochs=epochs,
        rng=np.random.default_rng(seed),
        optimiser=nn.SGD(0.1),
        T=T,
        encoder=encoder,
        loss=loss,
        validation=validation,
        progress=False,
        threads=threads,
    )
    return net, history


def test_a_small_network_learns_to_read_digits_in_four_steps():
    """At least nine test images in ten; before training, one in ten (360 images: 5 standard errors
    are 8 points).
    """
    data, rng = datasets.load_digits(), np.random.default_rng(0)
    net = nn.Sequential(
        [
            nn.Flatten(),
            nn.Dense(64, 64, rng=rng),
            nn.BatchNorm(64, scale=0.5),
            neurons(),
            nn.Dense(64, 10, rng=rng),
        ]
    )

    def statement():
        assert net.accuracy(data.x_test, data.y_test, T=T) >= 0.9

    caught(statement)
    nn.fit(
        net,
        data.x_train,
        data.y_train,
        epochs=8,
        rng=rng,
        optimiser=nn.SGD(0.1),
        T=T,
        progress=False,
    )
    statement()


@pytest.mark.parametrize(
    "kind",
    [
        {},
        {"dropout": True},
        {"encoder": snn.Poisson()},
        {"loss": "per_step"},
        {"learn_threshold": True, "learn_beta": True},
        {"penalty": snn.PotentialDistribution(form="jensen_shannon", per="channel")},
    ],
    ids=str,
)
def test_theorem_same_seed_same_bits_for_any_number_of_threads(kind):
    (net, history), (again, other) = (trained(threads, **kind) for threads in (1, 2))
    assert state(net) == state(again) and np.array_equal(history.loss, other.loss)
    assert state(trained(seed=2, **kind)[0]) != state(net)


@pytest.mark.parametrize("encoder", [None, snn.Poisson()])
def test_validation_changes_no_bit_of_what_is_trained(encoder):
    x, y = digits(40)
    (net, history), (again, _) = (
        trained(encoder=encoder, validation=(x, y)),
        trained(encoder=encoder),
    )
    assert state(net) == state(again) and history.validation_loss.shape == (2,)
    if encoder is None:
        assert history.validation_accuracy[-1] == net.accuracy(x, y, T=T)


def plain_gradients(net, x, y, loss):
    """The network as one function of the whole batch, the image repeated at the input, in Python's
    own order.
    """
    run = nn.Run(T=T, train=True)
    outputs, caches = net.forward(np.tile(x, (T, 1, 1, 1)), run)
    steps = outputs.reshape(T, len(x), -1)
    if loss == "mean":
        value, dscores = nn.cross_entropy(steps.mean(axis=0), y)
        doutputs = np.concatenate([dscores / T] * T)
    else:
        pairs = [nn.cross_entropy(output, y) for output in steps]
        value, doutputs = (
            np.mean([pair[0] for pair in pairs]),
            np.concatenate([pair[1] / T for pair in pairs]),
        )
    return value, net.backward(caches, doutputs)[1], caches


@pytest.mark.parametrize("loss", ["mean", "per_step"])
@pytest.mark.parametrize("n", [3, 20])
def test_theorem_slabs_and_a_late_repeat_give_the_gradient_of_the_whole(n, loss):
    """What comes before the first neurons is computed once and its gradients are added over time:
    those of the network that sees the image at every step. In float64, sums of 4 * 20 * 64 terms of
    order 1 through 10 layers with 1 / std below 100: 1e-16 * 5120 * 10 * 100 = 5e-10. Running
    variances differ: n and T n are not equally biased.
    """
    rng = np.random.default_rng(n)
    net = network(learn_threshold=True, learn_beta=True)
    for layer in net:
        for name, array in {**layer.params, **layer.buffers}.items():
            setattr(layer, name, array.astype(np.float64))
    x, y = rng.random((n, 8, 8, 1)), rng.integers(0, 10, n)
    with workers(2) as run_all:
        value, right, gradients, _ = gradient_step(
            net.unrolled(T, True), x[None], y, nn.Run(T=T, train=True), run_all, loss
        )
    expected, plain, _ = plain_gradients(net, x, y, loss)
    assert abs(value - expected) < 1e-9 and 0 <= right <= n

    def statement(factor):
        for i, layer in enumerate(net):
            for name in layer.params:
                place = i if i < 2 else i + 1  # the repeat stands before layer 2
                assert np.allclose(
                    factor * gradients[place][name], plain[i][name], rtol=0, atol=1e-8
                )

    statement(1.0)
    caught(statement, T)


@pytest.mark.parametrize("loss", ["mean", "per_step"])
def test_theorem_the_loss_over_time_has_its_difference_as_gradient(loss):
    """As for cross-entropy itself; and by convexity the mean of the losses is at least the loss of
    the mean.
    """
    rng = np.random.default_rng(0)
    outputs, y, u = (
        rng.normal(0, 2, (T * 5, 3)),
        rng.integers(0, 3, 5),
        rng.normal(0, 1, (T * 5, 3)),
    )
    value, doutputs, scores = loss_over_time(outputs, y, T, loss)
    difference = (
        loss_over_time(outputs + STEP * u, y, T, loss)[0]
        - loss_over_time(outputs - STEP * u, y, T, loss)[0]
    ) / (2 * STEP)

    def statement(doutputs):
        # STEP**2 / 6 * 100 and rounding, 1e-16 / STEP.
        assert abs(difference - np.sum(doutputs * u)) < 1e-7

    statement(doutputs)
    caught(statement, T * doutputs)
    assert np.array_equal(scores, outputs.reshape(T, 5, 3).mean(axis=0))
    assert loss_over_time(outputs, y, T, "per_step")[0] > loss_over_time(outputs, y, T, "mean")[0]


def test_repeating_is_the_adjoint_of_adding_up():
    rng = np.random.default_rng(0)
    x, dy = rng.random((3, 2)), rng.random((12, 2))
    y, _ = Repeat(T).forward(x)
    assert np.array_equal(y.reshape(T, 3, 2)[2], x)
    assert np.allclose(np.sum(y * dy), np.sum(x * Repeat(T).backward(None, dy)[0]), rtol=1e-14)


@pytest.mark.parametrize("encoder", [None, snn.Direct(), snn.Poisson()])
def test_theorem_a_prediction_is_the_simulation(encoder):
    """The same scores after T steps on weights where float32 sums are exact: a mean over T = 4 of
    multiples of 2**-12 is exact too. And for any number of threads and images at a time.
    """
    rng = np.random.default_rng(0)
    net = grid_network(rng)
    x = grid_images(rng, 21, (8, 8, 1))
    record = snn.simulate(
        net, x, T, rng=np.random.default_rng(3), **({"encoder": encoder} if encoder else {})
    )
    for threads in (1, 2):
        scores = net.predict(x, T=T, encoder=encoder, rng=np.random.default_rng(3), threads=threads)
        assert np.array_equal(scores, record.scores[-1])
    assert not np.array_equal(
        scores, net.predict(x, T=T + 1, encoder=encoder, rng=np.random.default_rng(3))
    )


def test_what_neurons_learn_is_not_decayed_and_stays_in_its_domain():
    """Neurons far below their threshold have no gradient, so only decay could move what they learn:
    it does not, while weights shrink. And a rate of 100 throws nothing out of its domain.
    """
    net = network(learn_threshold=True, learn_beta=True)
    net[6].beta[:] = -1000.0
    own, size = (
        {name: array.copy() for name, array in net[7].params.items()},
        np.abs(net[5].weight).sum(),
    )
    nn.fit(
        net,
        *digits(100),
        epochs=1,
        rng=np.random.default_rng(0),
        T=T,
        progress=False,
        optimiser=nn.SGD(0.1, weight_decay=0.5),
    )
    assert {name: array.item() for name, array in net[7].params.items()} == own
    assert np.abs(net[5].weight).sum() < 0.99 * size
    net = network(learn_threshold=True, learn_beta=True)
    nn.fit(
        net,
        *digits(64),
        epochs=1,
        rng=np.random.default_rng(0),
        T=T,
        progress=False,
        optimiser=nn.Adam(100.0, cosine=False),
    )
    for layer in (net[2], net[7]):
        assert 0 <= layer.beta <= 1 and layer.v_threshold >= np.float32(1e-3) and layer.alpha >= 0.1


def test_theorem_threshold_batch_norm_is_batch_norm_with_a_larger_gamma():
    """gamma scale and gamma do the same; over T steps the statistics are of all T N rows; folding
    keeps the scale. float32 rounds four factors of order 1 in two orders: 4 * 2**-23 of numbers up
    to 4.
    """
    rng = np.random.default_rng(0)
    x = rng.normal(1, 2, (T * 50, 6)).astype(np.float32)
    scaled, plain = nn.BatchNorm(6, scale=0.5), nn.BatchNorm(6)
    plain.gamma *= 0.5
    run = nn.Run(T=T, train=True)

    def statement(other):
        one, two = scaled.forward(x, run)[0], other.forward(x, run)[0]
        assert np.allclose(one, two, rtol=0, atol=2e-6)
        # Epsilon of 1e-5 beside a variance of 4.
        assert np.allclose(two.std(axis=0), 0.5, rtol=1e-3)

    statement(plain)
    caught(statement, nn.BatchNorm(6))
    net = nn.Sequential([nn.Dense(4, 6, rng=rng), scaled, nn.ReLU(), nn.Dense(6, 2, rng=rng)])
    scaled.running_mean[:], scaled.running_var[:] = rng.random(6), 1 + rng.random(6)
    layers, _ = fold_batch_norm(net)
    images = rng.random((5, 4), np.float32)
    assert np.allclose(
        layers[0].forward(images)[0], scaled.forward(net[0].forward(images)[0])[0], atol=1e-5
    )


def test_saving_and_loading_a_trained_network(tmp_path):
    net, _ = trained(learn_threshold=True, learn_beta=True)
    back = files.load(files.save(net, tmp_path / "net.npz"))
    assert state(back) == state(net) and repr(back) == repr(net)
    assert np.array_equal(back.predict(digits()[0], T=T), net.predict(digits()[0], T=T))


X, Y = digits(8)


def fit(net, **settings):
    return nn.fit(
        net,
        X,
        Y,
        **{"epochs": 1, "rng": np.random.default_rng(0), "progress": False, "T": T, **settings},
    )


@pytest.mark.parametrize(
    "call, error, says",
    [
        (lambda: fit(network(), T=None), ValueError, "T must be given"),
        (lambda: fit(network(), T=0), ValueError, "T must be at least 1"),
        (lambda: fit(network(), T=2.0), TypeError, "T must be a whole number"),
        (lambda: fit(network(), loss="sum"), ValueError, "loss must be one of"),
        (lambda: fit(network(), encoder="poisson"), TypeError, "encoder must be None"),
        (lambda: fit(network(), encoder=snn.Poisson), TypeError, "encoder must be None"),
        (lambda: fit(network(surrogate=None)), TypeError, r"Layer 2 \(LIF.*\) cannot be trained"),
        (
            lambda: fit(
                nn.Sequential([nn.Flatten(), nn.Dense(64, 10, rng=np.random.default_rng(0))])
            ),
            ValueError,
            "T must be None",
        ),
        (lambda: network().predict(X), ValueError, "T must be given"),
        (lambda: network().accuracy(X, Y), ValueError, "T must be given"),
        (lambda: network().predict(X, T=T, encoder=snn.Poisson()), TypeError, "rng must be"),
        (
            lambda: network().predict(
                2 * X, T=T, encoder=snn.Poisson(), rng=np.random.default_rng(0)
            ),
            ValueError,
            "x must lie in",
        ),
        (lambda: nn.BatchNorm(3, scale=0), ValueError, "scale must be above 0"),
    ],
)
def test_bad_input_gets_one_clear_sentence(call, error, says):
    with pytest.raises(error, match=says) as raised:
        call()
    assert "\n" not in str(raised.value) and str(raised.value).endswith(".")
