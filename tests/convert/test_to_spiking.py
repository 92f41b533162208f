"""Conversion changes the activations and nothing else: with rectifiers put back, the network is the
original.
"""

import numpy as np
import pytest

from refsnn import convert, nn, snn
from tests.oracles import caught


def randomised(layers, rng):
    """Biases, batch norms and statistics that are not the initial ones."""
    for layer in layers:
        for name, array in {**layer.params, **layer.buffers}.items():
            if name in ("gamma", "running_var"):
                setattr(layer, name, rng.uniform(0.5, 2, array.shape).astype(np.float32))
            elif name != "weight":
                setattr(layer, name, rng.normal(0, 0.3, array.shape).astype(np.float32))
    return nn.Sequential(
        layers, input_shape=(8, 8, 2) if isinstance(layers[0], nn.Conv2d) else (16,)
    )


def architecture(name, rng):
    def conv(*channels, **settings):
        return nn.Conv2d(*channels, 3, rng=rng, **settings)

    def dense(*features, **settings):
        return nn.Dense(*features, rng=rng, **settings)

    return randomised(
        {
            "dense": lambda: [
                dense(16, 20),
                nn.ReLU(),
                dense(20, 12, bias=False),
                nn.ReLU(),
                dense(12, 5),
            ],
            "convolutions and pooling": lambda: [
                conv(2, 6, padding=1),
                nn.ReLU(),
                nn.AvgPool2d(2),
                conv(6, 4),
                nn.ReLU(),
                nn.AvgPool2d(2),
                nn.Flatten(),
                dense(4, 10),
                nn.ReLU(),
                dense(10, 5),
            ],
            "batch norm": lambda: [
                conv(2, 6, padding=1, bias=False),
                nn.BatchNorm(6),
                nn.ReLU(),
                nn.AvgPool2d(2),
                nn.Flatten(),
                dense(96, 10),
                nn.BatchNorm(10),
                nn.ReLU(),
                dense(10, 5),
                nn.BatchNorm(5),
            ],
            "dropout": lambda: [
                nn.Dropout(0.2),
                dense(16, 20),
                nn.Dropout(0.5),
                nn.ReLU(),
                nn.Dropout(0.5),
                dense(20, 5),
                nn.Dropout(0.1),
            ],
            "pooling before the rectifier": lambda: [
                conv(2, 6, padding=1),
                nn.AvgPool2d(2),
                nn.ReLU(),
                conv(6, 4),
                nn.Flatten(),
                nn.ReLU(),
                dense(16, 5),
            ],
            "linear layers in a row": lambda: [
                dense(16, 20),
                nn.ReLU(),
                dense(20, 30),
                dense(30, 10),
                nn.ReLU(),
                dense(10, 5),
            ],
            "global pooling at the end": lambda: [
                conv(2, 6, padding=1),
                nn.ReLU(),
                conv(6, 5, padding=1),
                nn.AvgPool2d(8),
                nn.Flatten(),
            ],
        }[name](),
        rng,
    )


ARCHITECTURES = [
    "dense",
    "convolutions and pooling",
    "batch norm",
    "dropout",
    "pooling before the rectifier",
    "linear layers in a row",
    "global pooling at the end",
]
SCALINGS = [convert.Max(), convert.Percentile(99.0), convert.PerNeuron(99.0), convert.Balanced(T=8)]
every_scaling = pytest.mark.parametrize(
    "scaling", SCALINGS, ids=lambda scaling: type(scaling).__name__
)


def images(net, n=40, seed=9):
    return np.random.default_rng(seed).random((n, *net.input_shape), np.float32)


def with_rectifiers(net):
    """A converted network with ReLU in the place of its neurons: an artificial one again."""
    return nn.Sequential(
        [nn.ReLU() if isinstance(layer, snn.IF) else layer for layer in net], net.input_shape
    )


def state(net):
    return [
        array.tobytes() for layer in net for array in {**layer.params, **layer.buffers}.values()
    ]


@every_scaling
@pytest.mark.parametrize("name", ARCHITECTURES)
def test_theorem_scales_and_folding_leave_the_function_unchanged(name, scaling):
    """max(c z, 0) = c max(z, 0) for c > 0: a scale divided out of one layer and multiplied into the
    next is undone.

    Each weight is rounded four times at most (batch norm, two scales), in sums of at most 96 terms
    through 5 layers: relative errors of 5 * 100 * 2**-24 = 3e-5 of scores whose terms may be ten
    times the scores: 3e-4 of the largest.
    """
    rng = np.random.default_rng(ARCHITECTURES.index(name))
    ann = architecture(name, rng)
    x = images(ann)
    before = state(ann)
    net = convert.to_spiking(ann, calibration_data=x, scaling=scaling)
    # The original, untouched.
    assert state(ann) == before and not any(isinstance(layer, snn.IF) for layer in ann)
    kinds = [type(layer) for layer in ann if not isinstance(layer, (nn.BatchNorm, nn.Dropout))]
    assert [type(layer) for layer in net] == [snn.IF if kind is nn.ReLU else kind for kind in kinds]
    expected = ann.predict(images(ann, seed=10))

    def statement(net):
        scores = with_rectifiers(net).predict(images(ann, seed=10))
        assert np.max(np.abs(scores - expected)) < 3e-4 * np.max(np.abs(expected))

    statement(net)
    first, last = ([layer for layer in net if layer.params][i] for i in (0, -1))
    # One channel's scale undone in another's weights.
    last.weight = np.roll(last.weight, 1, axis=-2)
    caught(statement, net)
    last.weight = np.roll(last.weight, -1, axis=-2)
    first.weight = first.weight * np.float32(1.01)
    caught(statement, net)


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_theorem_per_neuron_scales_change_the_weights_but_not_the_function(name):
    """Channels of very different size: their scales differ, and this is undone across pooling and
    flattening.
    """
    rng = np.random.default_rng(20)
    ann = architecture(name, rng)
    first = next(layer for layer in ann if layer.params)
    first.weight = first.weight * np.linspace(0.5, 1.5, first.weight.shape[-1], dtype=np.float32)
    x = images(ann)
    one, each = (
        convert.to_spiking(ann, calibration_data=x, scaling=scaling)
        for scaling in (convert.Percentile(99.0), convert.PerNeuron(99.0))
    )
    place = next(i for i, layer in enumerate(one) if layer.params)
    ratio = each[place].weight / one[place].weight
    # One factor per channel: 4 roundings.
    assert np.ptp(ratio.reshape(-1, ratio.shape[-1]), axis=0).max() < 1e-5
    assert np.ptp(ratio) > 0.1
    scores = [with_rectifiers(net).predict(x) for net in (one, each)]
    assert np.max(np.abs(scores[0] - scores[1])) < 3e-4 * np.max(np.abs(scores[0]))  # as above


@pytest.mark.parametrize("name", ARCHITECTURES)
@every_scaling
def test_theorem_a_spiking_readout_keeps_the_order_of_the_classes(name, scaling):
    """readout="spikes" gives the last layer neurons, all with one scale: with rectifiers put back,
    the scores are max(score, 0) divided by one number (to the relative error of
    `test_theorem_scales_and_folding...`).
    """
    ann = architecture(name, np.random.default_rng(30))
    x = images(ann)
    net = convert.to_spiking(ann, calibration_data=x, scaling=scaling, readout="spikes")
    assert isinstance(net[-1], snn.IF)
    positive = np.maximum(ann.predict(x), 0)

    def statement(scores):
        scale = positive.max() / scores.max()
        assert np.max(np.abs(scale * scores - positive)) < 6e-4 * positive.max()

    scores = with_rectifiers(net).predict(x)
    statement(scores)
    caught(statement, scores * np.linspace(0.9, 1, 5))
    record = snn.simulate(net, x, 16)
    # Counts of spikes.
    assert np.array_equal(record.scores[-1] * 16, np.round(record.scores[-1] * 16))


def test_clip_becomes_a_neuron_whose_full_rate_is_at_most_its_upper_end():
    """A scale above `upper` would leave rates unused; one below saturates like any percentile."""
    rng = np.random.default_rng(40)
    ann = nn.Sequential(
        [nn.Dense(16, 30, rng=rng), nn.Clip(0.5), nn.Dense(30, 4, rng=rng)], input_shape=(16,)
    )
    x = images(ann)
    activations = ann[0].forward(x)[0]
    assert activations.max() > 0.5
    for scaling, scale in (
        (convert.Max(), 0.5),
        (convert.Balanced(T=4), 0.5),
        (convert.Percentile(1.0), None),
    ):
        net = convert.to_spiking(ann, calibration_data=x, scaling=scaling)
        clipped = np.clip(activations, 0, 0.5)
        scale = np.percentile(clipped[clipped > 0], 1.0) if scale is None else scale
        # Two roundings.
        assert np.allclose(net[0].weight * np.float32(scale), ann[0].weight, rtol=2**-22, atol=0)
    # the saturating neuron is the clipped rectifier: at a constant input the rate is within 1 / (2
    # T) of a / 0.5
    net = convert.to_spiking(ann, calibration_data=x, scaling=convert.Max())
    rate = snn.simulate(net, x, 64, watch={1: np.arange(30)}).spikes[1].mean(axis=0)
    # 0.001: rounding of 64 sums.
    assert np.all(np.abs(rate - np.clip(activations / 0.5, 0, 1)) <= 0.501 / 64)


@pytest.mark.parametrize("v_init", [0.0, 0.5, -0.25])
@pytest.mark.parametrize("reset", ["subtract", "zero"])
def test_neurons_start_at_the_fraction_of_their_threshold(v_init, reset):
    ann = architecture("dense", np.random.default_rng(50))
    net = convert.to_spiking(ann, calibration_data=images(ann), v_init=v_init, reset=reset)
    for layer in net:
        if isinstance(layer, snn.IF):
            assert (
                layer.v_init == v_init * layer.v_threshold
                and layer.reset == reset
                and layer.beta == 1
            )


def test_input_rates_are_the_shares_of_inputs_that_spike():
    """Stored for the engine's choice: the mean of min(activation / scale, 1) of the layer before,
    the mean pixel for the first, unknown after pooling. In float32, means of numbers in [0, 1]:
    1e-6.
    """
    ann = architecture("dense", np.random.default_rng(60))
    x = images(ann)
    net = convert.to_spiking(ann, calibration_data=x, scaling=convert.Percentile(95.0))
    h, dense = x, [layer for layer in net if isinstance(layer, nn.Dense)]
    assert dense[0].input_rate == pytest.approx(x.mean(), abs=1e-6)
    for i in (0, 2):
        h = np.maximum(net[i].forward(h)[0], 0)
        assert net[i + 2].input_rate == pytest.approx(np.minimum(h, 1).mean(), abs=1e-6)
    pooled = architecture("batch norm", np.random.default_rng(61))
    net = convert.to_spiking(pooled, calibration_data=images(pooled))
    assert net[4].input_rate is None and net[6].input_rate is not None


class MaxPool2d(nn.Layer):
    """Whatever a library may bring: the largest of four spikes is no spike of the largest."""


class Tanh(nn.Layer):
    """An activation that no neuron here reproduces."""

    def forward(self, x, run=nn.Run()):
        y = np.tanh(x)
        return y, y


RNG = np.random.default_rng(0)
INCONVERTIBLE = {  # layers, and the place of the one that is refused
    "batch norm first": ([nn.BatchNorm(16), nn.Dense(16, 4, rng=RNG), nn.ReLU()], 0),
    "batch norm after the rectifier": (
        [nn.Dense(16, 8, rng=RNG), nn.ReLU(), nn.BatchNorm(8), nn.Dense(8, 4, rng=RNG)],
        2,
    ),
    "batch norm after dropout": (
        [nn.Dense(16, 8, rng=RNG), nn.Dropout(), nn.BatchNorm(8), nn.ReLU()],
        2,
    ),
    "batch norm twice": (
        [nn.Dense(16, 8, rng=RNG), nn.BatchNorm(8), nn.BatchNorm(8), nn.ReLU()],
        2,
    ),
    "rectifier first": ([nn.ReLU(), nn.Dense(16, 4, rng=RNG)], 0),
    "rectifier twice": (
        [nn.Dense(16, 8, rng=RNG), nn.ReLU(), nn.Dropout(), nn.Clip(), nn.Dense(8, 4, rng=RNG)],
        3,
    ),
    "max pooling": ([nn.Dense(16, 8, rng=RNG), nn.ReLU(), MaxPool2d(), nn.Dense(8, 4, rng=RNG)], 2),
    "batch norm without statistics": ([nn.Dense(16, 8, rng=RNG), nn.BatchNorm(8), nn.ReLU()], 1),
    "neurons already": ([nn.Dense(16, 8, rng=RNG), snn.IF(), nn.Dense(8, 4, rng=RNG)], 1),
    "an activation without a counterpart": (
        [nn.Dense(16, 8, rng=RNG), nn.ReLU(), nn.Dense(8, 8, rng=RNG), Tanh()],
        3,
    ),
}


@pytest.mark.parametrize("layers, place", INCONVERTIBLE.values(), ids=INCONVERTIBLE.keys())
def test_what_cannot_be_converted_is_named(layers, place):
    ann = nn.Sequential(layers)
    before = state(ann)
    with pytest.raises(ValueError) as error:
        convert.to_spiking(ann, calibration_data=RNG.random((5, 16)))
    sentence = str(error.value)
    assert sentence.startswith(
        f"Layer {place} ({layers[place]!r}) cannot be converted: "
    ) and sentence.endswith(".")
    assert "\n" not in sentence and state(ann) == before and ann.input_shape is None


@every_scaling
def test_a_silent_layer_is_named(scaling):
    """Its activations are all 0, so there is nothing to scale by."""
    ann = nn.Sequential(
        [nn.Dense(16, 8, rng=RNG), nn.Dropout(), nn.ReLU(), nn.Dense(8, 4, rng=RNG)]
    )
    ann[0].bias = np.full(8, -100, np.float32)
    with pytest.raises(
        ValueError,
        match=r"^Layer 2 \(ReLU\(\)\) cannot be converted: it is silent on the calibration",
    ):
        convert.to_spiking(ann, calibration_data=RNG.random((5, 16)), scaling=scaling)


@pytest.mark.parametrize("readout", ["accumulate", "spikes"])
def test_a_network_without_activations_is_refused(readout):
    with pytest.raises(ValueError, match="no ReLU, Clip or QCFS"):
        convert.to_spiking(
            nn.Sequential([nn.Dense(16, 4, rng=RNG)]),
            calibration_data=RNG.random((5, 16)),
            readout=readout,
        )
