"""What a monitor sees of spiking layers while they are trained."""

import warnings

import numpy as np
import pytest

from refsnn import nn, snn
from refsnn.nn.layer import Run
from tests.snn.test_training import T, digits, network

NAMES = {"alpha", "inside", "mean", "std", "error"}


def monitored(monitor, epochs=2, **settings):
    net = network(**settings)
    nn.fit(
        net,
        *digits(200),
        epochs=epochs,
        rng=np.random.default_rng(1),
        optimiser=nn.SGD(0.1),
        T=T,
        after_epoch=monitor,
        progress=False,
    )
    return net


def test_a_monitor_has_one_number_per_layer_name_and_epoch():
    monitor = snn.Monitor(digits(50)[0], T)
    net = monitored(monitor, learn_threshold=True, learn_beta=True)
    assert monitor.layers.keys() == {2, 7}
    for named in monitor.layers.values():
        assert named.keys() == NAMES | {"v_threshold", "beta"}
        assert all(array.shape == (2,) for array in named.values())
        assert 0 < named["inside"].min() and named["inside"].max() < 1
        assert np.all(named["alpha"] > 0.1) and named["alpha"][1] != named["alpha"][0] != 0.5
        assert named["v_threshold"][1] != 0.5 and named["beta"][1] != 0.25
    assert monitor.layers[2]["alpha"][-1] == net[2].alpha
    plain = snn.Monitor(digits(50)[0], T)
    monitored(plain, epochs=1, surrogate=snn.Arctan())
    assert plain.layers[2].keys() == NAMES


@pytest.mark.parametrize("encoder", [None, snn.Poisson()])
def test_looking_changes_no_bit_of_training(encoder):
    rng = None if encoder is None else np.random.default_rng(5)
    monitor = snn.Monitor(digits(30)[0], T, encoder, rng=rng)
    watched, alone = monitored(monitor), monitored(None)
    for layer, other in zip(watched, alone, strict=True):
        for name, array in {**layer.params, **layer.buffers}.items():
            assert array.tobytes() == getattr(other, name).tobytes()


@pytest.mark.parametrize("encoder", [None, snn.Direct(), snn.Poisson(0.5)])
def test_what_is_seen_is_the_summary_of_one_pass_over_the_same_spikes(encoder):
    """The network on all images at once, the input repeated by hand: bit for bit."""
    x, net = digits(20)[0], network()
    monitor = snn.Monitor(x, T, encoder, rng=np.random.default_rng(3))
    monitor(net, 1)
    monitor(net, 2)
    inputs = np.stack([x] * T)
    if isinstance(encoder, snn.Poisson):
        inputs = np.float32(2) * encoder.spikes(x, T, np.random.default_rng(3))
    _, caches = net.forward(inputs.reshape(-1, 8, 8, 1), Run(T=T))
    for i in (2, 7):
        numbers = snn.summary(net[i], caches[i])
        for name, array in monitor.layers[i].items():
            assert array[0] == array[1] == pytest.approx(numbers[name], rel=1e-6)


def test_sequences_of_frames_can_be_looked_at():
    x = np.random.default_rng(0).random((3, T, 8, 8, 1), np.float32)
    monitor = snn.Monitor(x, T, snn.Frames())
    monitor(network(), 1)
    assert monitor.layers[7]["inside"].shape == (1,)


def test_a_window_that_empties_is_named_once():
    """Half-widths of 0.001 hold next to no potential; two epochs, two layers, two warnings."""
    monitor = snn.Monitor(digits(50)[0], T)
    with pytest.warns(
        UserWarning, match=r"Layer \d .* of its potentials lie inside the surrogate's window"
    ) as found:
        monitored(monitor, surrogate=snn.Rectangular(0.001))
    assert sorted(str(each.message)[:7] for each in found) == ["Layer 2", "Layer 7"]
    assert all("\n" not in str(each.message) and str(each.message).endswith(".") for each in found)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        monitored(snn.Monitor(digits(50)[0], T), surrogate=snn.Rectangular(0.5))


X = digits(4)[0]


@pytest.mark.parametrize(
    "call, error, says",
    [
        (lambda: snn.Monitor(X.astype(int), T), TypeError, "x must hold floating-point numbers"),
        (lambda: snn.Monitor(X, 0), ValueError, "T must be at least 1"),
        (lambda: snn.Monitor(X, T, "poisson"), TypeError, "encoder must be None"),
        (lambda: snn.Monitor(X, T, snn.Poisson()), TypeError, "rng must be"),
        (lambda: snn.Monitor(X[:, :4], T)(network(), 1), ValueError, "x must hold images of shape"),
    ],
)
def test_bad_input_gets_one_clear_sentence(call, error, says):
    with pytest.raises(error, match=says) as raised:
        call()
    assert "\n" not in str(raised.value) and str(raised.value).endswith(".")
