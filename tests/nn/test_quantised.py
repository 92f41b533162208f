"""The quantised activation as a layer: what it computes, how its threshold is trained, kept and
stored.
"""

import numpy as np
import pytest

from refsnn import files, nn, theory
from tests.oracles import caught


def data(n=200, seed=0):
    """Images of noise around one of three patterns."""
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 3, n)
    patterns = np.random.default_rng(99).random((3, 6, 6, 1))
    return (patterns[y] + rng.normal(0, 0.1, (n, 6, 6, 1))).astype(np.float32), y


def network(kind=nn.QCFS, v_threshold=2.0, seed=0):
    rng = np.random.default_rng(seed)
    return nn.Sequential(
        [
            nn.Conv2d(1, 4, 3, padding=1, rng=rng),
            nn.BatchNorm(4),
            kind(4, v_threshold),
            nn.AvgPool2d(2),
            nn.Flatten(),
            nn.Dense(36, 12, rng=rng),
            kind(4, v_threshold),
            nn.Dense(12, 3, rng=rng),
        ],
        input_shape=(6, 6, 1),
    )


def state(net):
    return [
        array.tobytes() for layer in net for array in {**layer.params, **layer.buffers}.values()
    ]


def trained(
    kind=nn.QCFS, epochs=3, threads=None, after_epoch=None, optimiser=nn.SGD(0.05), **settings
):
    net, (x, y) = network(kind, **settings), data()
    nn.fit(
        net,
        x,
        y,
        epochs=epochs,
        rng=np.random.default_rng(1),
        optimiser=optimiser,
        after_epoch=after_epoch,
        progress=False,
        threads=threads,
    )
    return net


@pytest.mark.parametrize("L", [1, 2, 3, 4, 8, 16])
@pytest.mark.parametrize("v_threshold", [0.5, 2.0])
def test_it_is_the_staircase_of_the_theory(L, v_threshold):
    """With a shift of 1/2 it is `theory.quantised_activation`, on multiples of 1/256, where float32
    is exact but for the division by L: half a unit of 2**-24 of numbers up to 2.
    """
    z = np.arange(-300, 900, dtype=np.float32) / 256
    expected = theory.quantised_activation(z, L, v_threshold)

    def statement(layer):
        assert np.max(np.abs(layer.forward(z)[0] - expected)) <= 2 * 2**-24

    statement(nn.QCFS(L, v_threshold))
    caught(statement, nn.QCFS(L, v_threshold, shift=0.0))
    caught(statement, nn.QCFS(L + 1, v_threshold))


def test_noise_has_the_mean_and_spread_that_were_measured_and_only_while_training():
    """a - y has mean 0.1 and standard deviation 0.25: standard errors 0.25 / sqrt(n) and 0.25 /
    sqrt(2 n).
    """
    n = 40_000
    layer, z = nn.NoisyQCFS(4, 1.0), np.full((n, 1), 0.6, np.float32)
    rng = np.random.default_rng(0)
    # Sigma 0 draws nothing.
    assert np.array_equal(layer.forward(z, nn.Run(train=True))[0], layer.forward(z)[0])
    layer.sigma[...], layer.mean[...] = 0.25, 0.1
    quiet = layer.forward(z)[0]
    assert np.all(quiet == 0.5)
    error = (quiet - layer.forward(z, nn.Run(train=True, rng=rng))[0]).astype(np.float64)

    def statement(error):
        assert abs(error.mean() - 0.1) < 5 * 0.25 / np.sqrt(n)
        assert abs(error.std() - 0.25) < 5 * 0.25 / np.sqrt(2 * n)

    statement(error)
    caught(statement, -error)
    caught(statement, 1.1 * (error - 0.1) + 0.1)


def test_training_moves_the_thresholds_and_weight_decay_does_not():
    """Without a gradient (no image reaches the layer's window) only decay could move a threshold:
    it stays, and the weights shrink.
    """
    assert all(layer.v_threshold[0] != 2.0 for layer in trained() if isinstance(layer, nn.QCFS))
    for optimiser in (nn.SGD(0.1, weight_decay=0.5, l1=0.1), nn.Adam(0.01, weight_decay=0.5)):
        net, (x, y) = network(), data()
        net[5].bias[:] = -1000.0
        before = np.abs(net[5].weight).sum(), net[6].v_threshold.copy()
        nn.fit(
            net, x, y, epochs=1, rng=np.random.default_rng(0), optimiser=optimiser, progress=False
        )
        assert np.array_equal(net[6].v_threshold, before[1])
        assert np.abs(net[5].weight).sum() < 0.99 * before[0]


def test_thresholds_stay_positive_where_gradients_would_make_them_negative():
    """A saturated neuron that speaks for the wrong class: the less it can say, the less the loss,
    so the threshold falls. Without `project` the first step makes it negative: its slope is some 5,
    its value 0.05, the rate 0.1.
    """

    def threshold(project):
        rng = np.random.default_rng(0)
        net = nn.Sequential([nn.Dense(1, 1, rng=rng), nn.QCFS(4, 0.05), nn.Dense(1, 2, rng=rng)])
        net[0].weight[:], net[2].weight[:] = 1.0, [[-5.0, 5.0]]
        if not project:
            net[1].project = lambda: None
        nn.fit(
            net,
            np.ones((8, 1)),
            np.zeros(8, int),
            epochs=1,
            rng=rng,
            optimiser=nn.SGD(0.1),
            progress=False,
        )
        return net[1].v_threshold[0]

    def statement(v_threshold):
        assert v_threshold == np.float32(1e-3)

    statement(threshold(project=True))
    unprojected = threshold(project=False)
    assert unprojected < 0
    caught(statement, unprojected)


@pytest.mark.parametrize("kind", [nn.QCFS, nn.NoisyQCFS])
def test_theorem_same_seed_same_bits_for_any_number_of_threads(kind):
    def disturb(net, epoch):
        for layer in net:
            if isinstance(layer, nn.NoisyQCFS):
                layer.sigma[...] = 0.1 * epoch

    states = [state(trained(kind, threads=threads, after_epoch=disturb)) for threads in (1, 2)]
    assert states[0] == states[1]
    quiet = state(trained(kind))
    assert (quiet == states[0]) == (kind is nn.QCFS)


def test_after_epoch_sees_every_epoch_once():
    seen = []
    trained(after_epoch=lambda net, epoch: seen.append((epoch, type(net))))
    assert seen == [(1, nn.Sequential), (2, nn.Sequential), (3, nn.Sequential)]
    with pytest.raises(TypeError, match="after_epoch must be a function"):
        trained(after_epoch=3)


def test_theorem_saving_and_loading_is_the_identity(tmp_path):
    net = trained(nn.NoisyQCFS)
    net[2].sigma[...], net[6].mean[...] = 0.125, -0.5
    back = files.load(files.save(net, tmp_path / "net.npz"))
    assert state(back) == state(net) and repr(back) == repr(net)
    assert [type(layer) for layer in back] == [type(layer) for layer in net] and back[2].L == 4
    assert np.array_equal(back.predict(data()[0]), net.predict(data()[0]))


def test_thresholds_from_data_are_percentiles_of_what_each_layer_gets():
    net, (x, _) = network(), data()
    weights = state(net)[:4]
    nn.set_thresholds(net, x, q=90.0)
    h = net[0].forward(x)[0]
    h = net[1].forward(h, nn.Run(train=True))[0]
    # Float32 once.
    assert net[2].v_threshold[0] == pytest.approx(np.percentile(h[h > 0], 90), rel=1e-6)
    for layer in net[2:6]:
        h = layer.forward(h)[0]
    assert net[6].v_threshold[0] == pytest.approx(np.percentile(h[h > 0], 90), rel=1e-6)
    assert state(net)[:4] == weights and not net[1].running_mean.any()
    net[5].bias[:] = -1000.0
    before = state(net)
    with pytest.raises(ValueError, match=r"Layer 6 \(QCFS.*gets no input above"):
        nn.set_thresholds(net, x)
    assert state(net) == before


@pytest.mark.parametrize(
    "make, error, says",
    [
        (lambda: nn.QCFS(0), ValueError, "L must be at least 1"),
        (lambda: nn.QCFS(4.0), TypeError, "L must be a whole number"),
        (lambda: nn.QCFS(4, 0.0), ValueError, "v_threshold must be at least 0.001"),
        (lambda: nn.QCFS(4, -1.0), ValueError, "v_threshold must be"),
        (lambda: nn.QCFS(4, np.nan), ValueError, "v_threshold must be"),
        (lambda: nn.NoisyQCFS(4, shift=1.0), ValueError, "shift must be"),
        (lambda: nn.set_thresholds(network(), data()[0], q=101), ValueError, "q must be"),
        (
            lambda: nn.set_thresholds(network(), np.ones((3, 5, 5, 1))),
            ValueError,
            "x must hold images of shape",
        ),
    ],
)
def test_bad_input_gets_one_clear_sentence(make, error, says):
    with pytest.raises(error, match=says) as caught_error:
        make()
    assert "\n" not in str(caught_error.value)
