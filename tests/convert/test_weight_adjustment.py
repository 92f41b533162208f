"""Paper 1's adjustment: what it leaves alone, what it makes equal, and that thresholds are another
name for it.
"""

import numpy as np
import pytest

from refsnn import convert, nn, snn
from tests.oracles import caught

P = [1, 2, 4, np.inf, "sigma"]


def network(rng, bias=True):
    """Two convolutions with pooling, Flatten, two dense layers; not trained, filters of very
    different norms.
    """
    net = nn.Sequential(
        [
            nn.Conv2d(1, 6, 3, padding=1, bias=bias, rng=rng),
            nn.ReLU(),
            nn.AvgPool2d(2),
            nn.Conv2d(6, 5, 3, padding=1, bias=bias, rng=rng),
            nn.ReLU(),
            nn.AvgPool2d(2),
            nn.Flatten(),
            nn.Dense(20, 12, bias=bias, rng=rng),
            nn.ReLU(),
            nn.Dense(12, 4, bias=bias, rng=rng),
        ],
        input_shape=(8, 8, 1),
    )
    for layer in net:
        if layer.params:
            layer.weight *= rng.choice(np.float32([0.5, 0.8, 1.5]), layer.weight.shape[-1])
            if bias:
                layer.bias = rng.normal(0, 0.1, layer.bias.shape).astype(np.float32)
    return net


@pytest.fixture
def x():
    return np.random.default_rng(1).random((40, 8, 8, 1), np.float32)


def rule(p, gamma=1.0, form="incoming"):
    return convert.WeightNorm(
        p, gamma, form, rng=np.random.default_rng(3) if p == "sigma" else None
    )


def rectifier_scores(net, x):
    """The scores of the artificial network that a spiking one stands for: every neuron a
    rectifier.
    """
    for layer in net:
        x = np.maximum(x, 0) if isinstance(layer, snn.IF) else layer.forward(x)[0]
    return x


# Factors and scales are multiplied in and divided out, each rounding once; sums of up to 54 terms
# follow, four layers deep, and cancel to a tenth of their terms at worst: 10 * 4 * (54 + 4) *
# 2**-24 = 1.4e-4.
ROUNDING = 1.5e-4


@pytest.mark.parametrize("p", P)
@pytest.mark.parametrize(
    "scaling", [convert.Percentile(99.9), convert.PerNeuron(99.9), convert.Unscaled()], ids=repr
)
def test_law_compensated_form_leaves_the_rectifier_networks_function_unchanged(x, p, scaling):
    ann = network(np.random.default_rng(0))
    scores = ann.predict(x)

    def statement(form):
        net = convert.to_spiking(
            ann, calibration_data=x, scaling=scaling, adjust=rule(p, form=form)
        )
        np.testing.assert_allclose(
            rectifier_scores(net, x), scores, rtol=0, atol=ROUNDING * np.abs(scores).max()
        )

    statement("compensated")
    caught(statement, "incoming")


@pytest.mark.parametrize("p", [1, 2, 4, np.inf])
def test_law_with_gamma_one_all_neurons_of_a_layer_have_the_same_norm(x, p):
    ann = network(np.random.default_rng(0))

    def norms(gamma):
        net = convert.to_spiking(ann, calibration_data=x, adjust=rule(p, gamma))
        return [
            np.linalg.norm(layer.weight.reshape(-1, layer.weight.shape[-1]), p, axis=0)
            for layer in list(net)[:-1]
            if layer.params
        ]

    def statement(gamma):
        for n in norms(gamma):
            # A float32 factor and two float32 products.
            np.testing.assert_allclose(n, n[0], rtol=1e-5)

    statement(1.0)
    caught(statement, 0.5)
    caught(statement, 0.0)


def test_gamma_zero_is_plain_conversion(x):
    ann = network(np.random.default_rng(0))
    plain = convert.to_spiking(ann, calibration_data=x)
    for form in ("incoming", "compensated"):
        net = convert.to_spiking(ann, calibration_data=x, adjust=rule(4, 0.0, form))
        for ours, theirs in zip(net, plain, strict=True):
            for name, array in ours.params.items():
                np.testing.assert_array_equal(array, theirs.params[name])


def spike_trains(net, x, T=24):
    watch = {
        i: np.arange(int(np.prod(shape)))
        for i, shape in enumerate(net.shapes(x.shape[1:]))
        if isinstance(net[i], snn.IF)
    }
    record = snn.simulate(
        net, x, T, encoder=snn.Poisson(0.5), rng=np.random.default_rng(5), watch=watch
    )
    return [record.spikes[i] for i in watch]


def rescaled(net, factors, thresholds=True):
    """The network with layer l's weights, biases, thresholds and initial potentials times its
    factors.
    """
    layers, pending = [], None
    for layer in net:
        if layer.params and len(layers) < len(net) - 1:
            pending = next(factors)
            layer.weight = layer.weight * pending
            layer.bias = layer.bias * pending
        elif isinstance(layer, snn.IF) and thresholds:
            layer = snn.IF(v_threshold=layer.v_threshold * pending, v_init=layer.v_init * pending)
        layers.append(layer)
    return nn.Sequential(layers, input_shape=net.input_shape)


def powers_of_two(rng):
    while True:
        yield np.float32(2.0) ** rng.integers(-2, 3)


def test_law_scaling_weights_bias_threshold_and_initial_potential_together_changes_no_spike(x):
    ann = network(np.random.default_rng(0))

    def statement(thresholds):
        plain = convert.to_spiking(ann, calibration_data=x)
        scaled = rescaled(
            convert.to_spiking(ann, calibration_data=x),
            powers_of_two(np.random.default_rng(7)),
            thresholds,
        )
        for ours, theirs in zip(spike_trains(scaled, x), spike_trains(plain, x), strict=True):
            np.testing.assert_array_equal(ours, theirs)

    statement(True)
    caught(statement, False)


def test_theorem_adjusting_thresholds_is_the_incoming_form(x):
    """Thresholds theta / f_j and initial potentials v_0 / f_j on plain weights give the spikes of
    weights f_j w_j.

    Factors are powers of two, so that both are exact in float32.
    """
    ann = network(np.random.default_rng(0))
    f = np.float32([2, 1, 0.5, 4, 1, 0.25])

    def statement(initial):
        incoming = convert.to_spiking(ann, calibration_data=x)
        incoming[0].weight, incoming[0].bias = incoming[0].weight * f, incoming[0].bias * f
        by_threshold = list(convert.to_spiking(ann, calibration_data=x))
        by_threshold[1] = snn.IF(v_threshold=1 / f, v_init=0.5 / (f if initial else 1))
        by_threshold = nn.Sequential(by_threshold, input_shape=ann.input_shape)
        for ours, theirs in zip(
            spike_trains(by_threshold, x), spike_trains(incoming, x), strict=True
        ):
            np.testing.assert_array_equal(ours, theirs)

    statement(True)
    caught(statement, False)


def test_sigma_of_the_first_layer_is_the_formula_and_below_it_is_measured(x):
    """Against 4,000 runs of one image: the standard error of a standard deviation is 1 /
    sqrt(8,000), 1.1 percent.
    """
    from refsnn.convert.weight_norm import std_per_step

    ann, image = network(np.random.default_rng(0), bias=False), x[:1]
    net = list(convert.to_spiking(ann, calibration_data=x))
    encoder, T, runs = snn.Poisson(0.4), 16, 4_000
    one = np.repeat(image, runs, axis=0)

    def measured(layers):
        """As `std_per_step`, from the charge: scores are the mean current of T steps."""
        # Never fires.
        probe = nn.Sequential([*layers, snn.IF(v_threshold=1e30)], input_shape=ann.input_shape)
        watched = np.arange(int(np.prod(probe.shapes(ann.input_shape)[-1])))
        v = snn.simulate(
            probe,
            one,
            T,
            encoder=encoder,
            rng=np.random.default_rng(8),
            watch={len(layers): watched},
        ).v[len(layers)][-1]
        variance = v.var(axis=0, ddof=1).reshape(-1, layers[-1].weight.shape[-1])
        return np.sqrt(variance.mean(axis=0) / T)

    first = std_per_step(net[:1], image, encoder, None)
    # potentials are shared by 64 positions a channel, so the band of one neuron is far on the safe
    # side
    np.testing.assert_allclose(measured(net[:1]), first, rtol=5 * 0.0112)
    # below: 32 repeats of one image, 16 positions that move together at worst: 1 / sqrt(62) = 12.7
    # percent
    second = std_per_step(net[:4], image, encoder, np.random.default_rng(9))
    np.testing.assert_allclose(second, measured(net[:4]), rtol=5 * np.hypot(0.127, 0.0112))
    independent = std_per_step([net[3]], np.full((1, 4, 4, 6), 0.3, np.float32), encoder, None)
    # Spikes of a neuron are far more regular than Poisson's.
    assert second.max() < independent.min()


def test_permuting_hidden_neurons_permutes_the_factors(x):
    ann = network(np.random.default_rng(0))
    order = np.array([3, 0, 5, 1, 4, 2])
    plain = rule(4).factors(None, [ann[0]], x)
    ann[0].weight = ann[0].weight[..., order]
    # the mean over the layer is summed in another order
    np.testing.assert_allclose(rule(4).factors(None, [ann[0]], x), plain[order], rtol=1e-14)


def test_factors_are_bounded_where_a_neuron_is_nearly_dead(x):
    ann = network(np.random.default_rng(0))
    ann[0].weight[..., 2] *= 1e-6
    factors = rule(2).factors(None, [ann[0]], x)
    assert factors[2] == 4.0 and factors.min() >= 0.25
    net = convert.to_spiking(ann, calibration_data=x, adjust=rule(2, form="compensated"))
    assert all(np.isfinite(array).all() for layer in net for array in layer.params.values())


def test_batch_norm_is_folded_before_norms_are_taken(x):
    rng = np.random.default_rng(0)
    ann = nn.Sequential(
        [
            nn.Flatten(),
            nn.Dense(64, 8, rng=rng),
            nn.BatchNorm(8),
            nn.ReLU(),
            nn.Dense(8, 3, rng=rng),
        ],
        input_shape=(8, 8, 1),
    )
    ann[2].gamma = np.linspace(0.5, 2, 8).astype(np.float32)
    ann[2].running_mean = np.full(8, 0.1, np.float32)
    net = convert.to_spiking(ann, calibration_data=x, adjust=rule(4, form="compensated"))
    scores = ann.predict(x)
    np.testing.assert_allclose(
        rectifier_scores(net, x), scores, rtol=0, atol=ROUNDING * np.abs(scores).max()
    )
    norms = np.linalg.norm(net[1].weight, 4, axis=0)
    np.testing.assert_allclose(norms, norms[0], rtol=1e-5)


@pytest.mark.parametrize(
    "make, says",
    [
        (lambda: convert.WeightNorm(0.5), "p must be"),
        (lambda: convert.WeightNorm("L4"), "p must be"),
        (lambda: convert.WeightNorm(float("nan")), "p must be"),
        (lambda: convert.WeightNorm(4, 1.5), "gamma must be"),
        (lambda: convert.WeightNorm(4, -0.1), "gamma must be"),
        (lambda: convert.WeightNorm(4, form="outgoing"), "form must be"),
        (lambda: convert.WeightNorm("sigma"), "rng of WeightNorm"),
        (
            lambda: convert.WeightNorm("sigma", encoder=snn.Direct(), rng=np.random.default_rng(0)),
            "encoder must be",
        ),
    ],
)
def test_bad_arguments_get_one_sentence(make, says):
    with pytest.raises((ValueError, TypeError), match=says):
        make()


def test_where_no_spike_arrives_sigma_adjusts_nothing(x):
    """Thresholds a million times too high: the second layer's potentials never move, and its
    factors are 1.
    """
    ann = network(np.random.default_rng(0))
    prefix = [*list(convert.to_spiking(ann, calibration_data=x))[:4]]
    prefix[1] = snn.IF(v_threshold=1e6)
    np.testing.assert_array_equal(rule("sigma").factors(None, prefix, x), np.ones(5))


def test_clip_and_other_objects_are_refused(x):
    rng = np.random.default_rng(0)
    clipped = nn.Sequential(
        [nn.Flatten(), nn.Dense(64, 8, rng=rng), nn.Clip(1.0), nn.Dense(8, 3, rng=rng)],
        input_shape=(8, 8, 1),
    )
    with pytest.raises(ValueError, match="adjust needs ReLU"):
        convert.to_spiking(clipped, calibration_data=x, adjust=rule(4))
    ann = network(np.random.default_rng(0))
    with pytest.raises(TypeError, match="adjust must be"):
        convert.to_spiking(ann, calibration_data=x, adjust=4)
    ann[0].weight[...], ann[0].bias[...] = 0, 0
    with pytest.raises(ValueError, match="is silent"):
        convert.to_spiking(ann, calibration_data=x, adjust=rule(4))
