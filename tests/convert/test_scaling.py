"""What the scales are, and what they are for: rates that approach the activations as 1 / T."""

import numpy as np
import pytest

from refsnn import convert, nn, snn
from tests.oracles import caught


def network(rng, upper=None):
    """A convolution and two dense layers with biases, not trained: He's weights keep the
    activations' size.
    """

    def activation():
        return nn.ReLU() if upper is None else nn.Clip(upper)

    net = nn.Sequential(
        [
            nn.Conv2d(1, 6, 3, padding=1, rng=rng),
            activation(),
            nn.AvgPool2d(2),
            nn.Flatten(),
            nn.Dense(96, 40, rng=rng),
            activation(),
            nn.Dense(40, 5, rng=rng),
        ],
        input_shape=(8, 8, 1),
    )
    for layer in net:
        if layer.params:
            layer.bias = rng.normal(0, 0.1, layer.bias.shape).astype(np.float32)
    return net


@pytest.fixture
def ann():
    return network(np.random.default_rng(0))


@pytest.fixture
def x():
    return np.random.default_rng(1).random((60, 8, 8, 1), np.float32)


def activations(net, x):
    """Currents of the neuron layers, rectified, by place: activations in units of their scale."""
    found, h = {}, x
    for i, layer in enumerate(net):
        h = np.maximum(h, 0) if isinstance(layer, (snn.IF, nn.ReLU)) else layer.forward(h)[0]
        if isinstance(layer, (snn.IF, nn.ReLU)):
            found[i] = h
    return found


# A scale is divided out of weights and biases and activations are computed anew: sums of up to 96
# terms, each rounded a few times, two layers deep, are off by 2 * 100 * 2**-24 = 1.2e-5 of their
# size at most.
ROUNDING = 2e-5


def test_max_brings_the_largest_activation_to_the_full_rate(ann, x):
    net = convert.to_spiking(ann, calibration_data=x, scaling=convert.Max())

    def statement(net):
        for a in activations(net, x).values():
            assert a.max() == pytest.approx(1, rel=ROUNDING)

    statement(net)
    caught(statement, convert.to_spiking(ann, calibration_data=x, scaling=convert.Percentile(99.9)))
    caught(statement, ann)


@pytest.mark.parametrize("q", [50, 99, 99.9, 100])
def test_percentile_is_taken_over_the_activations_above_zero(ann, x, q):
    net = convert.to_spiking(ann, calibration_data=x, scaling=convert.Percentile(q))

    def statement(of):
        for a in activations(net, x).values():
            assert np.percentile(of(a), q) == pytest.approx(1, rel=ROUNDING)

    statement(lambda a: a[a > 0])
    if q < 100:
        caught(statement, lambda a: a)  # zeros included: a smaller scale


@pytest.mark.parametrize("q", [90, 99.9])
def test_per_neuron_gives_every_channel_its_percentile_but_for_a_floor(ann, x, q):
    """A channel's percentile is 1 in units of its scale, or less where the floor of a quarter of
    the layer's holds.
    """
    for layer in (ann[0], ann[4]):  # one channel is a hundred times quieter, one silent
        layer.weight[..., 1] *= 0.01
        layer.bias[1] *= 0.01
        layer.weight[..., 2], layer.bias[2] = 0, -1
    net = convert.to_spiking(ann, calibration_data=x, scaling=convert.PerNeuron(q))

    def channels(a):
        return [
            np.percentile(c[c > 0], q) if (c > 0).any() else 0 for c in a.reshape(-1, a.shape[-1]).T
        ]

    in_units, own = activations(net, x), activations(ann, x)
    for i, a in own.items():
        layer_scale = np.percentile(a[a > 0], q)
        scales = np.maximum(channels(a), 0.25 * layer_scale)
        expected = channels(a) / scales
        assert np.allclose(channels(in_units[i]), expected, rtol=0, atol=ROUNDING)
        assert expected[1] < 0.1 and expected[2] == 0 and np.mean(expected == 1) > 0.5


def largest_currents(net, x, T, encoder=snn.Direct(), rng=None):
    """The largest input current of each neuron layer in one step of a simulation, from the free
    potentials.
    """
    shapes = net.shapes(x.shape[1:])
    watch = {
        i: np.arange(np.prod(shapes[i])) for i, layer in enumerate(net) if isinstance(layer, snn.IF)
    }
    record = snn.simulate(net, x, T, encoder=encoder, rng=rng, watch=watch)
    found = {}
    for i in watch:
        v = record.free_potential(i)
        found[i] = np.diff(v, axis=0, prepend=np.full((1, *v.shape[1:]), net[i].v_init)).max()
    return found


def test_balanced_scales_by_the_largest_current_in_the_spiking_network(ann, x):
    """In units of its scale each layer's largest current in one step is 1, those before it spiking.
    Potentials of 16 steps, below 16, are rounded to 2**-20: their differences to 2e-6.
    """
    net = convert.to_spiking(ann, calibration_data=x, scaling=convert.Balanced(T=16))

    def statement(net):
        assert list(largest_currents(net, x, 16).values()) == pytest.approx([1, 1], rel=ROUNDING)

    statement(net)
    caught(statement, convert.to_spiking(ann, calibration_data=x, scaling=convert.Max()))


def test_balanced_with_random_input_draws_from_the_callers_generator(ann, x):
    """One number a layer, in order: the first layer sees what a simulation with the same seed
    sees.
    """
    encoder = snn.Poisson()
    nets = [
        convert.to_spiking(
            ann,
            calibration_data=x,
            scaling=convert.Balanced(T=16, encoder=encoder, rng=np.random.default_rng(seed)),
        )
        for seed in (5, 5, 6)
    ]
    assert np.array_equal(nets[0][0].weight, nets[1][0].weight)
    assert not np.array_equal(nets[0][4].weight, nets[2][4].weight)
    assert largest_currents(nets[0], x, 16, encoder, np.random.default_rng(5))[1] == pytest.approx(
        1, rel=ROUNDING
    )


@pytest.mark.parametrize("scaling", [convert.Max(), convert.Percentile(99.0)], ids=repr)
@pytest.mark.parametrize("v_init, error", [(0.5, 0.5), (0.0, 1.0)])
def test_theorem_first_layer_rates_are_within_one_spike_of_the_activations(
    ann, x, scaling, v_init, error
):
    """Constant input a, v_init in [0, 1): N_T = floor(T a + v_init) for a in [0, 1], so |rate - a|
    <= 1 / T, and with v_init = 1/2 half of it; activations above lambda give the full rate.
    Potentials of T steps round by T * 2**-24 * T / 2 at most, 0.008 for T = 512: the band is
    widened by 0.01 of a spike.
    """
    net = convert.to_spiking(ann, calibration_data=x, scaling=scaling, v_init=v_init)
    a = np.clip(activations(net, x)[1].reshape(60, -1), 0, 1)
    spikes = snn.simulate(net, x, 512, watch={1: np.arange(a.shape[1])}).spikes[1]
    for T in (1, 2, 4, 8, 16, 64, 512):

        def statement(error, T=T):
            assert np.all(np.abs(spikes[:T].mean(axis=0) - a) <= (error + 0.01) / T)

        statement(error)
        caught(statement, 0.8 * error)  # the bound is attained, nearly


def slope(error, T):
    return np.polyfit(np.log(T), np.log(error), 1)[0]


def test_law_the_error_of_the_rates_halves_when_T_doubles(ann, x):
    """Mean distances of first-layer rates and of scores to the artificial network's, over T = 8 ...
    512: slope -1 in log-log. With largest activations as scales nothing saturates, so no floor is
    reached.

    First layer: T |rate - a| is the distance of T a to a whole number, spread evenly over [0, 1/2]
    whatever T; its mean over some 10,000 positive activations is 1/4 with a standard error of 0.144
    / sqrt(10,000), 0.6 %. Over a range of log 64 = 4.2, seven points give the slope a standard
    error of 0.006 / (4.2 / 3 * sqrt(7)) = 0.002; the band is 0.02. Scores: 300 numbers that share
    60 images, with an error of some 5 % a point: 0.05 / 3.7 = 0.014, band 0.07.
    """
    net = convert.to_spiking(ann, calibration_data=x, scaling=convert.Max())
    a = activations(net, x)[1].reshape(60, -1)
    record = snn.simulate(net, x, 512, watch={1: np.arange(a.shape[1])})
    times, scores = 2 ** np.arange(3, 10), ann.predict(x)
    rates = [np.mean(np.abs(record.spikes[1][:T].mean(axis=0) - a)[a > 0]) for T in times]
    assert abs(slope(rates, times) + 1) < 0.02
    distances = [np.mean(np.abs(record.scores[T - 1] - scores)) for T in times]

    def statement(distances):
        assert abs(slope(distances, times) + 1) < 0.07

    statement(distances)
    noisy = snn.simulate(net, x, 512, encoder=snn.Poisson(), rng=np.random.default_rng(3))
    # Random input: -1/2.
    caught(statement, [np.mean(np.abs(noisy.scores[T - 1] - scores)) for T in times])
    saturated = convert.to_spiking(ann, calibration_data=x, scaling=convert.Percentile(90))
    record = snn.simulate(saturated, x, 512)
    # What clips does not vanish.
    caught(statement, [np.mean(np.abs(record.scores[T - 1] - scores)) for T in times])


def test_scales_depend_neither_on_the_type_nor_on_the_layout_of_the_calibration_images(ann, x):
    for scaling in (convert.Max(), convert.Percentile(99), convert.PerNeuron(99)):
        net, other = (
            convert.to_spiking(ann, calibration_data=images, scaling=scaling)
            for images in (x, np.asfortranarray(x.astype(np.float64)))
        )
        assert np.array_equal(net[0].weight, other[0].weight) and np.array_equal(
            net[4].weight, other[4].weight
        )


def test_model_based_scaling_never_saturates_whatever_the_input(ann, x):
    net = convert.to_spiking(ann, calibration_data=x[:2], scaling=convert.ModelBased())
    # Pixels of 0 and 1.
    worst = np.random.default_rng(5).integers(0, 2, (200, 8, 8, 1)).astype(np.float32)

    def statement(net):
        h = worst
        for layer in net:
            if isinstance(layer, snn.IF):
                assert h.max() <= 1 + ROUNDING
                h = np.clip(h, 0, 1)
            else:
                h = layer.forward(h)[0]

    statement(net)
    caught(statement, convert.to_spiking(ann, calibration_data=x, scaling=convert.Unscaled()))


def test_unscaled_conversion_keeps_the_weights(ann, x):
    net = convert.to_spiking(ann, calibration_data=x, scaling=convert.Unscaled())
    for ours, theirs in zip(net, ann, strict=True):
        for name, array in ours.params.items():
            np.testing.assert_array_equal(array, theirs.params[name])


def test_theorem_with_one_hidden_layer_all_layer_scales_are_one_gain(x):
    """Any two layer-wise rules differ by a factor on the hidden weights, undone by the output's: a
    gain.
    """
    rng = np.random.default_rng(0)
    ann = nn.Sequential(
        [nn.Flatten(), nn.Dense(64, 12, rng=rng), nn.ReLU(), nn.Dense(12, 3, rng=rng)],
        input_shape=(8, 8, 1),
    )

    def ratios(scaling):
        net = convert.to_spiking(ann, calibration_data=x, scaling=scaling)
        return ann[1].weight / net[1].weight, net[3].weight / ann[3].weight

    def statement(scaling):
        down, up = ratios(scaling)
        np.testing.assert_allclose(down, down[0, 0], rtol=1e-6)
        np.testing.assert_allclose(up, down[0, 0], rtol=1e-6)

    for scaling in (
        convert.Max(),
        convert.Percentile(95),
        convert.ModelBased(),
        convert.Balanced(T=8),
    ):
        statement(scaling)
    caught(statement, convert.PerNeuron(99))
