"""What a simulation reports agrees with what its neurons did."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from refsnn import nn, snn
from refsnn.nn.layer import Run
from tests.oracles import caught
from tests.strategies import grid_images, grid_network


@pytest.fixture
def net():
    return grid_network(np.random.default_rng(0))


@pytest.fixture
def x():
    return grid_images(np.random.default_rng(1), 70, (8, 8, 1))


def simulated(net, x, T=12, **settings):
    return snn.simulate(net, x, T, encoder=snn.Poisson(), rng=np.random.default_rng(2), **settings)


def test_scores_accuracy_and_predictions_after_every_step(net, x):
    record = simulated(net, x)
    y = np.arange(70) % 5
    assert record.scores.shape == (12, 70, 5) and record.scores.dtype == np.float32
    assert np.array_equal(record.predictions(), record.scores.argmax(axis=2))
    assert record.accuracy(y).shape == (12,)
    assert np.array_equal(record.accuracy(y), (record.predictions() == y).mean(axis=1))
    assert np.array_equal(record.accuracy(record.predictions()[-1])[-1:], [1.0])


def test_counts_and_rates_are_those_of_the_spikes(net, x):
    record = simulated(net, x, watch={1: np.arange(64), 5: range(12)})
    assert list(record.spike_counts) == [1, 5] and record.neurons == {1: 64, 5: 12}
    for i in (1, 5):
        assert record.spike_counts[i].dtype == np.int32 and set(np.unique(record.spikes[i])) <= {
            0,
            1,
        }
        assert np.array_equal(record.spike_counts[i], record.spikes[i].sum(axis=2))
    rates = [record.spikes[i].mean(dtype=np.float64) for i in (1, 5)]
    # The same sums of whole numbers, divided twice.
    assert record.spike_rates() == pytest.approx(rates, rel=1e-12)
    assert 0.05 < rates[0] < 0.95  # there is something to count


def test_watched_neurons_are_those_that_were_asked_for(net, x):
    """Any subset in any order, beside a layer that nobody watches; watching changes nothing."""
    everything, nothing = simulated(net, x, watch={1: np.arange(64)}), simulated(net, x)
    chosen = [17, 3, 63, 3]
    record = simulated(net, x, watch={1: chosen})
    assert np.array_equal(record.spikes[1], everything.spikes[1][..., chosen])
    assert np.array_equal(record.v[1], everything.v[1][..., chosen])
    assert np.array_equal(simulated(net, x, watch={1: 5}).v[1], everything.v[1][..., [5]])
    assert nothing.spikes == nothing.v == {} and list(record.v) == [1]
    assert nothing.scores.tobytes() == record.scores.tobytes() == everything.scores.tobytes()


@pytest.mark.parametrize("reset", ["subtract", "zero"])
@pytest.mark.parametrize("beta", [1.0, 0.5])
def test_watched_potentials_are_after_the_reset(x, beta, reset):
    """Recomputed from the input current of the first neuron layer, neuron by neuron, by the
    equation.
    """
    net, T = grid_network(np.random.default_rng(3), beta, reset), 5
    record = simulated(net, x[:4], T, watch={1: np.arange(64)})
    spikes = snn.Poisson().spikes(x[:4], T, np.random.default_rng(2)).astype(np.float32)
    current = net[0].forward(spikes.reshape(-1, 8, 8, 1))[0].reshape(T, 4, 64)
    theta, v = (
        np.broadcast_to(array, (4, 4, 4)).reshape(-1)
        for array in (net[1].v_threshold, net[1].v_init)
    )
    for t in range(T):
        u = np.float32(beta) * v + current[t]
        fired = u >= theta
        v = np.where(fired, u - theta if reset == "subtract" else np.float32(-0.125), u)
        assert np.array_equal(record.spikes[1][t], fired) and np.array_equal(record.v[1][t], v)


@given(seed=st.integers(0, 2**32 - 1), T=st.integers(1, 20))
def test_theorem_the_free_potential_is_recovered_by_charge(seed, T):
    """V_t = v_t + v_threshold N_t = v_init + sum of the inputs, exactly on a grid, for any
    thresholds.
    """
    rng = np.random.default_rng(seed)
    net = grid_network(rng)
    x = grid_images(rng, 3, net.input_shape)
    record = simulated(net, x, T, watch={1: np.arange(64)})
    spikes = snn.Poisson().spikes(x, T, np.random.default_rng(2)).astype(np.float32)
    current = net[0].forward(spikes.reshape(-1, 8, 8, 1))[0].reshape(T, 3, 64)
    v_init = np.broadcast_to(net[1].v_init, (4, 4, 4)).reshape(-1)

    def statement(v):
        assert v.shape == (T, 3, 64) and v.dtype == np.float64
        assert np.array_equal(v, v_init + np.cumsum(current, axis=0, dtype=np.float64))

    statement(record.free_potential(1))
    if record.spikes[1].any():
        caught(statement, record.v[1].astype(np.float64))


@pytest.mark.parametrize("beta, reset", [(0.5, "subtract"), (1.0, "zero")])
def test_counterexample_lost_charge_is_not_recovered(x, beta, reset):
    """With leak, or reset to zero, there is no free potential to be had: a sentence, not a wrong
    number.
    """
    record = simulated(grid_network(np.random.default_rng(0), beta, reset), x, watch={1: [0]})
    with pytest.raises(ValueError, match="Layer 1 .* leaks or resets to zero"):
        record.free_potential(1)
    with pytest.raises(ValueError, match="Layer 5 was not watched"):
        record.free_potential(5)


def test_accumulating_readout_is_the_mean_output_current(net, x):
    """Scores are the mean over steps of weight' spikes + bias of the last hidden layer, exactly on
    a grid.
    """
    record = simulated(net, x, watch={5: np.arange(12)})
    current = record.spikes[5] @ net[6].weight + net[6].bias
    mean = np.cumsum(current, axis=0, dtype=np.float64) / np.arange(1, 13)[:, None, None]
    assert np.array_equal(record.scores, mean.astype(np.float32))


def test_spiking_readout_is_the_rate_of_the_output_neurons(net, x):
    """A network that ends in neurons is read out by their spikes."""
    net = nn.Sequential([*net.layers, snn.IF(v_threshold=0.5)], input_shape=net.input_shape)
    record = simulated(net, x, watch={7: np.arange(5)})
    rates = np.cumsum(record.spikes[7], axis=0, dtype=np.float64) / np.arange(1, 13)[:, None, None]
    assert (
        np.array_equal(record.scores, rates.astype(np.float32)) and 0.05 < rates[-1].mean() < 0.95
    )


def test_layers_that_do_nothing_in_a_simulation(x):
    """Dropout and batch norm between spikes work as outside training."""
    rng = np.random.default_rng(4)
    norm = nn.BatchNorm(4)
    norm.running_mean = rng.random(4).astype(np.float32)
    conv = nn.Conv2d(1, 4, 3, rng=rng)
    net = nn.Sequential(
        [conv, norm, snn.IF(), nn.Dropout(0.9), nn.Flatten(), nn.Dense(144, 3, rng=rng)]
    )
    record = snn.simulate(net, x, 6)
    assert np.array_equal(record.scores, snn.simulate(net, x, 6).scores)
    current = norm.forward(conv.forward(x)[0], Run())[0]
    assert np.array_equal(record.spike_counts[2][0], (current >= 1).sum(axis=(1, 2, 3)))
