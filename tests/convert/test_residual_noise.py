"""A quantised network and its spiking copy: where they are the same, and what is measured where
they are not.
"""

import numpy as np
import pytest
from scipy.special import ndtri

from refsnn import convert, nn, snn
from refsnn.convert.errors import analog_inputs
from tests.convert.nets import dyadic_images, dyadic_network, patterns, trained
from tests.oracles import caught


def state(net):
    return [
        array.tobytes() for layer in net for array in {**layer.params, **layer.buffers}.values()
    ]


def three_roundings(ann, x):
    """What sigma of the first layer can be, if three inputs lie so near a jump that they take the
    level beside.
    """
    return ann[2].v_threshold[0] / 4 * np.sqrt(3 / (len(x) * 144))


@pytest.mark.parametrize("L", [1, 2, 3, 4, 5, 6, 7, 8, 12, 16, 31, 32])
def test_theorem_quantised_activation_is_the_rate_of_its_neuron_layer_by_layer(L):
    """L = T, v_0 = lambda / 2, firing on >=, constant input: the neuron of each layer, given what
    the layer gets in the artificial network, fires L a / lambda times, exactly. Starting at 0, one
    step less or another start are caught.
    """
    rng = np.random.default_rng(L)
    ann, x = dyadic_network(rng, L), dyadic_images(rng)
    net = convert.to_spiking(ann, calibration_data=x)
    h, activations = x, []
    for layer in ann:
        h = layer.forward(h)[0]
        activations += [h / layer.v_threshold] if isinstance(layer, nn.QCFS) else []
    inputs = analog_inputs(ann, net, x)
    assert len(inputs) == len(activations) == 3
    for (i, (z, a)), activation in zip(inputs.items(), activations, strict=True):
        if L & (L - 1) == 0:
            assert np.array_equal(a, activation)  # the copy computes what the network computes
        z = (np.round(z * 1024) / 1024).astype(np.float32)  # exact as it is if L is a power of two

        def statement(v_init, T, z=z):
            neuron = snn.IF(v_init=v_init)
            spikes, _ = neuron.scan(z[None], neuron.initial(len(z), z.shape[1:]), T)
            assert np.array_equal(spikes.sum(axis=0), np.rint(L * nn.QCFS(L, 1.0).forward(z)[0]))

        assert net[i].v_init == 0.5 and net[i].v_threshold == 1
        statement(0.5, L)
        caught(statement, 0.0, L)
        caught(statement, 0.5, L + 1)


def test_theorem_the_number_of_steps_does_not_change_the_mean_of_uniform_input():
    """z uniform on [0, lambda] (1,024 cell centres): a neuron of T steps and an activation of L
    levels have the same mean for every L and T, exactly, as both round to the nearest level. |z|
    half-normal of standard deviation 0.4 lambda is the counterexample: T = 1 falls 0.10 lambda
    short of L = 4.
    """
    uniform = ((np.arange(1024) + 0.5) / 1024).astype(np.float32)
    half_normal = (0.4 * ndtri(0.5 + uniform / 2)).astype(np.float32)

    def rate(z, T, v_init):
        neuron = snn.IF(v_init=v_init)
        return neuron.scan(z[None, None], neuron.initial(1, z.shape), T)[0].mean(dtype=np.float64)

    def statement(z, v_init):
        for L in (1, 2, 4, 8, 32):
            for T in (1, 2, 4, 8, 16, 32):
                assert rate(z, T, v_init) == nn.QCFS(L, 1.0).forward(z)[0].mean(dtype=np.float64)

    statement(uniform, 0.5)
    caught(statement, uniform, 0.0)
    caught(statement, half_normal, 0.5)
    # the integral is 0.1012; a sum over 1,024 quantiles misses it by at most one quantile at each
    # of the 5 jumps
    gap = nn.QCFS(4, 1.0).forward(half_normal)[0].mean(dtype=np.float64) - rate(half_normal, 1, 0.5)
    assert abs(gap - 0.1012) < 5 / 1024


def test_theorem_the_first_layer_has_no_residual_error_where_T_is_L():
    """Its input is constant, so its neurons fire exactly as often as the activation has levels;
    deeper layers get spikes in an order that no activation sees, and at other T the levels differ.
    Batch norm is folded into float32 weights, so that a few of 28,800 inputs may take the level
    beside.
    """
    ann, x = trained(nn.QCFS), patterns(200, seed=5)[0]

    def statement(T):
        std = convert.residual_error(ann, x, T)[1]
        assert std[0] <= three_roundings(ann, x) and np.all(std[1:] > three_roundings(ann, x))

    statement(4)
    caught(statement, 3)
    caught(statement, 8)


@pytest.mark.parametrize("shift", [0.0, 0.25, 0.5, 0.75])
def test_a_neuron_starts_where_its_activation_rounds(shift):
    """Any shift, T = L = 4: no residual error in the first layer, exactly, on dyadics. Other starts
    are caught.
    """
    rng = np.random.default_rng(1)
    ann, x = (
        dyadic_network(rng, 4, lambda L, v_threshold: nn.QCFS(L, v_threshold, shift)),
        dyadic_images(rng),
    )
    assert convert.residual_error(ann, x, 4)[1][0] == 0

    def statement(v_init):
        net = convert.to_spiking(ann, calibration_data=x, v_init=v_init)
        spikes = snn.simulate(net, x, 4, watch={1: np.arange(64)}).spikes[1].sum(axis=0)
        activation = ann[1].forward(ann[0].forward(x)[0])[0].reshape(len(x), -1)
        assert np.array_equal(spikes, 4 * activation / ann[1].v_threshold)

    statement(None)
    caught(statement, 0.125)


@pytest.mark.parametrize("T", [1, 4, 6])
def test_the_residual_error_is_the_difference_of_two_simulations(T):
    """By hand: activations of the network and spike counts of a recorded simulation of its copy.
    Sums of at most 200 * 144 float32 numbers below 4, whose own rounding is 2**-22: equal within
    1e-6.
    """
    ann, x = trained(nn.NoisyQCFS), patterns(200, seed=5)[0]
    for layer in ann:
        if isinstance(layer, nn.QCFS):
            layer.sigma[...] = (
                0.3  # must not be used: the artificial network is taken without noise
            )
    net = convert.to_spiking(ann, calibration_data=x)
    sizes = {
        i: int(np.prod(shape))
        for i, shape in enumerate(net.shapes(x.shape[1:]))
        if isinstance(net[i], snn.IF)
    }
    record = snn.simulate(net, x, T, watch={i: np.arange(size) for i, size in sizes.items()})
    h, errors, neurons = x, [], iter(sizes)
    for layer in ann:
        h = layer.forward(h)[0]
        if isinstance(layer, nn.QCFS):
            rate = record.spikes[next(neurons)].mean(axis=0, dtype=np.float64)
            errors.append(h.reshape(len(x), -1) - layer.v_threshold * rate)

    def statement(errors):
        mean, std = convert.residual_error(ann, x, T)
        assert np.allclose(mean, [e.mean() for e in errors], rtol=0, atol=1e-6)
        assert np.allclose(std, [e.std() for e in errors], rtol=0, atol=1e-6)

    statement(errors)
    caught(statement, [2 * e for e in errors])


def test_noise_is_measured_after_each_epoch_and_used_in_the_next():
    """The first epoch is that of QCFS, bit by bit; then each NoisyQCFS layer holds what
    `residual_error` measures.
    """
    x_val, nets = patterns(100, seed=7)[0], []
    noise = convert.ResidualNoise(x_val, T=4)

    def keep(net, epoch):
        noise(net, epoch)
        measured = convert.residual_error(net, x_val, 4)[1]
        assert np.array_equal(
            [layer.sigma.item() for layer in net if isinstance(layer, nn.QCFS)],
            measured.astype(np.float32),
        )
        nets.append([array.tobytes() for layer in net for array in layer.params.values()])

    net = trained(nn.NoisyQCFS, after_epoch=keep)
    few = three_roundings(net, x_val)
    assert len(noise.sigma) == 4 and noise.sigma[-1][0] <= few and np.all(noise.sigma[-1][1:] > few)
    assert all(layer.mean[0] == 0 for layer in net if isinstance(layer, nn.QCFS))
    plain = []
    trained(
        nn.QCFS,
        after_epoch=lambda net, epoch: plain.append(
            [array.tobytes() for layer in net for array in layer.params.values()]
        ),
    )
    assert plain[0] == nets[0] and plain[1] != nets[1]
    with_mean = trained(nn.NoisyQCFS, after_epoch=convert.ResidualNoise(x_val, T=2, mean=True))
    means = convert.residual_error(with_mean, x_val, 2)[0]
    assert (
        np.array_equal(
            [layer.mean.item() for layer in with_mean if isinstance(layer, nn.QCFS)],
            means.astype(np.float32),
        )
        and means.any()
    )


def test_theorem_the_number_of_threads_changes_no_bit():
    ann, x = trained(nn.QCFS), patterns(150, seed=5)[0]
    one, two = (convert.residual_error(ann, x, 3, threads=threads) for threads in (1, 2))
    assert one[0].tobytes() == two[0].tobytes() and one[1].tobytes() == two[1].tobytes()
    states = [
        state(trained(nn.NoisyQCFS, after_epoch=convert.ResidualNoise(x, threads=threads)))
        for threads in (1, 2)
    ]
    assert states[0] == states[1]


def test_a_quantised_network_converts_with_its_thresholds_and_without_its_noise():
    """Weights are divided by the trained thresholds; scaling rules and calibration images change
    nothing.
    """
    ann = trained(nn.NoisyQCFS, norm=False)
    x = patterns(50, seed=3)[0]
    net = convert.to_spiking(ann, calibration_data=x)
    first, second = ann[1].v_threshold[0], ann[5].v_threshold[0]
    assert first != second
    assert np.array_equal(net[0].weight, ann[0].weight / first)
    assert np.array_equal(net[4].weight, ann[4].weight * first / second)
    assert np.array_equal(net[8].weight, ann[8].weight * ann[7].v_threshold[0])
    other = convert.to_spiking(ann, calibration_data=x[:2], scaling=convert.Max())
    assert state(other) == state(net)
    with pytest.raises(ValueError, match="adjust needs ReLU"):
        convert.to_spiking(ann, calibration_data=x, adjust=convert.WeightNorm(4))


RELU = nn.Sequential([nn.Dense(4, 3, rng=np.random.default_rng(0)), nn.ReLU()])


@pytest.mark.parametrize(
    "call, error, says",
    [
        (lambda ann, x: convert.residual_error(RELU, np.ones((2, 4)), 4), TypeError, "ann must be"),
        (lambda ann, x: convert.residual_error(ann, x, 0), ValueError, "T must be at least 1"),
        (lambda ann, x: convert.residual_error(ann, x[:, :5], 4), ValueError, "images of shape"),
        (lambda ann, x: convert.ResidualNoise(np.ones(3, int)), TypeError, "x_val must hold"),
        (lambda ann, x: convert.ResidualNoise(x, T=2.5), TypeError, "T must be a whole number"),
        (
            lambda ann, x: convert.ResidualNoise(x)(ann, 1),
            TypeError,
            "needs nn.NoisyQCFS activations",
        ),
        (
            lambda ann, x: convert.residual_error(nn.Sequential([*ann, nn.ReLU()]), x, 4),
            TypeError,
            "All activations",
        ),
        (
            lambda ann, x: convert.ResidualNoise(x)(nn.Sequential([*ann, nn.ReLU()]), 1),
            TypeError,
            "not QCFS",
        ),
    ],
)
def test_bad_input_gets_one_clear_sentence(call, error, says):
    with pytest.raises(error, match=says) as raised:
        call(trained(nn.QCFS, epochs=1), patterns(20)[0])
    assert "\n" not in str(raised.value)
