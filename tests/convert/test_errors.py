"""The error of a converted network, split layer by layer: the parts add up, and each vanishes where
it must.
"""

import numpy as np
import pytest

from refsnn import convert, nn, snn
from refsnn.convert.errors import analog_inputs
from tests.convert.nets import dyadic_images, dyadic_network, patterns, trained
from tests.oracles import caught


def recorded(ann, x, T):
    net = convert.to_spiking(ann, calibration_data=x, scaling=convert.Percentile(90.0))
    sizes = {
        i: int(np.prod(shape))
        for i, shape in enumerate(net.shapes(x.shape[1:]))
        if isinstance(net[i], snn.IF)
    }
    watch = {i: np.arange(0, size, 3) for i, size in sizes.items()}
    return net, snn.simulate(net, x, T, watch=watch), watch


@pytest.mark.parametrize("T", [4, 8, 16])
def test_theorem_the_four_parts_add_up_in_a_network(T):
    """relu(z) - N_T / T, exactly: all numbers are dyadic, with L = 4 and T a power of two."""
    rng = np.random.default_rng(T)
    ann, x = dyadic_network(rng, 4), dyadic_images(rng)
    net, record, watch = recorded(ann, x, 16)
    errors = convert.layer_errors(ann, net, x, record, watch, T)
    inputs = analog_inputs(ann, net, x)

    def statement(parts):
        for i, chosen in watch.items():
            z = inputs[i][0].reshape(len(x), -1)[:, chosen]
            whole = np.maximum(z, 0) - record.spikes[i][:T].sum(axis=0) / T
            assert np.array_equal(sum(errors[i][:parts]), whole)

    statement(4)
    caught(statement, 3)
    first = errors[1]
    # Constant input, the network's own.
    assert not first.propagated.any() and not first.unevenness.any()
    assert first.quantisation.any() and errors[7].propagated.any()


@pytest.mark.parametrize("kind", [nn.QCFS, nn.ReLU])
def test_parts_of_a_trained_network(kind):
    """In units of the scale: quantisation of inputs below the threshold is at most 1 / (2 T), and
    the split of a network of rectifiers works alike. The potentials of a record are sums in
    float32: 1e-5 for 8 steps of numbers below 30.
    """
    ann = trained(kind if kind is nn.QCFS else lambda L: nn.ReLU())
    x = patterns(60, seed=4)[0]
    net, record, watch = recorded(ann, x, 8)
    for T in (2, 8):
        errors = convert.layer_errors(ann, net, x, record, watch, T)
        assert list(errors) == [i for i, layer in enumerate(net) if isinstance(layer, snn.IF)]
        for i, parts in errors.items():
            assert np.max(np.abs(parts.quantisation)) <= 1 / (2 * T) + 1e-5
            assert parts.clipping.min() >= 0 and parts.propagated.shape == (60, len(watch[i]))


@pytest.mark.parametrize(
    "call, says",
    [
        (
            lambda ann, net, x, record, watch: convert.layer_errors(ann, net, x, record, watch, 9),
            "T must be at most the 8",
        ),
        (
            lambda ann, net, x, record, watch: convert.layer_errors(ann, ann, x, record, watch, 4),
            "0 neuron layers",
        ),
        (
            lambda ann, net, x, record, watch: convert.layer_errors(
                nn.Sequential([*ann[:2], nn.Clip(), *ann[3:]]), net, x, record, watch, 4
            ),
            "upper end in the network's units",
        ),
        (
            lambda ann, net, x, record, watch: convert.layer_errors(
                ann, net, x, record, {0: [1]}, 4
            ),
            "was not watched",
        ),
    ],
)
def test_bad_input_gets_one_clear_sentence(call, says):
    ann, x = trained(nn.QCFS, epochs=1), patterns(20)[0]
    with pytest.raises(ValueError, match=says) as raised:
        call(ann, *[(net, x, record, watch) for net, record, watch in [recorded(ann, x, 8)]][0])
    assert "\n" not in str(raised.value)
