"""One spiking network, four ways through it: layer by layer, step by step, by slabs, by events."""

import threading
import tracemalloc
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from refsnn import nn, snn
from refsnn.kernels import sparse_sum
from refsnn.snn import engine
from tests.oracles import caught
from tests.strategies import grid_images, grid_network

ENCODERS = {
    "direct": snn.Direct(),
    "Bernoulli": snn.Poisson(max_rate=1.0),
    "Bernoulli at half the rate": snn.Poisson(max_rate=0.5),
    "Poisson counts": snn.Poisson(max_rate=1.0, process="poisson"),
    "Poisson counts at twice the rate": snn.Poisson(max_rate=2.0, process="poisson"),
}
encoders = pytest.mark.parametrize("encoder", ENCODERS.values(), ids=ENCODERS.keys())


def key():
    return np.random.default_rng(11)


def layer_by_layer(net, x, T, encoder, rng):
    """The scores by passing all time steps through one layer after the other, arrays (T * N,
    ...).
    """
    inputs = encoder.spikes(x, T, rng) * np.float32(encoder.amplitude)
    outputs, _ = net.forward(inputs.reshape(-1, *x.shape[1:]).astype(np.float32), nn.Run(T=T))
    outputs = outputs.reshape(T, len(x), -1).astype(np.float64)
    return (np.cumsum(outputs, axis=0) / np.arange(1, T + 1)[:, None, None]).astype(np.float32)


def everything(net, x, T, **settings):
    """A record that watches every neuron."""
    shapes = net.shapes(np.shape(x)[1:])
    watch = {
        i: np.arange(np.prod(shapes[i]))
        for i, layer in enumerate(net)
        if isinstance(layer, snn.LIF)
    }
    return snn.simulate(net, x, T, rng=key(), watch=watch, **settings)


def same_record(one, two):
    """The same bits of scores, spike counts, spikes and potentials."""
    assert one.scores.tobytes() == two.scores.tobytes() and one.scores.shape == two.scores.shape
    for first, second in (
        (one.spike_counts, two.spike_counts),
        (one.spikes, two.spikes),
        (one.v, two.v),
    ):
        assert first.keys() == second.keys() and len(first)
        assert all(np.array_equal(first[i], second[i]) for i in first)


@encoders
@given(
    seed=st.integers(0, 2**32 - 1),
    T=st.integers(1, 12),
    n=st.integers(1, 5),
    beta=st.sampled_from([1.0, 0.5]),
    reset=st.sampled_from(["subtract", "zero"]),
    dense_only=st.booleans(),
)
def test_theorem_all_paths_give_the_same_bits_where_sums_are_exact(
    encoder, seed, T, n, beta, reset, dense_only
):
    """Weights on a 1/256 grid. With leak 5 steps, so that float32 stays exact
    (`strategies.grid_network`).
    """
    rng, T = np.random.default_rng(seed), min(T, 5) if beta != 1 else T
    net = grid_network(rng, beta, reset, dense_only)
    x = grid_images(rng, n, net.input_shape)
    slab, events, auto = (
        everything(net, x, T, encoder=encoder, engine=path) for path in ("slab", "event", "auto")
    )
    same_record(slab, events)
    same_record(slab, auto)
    assert layer_by_layer(net, x, T, encoder, key()).tobytes() == slab.scores.tobytes()
    assert (
        snn.simulate_reference(net, x, T, encoder=encoder, rng=key()).tobytes()
        == slab.scores.tobytes()
    )


def test_counterexample_a_neuron_that_fires_only_above_its_threshold_is_caught():
    """The four paths are compared at inputs that meet thresholds exactly: one unit of float32
    higher, they differ.
    """
    rng = np.random.default_rng(0)
    net = grid_network(rng)
    x = grid_images(rng, 40, net.input_shape)
    raised = grid_network(np.random.default_rng(0))
    for layer in raised:
        if isinstance(layer, snn.LIF):
            layer.v_threshold = np.nextafter(layer.v_threshold, np.float32(2))
    caught(same_record, everything(net, x, 12), everything(raised, x, 12))


def test_the_event_engine_adds_rows_and_the_slab_engine_multiplies(monkeypatch):
    """Each path is really taken; "auto" goes by the input rate that conversion stored, and by the
    length of rows.
    """
    calls, kernel = Counter(), sparse_sum.event_sum
    monkeypatch.setattr(
        sparse_sum, "event_sum", lambda *arguments: (calls.update(event=1), kernel(*arguments))
    )
    rng = np.random.default_rng(0)
    net = grid_network(rng)
    x = grid_images(rng, 3, net.input_shape)

    def events(path, rate=None):
        calls.clear()
        net[-1].input_rate = rate
        snn.simulate(net, x, 4, engine=path)
        return calls["event"] > 0

    assert (
        events("event")
        and not events("slab")
        and not events("auto")
        and not events("auto", rate=0.01)
    )
    monkeypatch.setattr(engine, "EVENT_OUTPUTS", 1)
    assert (
        events("auto", rate=0.01) and not events("auto", rate=0.9) and not events("slab", rate=0.01)
    )
    # A first layer is fed at max_rate times the mean pixel.
    net = grid_network(rng, dense_only=True)
    x, net[0].input_rate = grid_images(rng, 3, net.input_shape), 0.5
    for max_rate, sparse in ((0.125, True), (1.0, False)):
        calls.clear()
        snn.simulate(net, x, 4, encoder=snn.Poisson(max_rate), rng=key())
        assert (calls["event"] > 0) == sparse


def share_of_other_spikes(one, two):
    differ = sum(np.sum(one.spikes[i] != two.spikes[i]) for i in one.spikes)
    return differ / sum(spikes.size for spikes in one.spikes.values())


def gaussian_network(rng):
    """Weights that are on no grid; He's initial ones, so that most neurons fire now and then."""
    return nn.Sequential(
        [
            nn.Conv2d(1, 8, 3, padding=1, rng=rng),
            snn.IF(v_init=0.5),
            nn.AvgPool2d(2),
            nn.Flatten(),
            nn.Dense(128, 64, rng=rng),
            snn.IF(v_init=0.5),
            nn.Dense(64, 10, rng=rng),
        ],
        input_shape=(8, 8, 1),
    )


@encoders
def test_on_other_weights_few_spikes_differ_between_paths(encoder):
    """Matrix products and row sums order their terms differently, so currents differ in their last
    bits, and a spike differs where a potential lies that close to its threshold.

    A current of 128 terms of size 1/8 is off by at most 128 * 128 / 8 * 2**-24 = 1.2e-4 and
    typically by sqrt(128) / 8
    * 2**-24 * 8 = 7e-7; over 32 steps 32 of them add up to 2e-5. Potentials are spread over a unit,
      so fewer than 4e-5 of the spikes move by a step, which counts twice, and each moves at most a
      few of 64 neurons in the next layer. A share of 1e-3 leaves room; a weight changed by a
      thousandth is seen.
    """
    rng = np.random.default_rng(3)
    net, x = gaussian_network(rng), rng.random((20, 8, 8, 1), np.float32)
    slab, events = (
        everything(net, x, 32, encoder=encoder, engine=path) for path in ("slab", "event")
    )

    def statement(one, two):
        assert share_of_other_spikes(one, two) < 1e-3

    statement(slab, events)
    # There are spikes to compare.
    assert np.mean(slab.spikes[1]) > 0.02 and np.mean(slab.spikes[5]) > 0.02
    net[0].weight *= np.float32(1.001)
    caught(statement, slab, everything(net, x, 32, encoder=encoder))


@encoders
@pytest.mark.parametrize("floats", [1, 300, 5_000])
def test_theorem_slabs_and_blocks_of_any_size_give_the_same_bits(encoder, floats, monkeypatch):
    """From one image and one step at a time on; potentials are carried from block to block."""
    rng = np.random.default_rng(4)
    net = grid_network(rng)
    x = grid_images(rng, 70, net.input_shape)
    whole = everything(net, x, 20, encoder=encoder)
    monkeypatch.setattr(engine, "BLOCK_NUMBERS", floats)
    same_record(whole, everything(net, x, 20, encoder=encoder))


@pytest.mark.parametrize("grid", [True, False])
def test_theorem_the_number_of_threads_changes_no_bit(grid):
    """Slabs do not depend on it, on any weights."""
    rng = np.random.default_rng(5)
    net = grid_network(rng) if grid else gaussian_network(rng)
    x = rng.random((200, 8, 8, 1), np.float32)
    one, two, three = (
        everything(net, x, 16, encoder=snn.Poisson(), threads=threads) for threads in (1, 2, 3)
    )
    same_record(one, two)
    same_record(one, three)


def test_theorem_two_simulations_at_once_give_the_bits_of_one():
    """Two Python threads, each with threads of its own; BLAS is held to one thread until the last
    of them is done.
    """
    rng = np.random.default_rng(6)
    net = gaussian_network(rng)
    x = rng.random((150, 8, 8, 1), np.float32)
    alone, found = everything(net, x, 16, encoder=snn.Poisson()), [None, None]

    def work(k):
        for _ in range(3):
            found[k] = everything(net, x, 16, encoder=snn.Poisson())

    threads = [threading.Thread(target=work, args=(k,)) for k in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for record in found:
        same_record(alone, record)


@encoders
@pytest.mark.parametrize("T", [1, 9])
def test_images_in_any_order_of_memory_give_the_same_bits(encoder, T):
    rng = np.random.default_rng(10)
    net, x = gaussian_network(rng), rng.random((7, 8, 8, 1), np.float32)
    record = everything(net, x, T, encoder=encoder)
    for crooked in (
        np.asfortranarray(x),
        np.repeat(x, 2, axis=0)[::2],
        x[::-1][::-1],
        x.astype(np.float64),
    ):
        same_record(record, everything(net, crooked, T, encoder=encoder))


@encoders
@pytest.mark.parametrize("size", [1, 2, 5, 11, 12])
def test_theorem_a_subset_in_any_order_sees_the_same_spikes(encoder, size):
    """Images numbered by `index` give the columns of the whole; numbered anew, random input gives
    others.
    """
    rng = np.random.default_rng(7)
    net = grid_network(rng)
    x = grid_images(rng, 12, net.input_shape)
    index = rng.permutation(12)[:size]
    whole, part = (
        everything(net, x, 8, encoder=encoder),
        everything(net, x[index], 8, encoder=encoder, index=index),
    )

    def statement(part):
        assert np.array_equal(part.scores, whole.scores[:, index])
        for i in whole.spikes:
            assert np.array_equal(part.spikes[i], whole.spikes[i][:, index])
            assert np.array_equal(part.spike_counts[i], whole.spike_counts[i][:, index])
        assert np.array_equal(
            snn.simulate_reference(net, x[index], 8, encoder=encoder, rng=key(), index=index),
            part.scores,
        )

    statement(part)
    if encoder != snn.Direct():
        caught(statement, everything(net, x[index], 8, encoder=encoder, index=index + 12))


@encoders
@pytest.mark.parametrize("grid", [True, False])
def test_theorem_fewer_steps_are_the_beginning_of_more(encoder, grid):
    """T = 8 is the first half of T = 16: on any weights here, since slabs hold the same images."""
    rng = np.random.default_rng(8)
    net = grid_network(rng) if grid else gaussian_network(rng)
    x = grid_images(rng, 40, (8, 8, 1))
    short, long = everything(net, x, 8, encoder=encoder), everything(net, x, 16, encoder=encoder)
    if grid:
        assert np.array_equal(short.scores, long.scores[:8])
        for i in short.spikes:
            assert np.array_equal(short.spikes[i], long.spikes[i][:8]) and np.array_equal(
                short.v[i], long.v[i][:8]
            )
    # blocks of other heights may order the sums of a matrix product differently: as between paths
    else:
        assert (
            np.mean([np.mean(short.spikes[i] != long.spikes[i][:8]) for i in short.spikes]) < 1e-3
        )


@encoders
def test_theorem_the_encoder_returns_what_the_simulation_uses(encoder):
    """The free potential of neurons that each see one pixel is the sum of the encoder's spikes,
    exactly on a grid.
    """
    rng = np.random.default_rng(9)
    x = grid_images(rng, 30, (16,))
    dense = nn.Dense(16, 16, bias=False, rng=rng)
    dense.weight = np.eye(16, dtype=np.float32)
    record = snn.simulate(
        nn.Sequential([dense, snn.IF()]),
        x,
        12,
        encoder=encoder,
        rng=key(),
        watch={1: np.arange(16)},
    )

    def statement(spikes):
        assert np.array_equal(
            record.free_potential(1), np.cumsum(spikes * encoder.amplitude, axis=0)
        )

    statement(encoder.spikes(x, 12, key()))
    if encoder != snn.Direct():
        caught(statement, encoder.spikes(x, 12, np.random.default_rng(12)))


def test_one_image_and_other_types_and_layouts_give_the_same_record():
    rng = np.random.default_rng(10)
    net = grid_network(rng)
    x = grid_images(rng, 9, net.input_shape)
    for encoder in (snn.Direct(), snn.Poisson()):
        whole = everything(net, x, 8, encoder=encoder)
        for other in (
            x.astype(np.float64),
            np.asfortranarray(x),
            np.repeat(x, 2, axis=0)[::2],
            x.tolist(),
            np.ascontiguousarray(x[..., 0].swapaxes(1, 2)).swapaxes(1, 2)[..., None],
        ):
            same_record(whole, everything(net, other, 8, encoder=encoder))
        assert np.array_equal(
            everything(net, x[4:5], 8, encoder=encoder, index=[4]).scores, whole.scores[:, 4:5]
        )


def test_a_simulation_writes_nothing():
    rng = np.random.default_rng(13)
    net = grid_network(rng)
    x = grid_images(rng, 9, net.input_shape)
    held = [
        x,
        *(array for layer in net for array in layer.params.values()),
        *(getattr(net[i], name) for i in (1, 5) for name in ("v_threshold", "v_init")),
    ]
    before = [array.copy() for array in held]
    everything(net, x, 8, encoder=snn.Poisson())
    snn.simulate_reference(net, x, 8)
    assert all(np.array_equal(one, two) for one, two in zip(held, before, strict=True))


def test_a_simulation_draws_one_number_from_the_callers_generator():
    """So that what follows in a program does not depend on T, N or the network."""
    rng = np.random.default_rng(14)
    net = grid_network(rng)
    x = grid_images(rng, 9, net.input_shape)
    after = []
    for T, n in ((1, 1), (9, 9)):
        generator = key()
        snn.simulate(net, x[:n], T, encoder=snn.Poisson(), rng=generator)
        after.append(generator.random())
    once = key()
    once.integers(2**64, dtype=np.uint64)
    assert after == [once.random()] * 2


def peak(net, x, T):
    """Bytes that a simulation held at most beyond the record it returned."""
    tracemalloc.start()
    record = snn.simulate(net, x, T, encoder=snn.Poisson(), rng=key(), threads=2)
    highest = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return (
        highest
        - record.scores.nbytes
        - sum(counts.nbytes for counts in record.spike_counts.values())
    )


def test_law_memory_beyond_the_record_depends_neither_on_steps_nor_on_images(monkeypatch):
    """T = 4096 steps of 100 images of 64 pixels: 26 million input spikes, 105 MB as float32.

    A block's widest layer holds BLOCK_NUMBERS = 2**14 numbers here, 64 KB. Each of the 2 threads
    holds input, currents, spikes and outputs of a block, in float32 and partly in float64: some 10
    arrays of at most 128 KB, 2.5 MB in all. Without blocks it is more than forty times that.
    """
    rng = np.random.default_rng(15)
    net = nn.Sequential(
        [nn.Dense(64, 32, rng=rng), snn.IF(), nn.Dense(32, 4, rng=rng)], input_shape=(64,)
    )
    x = rng.random((100, 64), np.float32)
    # What is built on first use is not counted.
    snn.simulate(net, x[:1], 2, encoder=snn.Poisson(), rng=key())

    def statement(floats):
        monkeypatch.setattr(engine, "BLOCK_NUMBERS", floats)
        assert peak(net, x, 4096) < 2.5 * 2**20

    statement(2**14)
    caught(statement, 2**40)
    monkeypatch.setattr(engine, "BLOCK_NUMBERS", 2**14)
    assert peak(net, np.repeat(x, 4, axis=0), 128) < 2.5 * 2**20
