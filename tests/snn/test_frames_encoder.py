"""Sequences of frames as input: each step sees its own frame, in training, prediction and
simulation alike.
"""

import tracemalloc

import numpy as np
import pytest

from refsnn import nn, snn
from tests.oracles import caught
from tests.strategies import on_grid

T = 4
FRAMES = snn.Frames()


def network(surrogate=None, rng=None):
    rng = rng or np.random.default_rng(0)
    return nn.Sequential(
        [
            nn.Conv2d(2, 6, 3, padding=1, rng=rng),
            nn.BatchNorm(6),
            snn.LIF(0.5, v_threshold=0.5, surrogate=surrogate),
            nn.AvgPool2d(2),
            nn.Flatten(),
            nn.Dense(96, 10, rng=rng),
        ],
        input_shape=(8, 8, 2),
    )


def sequences(n=40, steps=T, seed=1):
    return np.random.default_rng(seed).random((n, steps, 8, 8, 2)).astype(np.float32)


def moving(n, rng):
    """A bar that goes left or right: no single frame tells which, and both pass the same places."""
    x, y = np.zeros((n, T, 8, 8, 2), np.float32), rng.integers(0, 2, n)
    for i, row in enumerate(rng.integers(0, 7, n)):
        for t in range(T):
            x[i, t, row : row + 2, 2 * (t if y[i] else T - 1 - t), 0] = 1
    return x, y


def test_each_step_sees_its_own_frame():
    """A prediction is that of the layers called with the frames, time first; frames in another
    order are caught.
    """
    net, x = network(), sequences()
    outputs, _ = net.forward(x.swapaxes(0, 1).reshape(-1, 8, 8, 2), nn.Run(T=T))
    expected = outputs.reshape(T, len(x), 10).mean(axis=0)

    def statement(x):
        # Another order of sums.
        assert np.allclose(net.predict(x, T=T, encoder=FRAMES), expected, rtol=0, atol=1e-5)

    statement(x)
    caught(statement, x[:, ::-1])


def test_a_sequence_that_stands_still_is_an_image():
    """Equal frames give what the image gives in each step, up to the order of sums."""
    net, x = network(), sequences(steps=1)
    repeated = x.repeat(T, axis=1)
    assert np.allclose(
        net.predict(repeated, T=T, encoder=FRAMES), net.predict(x[:, 0], T=T), rtol=0, atol=1e-5
    )


@pytest.mark.parametrize("engine", ["auto", "slab", "event"])
def test_simulation_is_the_stepped_one(engine):
    """On weights and frames whose sums are exact: the same bits by every engine, in slabs of any
    size and threads.
    """
    rng = np.random.default_rng(2)
    net = nn.Sequential(
        [nn.Flatten(), nn.Dense(128, 20, rng=rng), snn.LIF(0.5), nn.Dense(20, 10, rng=rng)]
    )
    for layer in (net[1], net[3]):
        layer.weight[...] = on_grid(rng, layer.weight.shape)
    x = on_grid(rng, (70, 40, 8, 8, 2), high=2, grid=4)
    record = snn.simulate(net, x, 40, encoder=FRAMES, engine=engine, watch={2: [0, 3]})
    assert record.scores.tobytes() == snn.simulate_reference(net, x, 40, encoder=FRAMES).tobytes()
    again = snn.simulate(net, x, 40, encoder=FRAMES, engine=engine, threads=1)
    assert record.scores.tobytes() == again.scores.tobytes()
    assert np.allclose(record.scores[-1], net.predict(x, T=40, encoder=FRAMES), rtol=0, atol=1e-5)
    assert record.spikes[2].shape == (40, 70, 2) and 0 < record.spikes[2].mean() < 1


def trained(threads=1, encoder=FRAMES, epochs=8):
    rng = np.random.default_rng(0)
    x, y = moving(200, rng)
    net = network(snn.Rectangular(0.5), rng)
    history = nn.fit(
        net,
        x,
        y,
        epochs=epochs,
        batch_size=20,
        rng=rng,
        T=T,
        encoder=encoder,
        threads=threads,
        optimiser=nn.SGD(0.1),
        validation=(x[:30], y[:30]),
        progress=False,
    )
    return net, history


def test_a_network_learns_which_way_something_moves():
    """Both ways light the same pixels, so whoever adds up the frames guesses: at most 60 % of 200,
    5 standard errors above a half being 68 %. The network sees the order and is right on nine in
    ten that it has not seen.
    """
    net, history = trained()
    x, y = moving(200, np.random.default_rng(5))

    def statement(x):
        assert net.accuracy(x, y, T=T, encoder=FRAMES) > 0.9

    statement(x)
    caught(statement, np.broadcast_to(x.mean(axis=1, keepdims=True), x.shape))
    caught(statement, x[:, ::-1])
    assert history.validation_accuracy[-1] > 0.9 and net.input_shape == (8, 8, 2)


def test_training_has_the_same_bits_for_any_number_of_threads():
    one, two = (trained(threads=threads, epochs=1)[0] for threads in (1, 2))
    assert all(
        array.tobytes() == other.tobytes()
        for a, b in zip(one, two, strict=True)
        for array, other in zip(a.params.values(), b.params.values(), strict=True)
    )


def test_frames_are_a_view_and_prediction_copies_a_slab_at_a_time():
    """The sequence that the layers read shares the memory of x, and a prediction takes less than x
    does.
    """
    net, x = network(), sequences(n=2000)
    assert np.shares_memory(FRAMES.sequence(x, T, None), x)
    net.predict(x[:40], T=T, encoder=FRAMES)
    tracemalloc.start()
    net.predict(x, T=T, encoder=FRAMES, threads=1)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < x.nbytes / 2


@pytest.mark.parametrize(
    "call",
    [
        lambda net, x: net.predict(x, T=3, encoder=FRAMES),
        lambda net, x: net.accuracy(x, np.zeros(len(x), int), T=3, encoder=FRAMES),
        lambda net, x: snn.simulate(net, x, 3, encoder=FRAMES),
        lambda net, x: snn.simulate_reference(net, x, 3, encoder=FRAMES),
        lambda net, x: FRAMES.spikes(x, 3),
        lambda net, x: nn.fit(
            net, x, np.zeros(len(x), int), T=3, encoder=FRAMES, rng=np.random.default_rng(0)
        ),
    ],
    ids=["predict", "accuracy", "simulate", "simulate_reference", "spikes", "fit"],
)
def test_another_number_of_frames_than_T_gets_one_sentence(call):
    with pytest.raises(ValueError, match=r"^x must hold T = 3 frames each, \(N, T, ...\), not 4.$"):
        call(network(snn.Rectangular(0.5)), sequences())
