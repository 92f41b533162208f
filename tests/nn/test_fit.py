"""Training: what it returns, what it leaves alone, and that the same seed gives the same bits."""

import sys
import threading

import numpy as np
import pytest

from refsnn import nn
from tests.oracles import caught


def data(n=150, seed=0):
    """Two features of noise around one of three corners: easily learned."""
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 3, n)
    corners = np.array([[0, 0], [1, 0], [0, 1]], np.float32)
    return corners[y] + rng.normal(0, 0.05, (n, 2)).astype(np.float32), y


def network(seed=0, norm=False, dropout=False):
    rng = np.random.default_rng(seed)
    return nn.Sequential(
        [
            nn.Dense(2, 16, rng=rng),
            *([nn.BatchNorm(16)] if norm else []),
            nn.ReLU(),
            *([nn.Dropout(0.2)] if dropout else []),
            nn.Dense(16, 3, rng=rng),
        ]
    )


def state(net):
    """All bits of a network."""
    return [
        array.tobytes() for layer in net for array in {**layer.params, **layer.buffers}.values()
    ]


def trained(seed=1, threads=None, validation=None, optimiser=nn.SGD(), **kind):
    net, (x, y) = network(**kind), data()
    history = nn.fit(
        net,
        x,
        y,
        epochs=3,
        batch_size=64,
        rng=np.random.default_rng(seed),
        optimiser=optimiser,
        validation=validation,
        progress=False,
        threads=threads,
    )
    return net, history


@pytest.mark.parametrize(
    "optimiser",
    [nn.SGD(0.1), nn.Adam(0.01), nn.SGD(0.1, cosine=False, weight_decay=1e-4)],
    ids=["SGD", "Adam", "SGD, constant rate and decay"],
)
def test_training_learns_what_can_be_learned(optimiser):
    """Clusters twenty standard deviations of their noise apart (0.05 against 1) are told apart
    without a mistake; an untrained network, or one whose weights go the wrong way, does not.
    """
    x, y = data(600)
    x_new, y_new = data(300, seed=1)
    net = network()
    history = nn.fit(
        net,
        x,
        y,
        epochs=10,
        batch_size=32,
        rng=np.random.default_rng(0),
        optimiser=optimiser,
        progress=False,
    )

    def statement(net):
        assert net.accuracy(x_new, y_new) == 1

    statement(net)
    caught(statement, network())
    assert history.loss[-1] < history.loss[0] / 2 and history.accuracy[-1] > history.accuracy[0]


def test_history_has_one_number_an_epoch():
    _, history = trained()
    assert history.loss.shape == history.accuracy.shape == (3,)
    assert history.validation_loss.shape == history.validation_accuracy.shape == (0,)
    assert np.all(history.loss > 0) and np.all((history.accuracy >= 0) & (history.accuracy <= 1))
    net, history = trained(validation=data(40, seed=5))
    assert history.validation_loss.shape == history.validation_accuracy.shape == (3,)
    x_val, y_val = data(40, seed=5)
    assert history.validation_accuracy[-1] == net.accuracy(x_val, y_val)
    assert history.validation_loss[-1] == nn.cross_entropy(net.predict(x_val), y_val)[0]


def test_first_epoch_of_one_batch_reports_the_untrained_loss():
    """Loss and accuracy are taken before the step: one batch of all images gives those of the
    initial network.
    """
    net, (x, y) = network(), data()
    loss, accuracy = nn.cross_entropy(net.predict(x), y)[0], net.accuracy(x, y)
    history = nn.fit(
        net, x, y, epochs=1, batch_size=len(x), rng=np.random.default_rng(0), progress=False
    )
    # the loss is added up over slabs of 32 images: 5 roundings in float64, and slabs' means of
    # float32 numbers below 2
    assert abs(history.loss[0] - loss) < 1e-6 and history.accuracy[0] == accuracy


@pytest.mark.parametrize("kind", [{}, {"norm": True}, {"dropout": True}], ids=str)
def test_theorem_same_seed_same_bits_for_any_number_of_threads(kind):
    net, history = trained(threads=1, **kind)
    for threads in (1, 2, 3):
        again, other = trained(threads=threads, **kind)
        assert state(again) == state(net) and np.array_equal(other.loss, history.loss)
    assert state(trained(seed=2, **kind)[0]) != state(net)


def test_validation_data_are_never_trained_on():
    """The trained network has the same bits whatever the validation data say, or without any."""
    x_val, y_val = data(50, seed=3)
    assert state(trained(validation=(x_val, y_val), norm=True)[0]) == state(trained(norm=True)[0])
    assert state(trained(validation=(x_val * 100, (y_val + 1) % 3), norm=True)[0]) == state(
        trained(norm=True)[0]
    )


def test_training_leaves_the_images_alone():
    x, y = data()
    before = x.copy(), y.copy()
    nn.fit(network(norm=True), x, y, epochs=1, rng=np.random.default_rng(0), progress=False)
    assert np.array_equal(x, before[0]) and np.array_equal(y, before[1])


def test_training_commits_the_running_statistics():
    """One epoch of one batch: r = 0.9 * 0 + 0.1 * mean of the layer's input. Means of 150 float32
    numbers below 4, whose own rounding is 2**-22: 1e-6.
    """
    net, (x, y) = network(norm=True), data()
    mean = net[0].forward(x)[0].mean(axis=0, dtype=np.float64)
    nn.fit(net, x, y, epochs=1, batch_size=150, rng=np.random.default_rng(0), progress=False)

    def statement(share):
        assert np.allclose(net[1].running_mean, share * mean, rtol=0, atol=1e-6)

    statement(0.1)
    caught(statement, 0.9)


def test_weights_that_lie_transposed_in_memory_are_trained():
    """A weight set as a transposed view, as one takes it over from a library that keeps (out, in),
    moves as its copy in C order does, bit for bit.
    """
    results = []
    for transposed in (False, True):
        net, (x, y) = network(), data()
        weight = net[0].weight.copy()
        net[0].weight = weight.T.copy().T if transposed else weight
        before = net[0].weight.copy()
        nn.fit(net, x, y, epochs=1, rng=np.random.default_rng(0), progress=False)
        assert not np.array_equal(net[0].weight, before)
        results.append(net[2].weight.tobytes() + np.ascontiguousarray(net[0].weight).tobytes())
    assert results[0] == results[1]


def test_float64_images_are_cast():
    x, y = data()
    nets = [network(), network()]
    for net, images in zip(nets, (x, x.astype(np.float64)), strict=True):
        nn.fit(net, images, y, epochs=1, rng=np.random.default_rng(0), progress=False)
    assert state(nets[0]) == state(nets[1])


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("poison", [np.nan, np.inf])
def test_a_loss_that_is_no_number_ends_in_one_sentence(threads, poison):
    """No warnings before it (they are errors in these tests); epoch, step and learning rate are
    named.
    """
    net, (x, y) = network(norm=True), data()
    net[0].weight[0, 0] = poison
    with pytest.raises(FloatingPointError) as caught_error:
        nn.fit(net, x, y, rng=np.random.default_rng(0), progress=False, threads=threads)
    sentence = str(caught_error.value)
    assert (
        "epoch 1, step 1" in sentence
        and "0.2" in sentence
        and "\n" not in sentence
        and sentence.endswith(".")
    )


def test_a_learning_rate_that_is_too_high_ends_in_one_sentence():
    net, (x, y) = network(), data()
    with pytest.raises(
        FloatingPointError, match=r"loss became nan in epoch \d+, step \d+: lower the learning rate"
    ):
        nn.fit(net, x, y, rng=np.random.default_rng(0), optimiser=nn.SGD(1e30), progress=False)


def test_progress_is_shown_on_stderr_only(capsys):
    x, y = data()
    nn.fit(network(), x, y, epochs=1, rng=np.random.default_rng(0))
    shown = capsys.readouterr()
    assert shown.out == "" and "fit" in shown.err and "loss=" in shown.err
    nn.fit(network(), x, y, epochs=1, rng=np.random.default_rng(0), progress=False)
    shown = capsys.readouterr()
    assert shown.out == shown.err == ""


def test_two_trainings_at_once_give_the_bits_of_one():
    """Two Python threads train two networks at a time; BLAS is held to one thread for both."""
    alone, found = state(trained(norm=True)[0]), [None, None]

    def work(k):
        found[k] = state(trained(norm=True)[0])

    threads = [threading.Thread(target=work, args=(k,)) for k in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [alone, alone]


def path_on_a_parabola(optimiser, steps, cosine_rate):
    """The parameter after each step of an optimiser on f(w) = w**2 / 2, from w = 1."""
    w = np.ones(1, np.float64)
    memory, path = optimiser.start(w), []
    for step in range(1, steps + 1):
        optimiser.update(w, w.copy(), memory, step, (step - 1) / steps if cosine_rate else 0.0)
        path.append(w.item())
    return path


def test_sgd_steps_by_hand():
    """On f(w) = w**2 / 2 with rate 1/4 and momentum 1/2: v = 1, w = 3/4; v = 5/4, w = 7/16; v =
    17/16, w = 11/64.
    """
    assert path_on_a_parabola(nn.SGD(0.25, momentum=0.5, cosine=False), 3, False) == [
        3 / 4,
        7 / 16,
        11 / 64,
    ]
    assert path_on_a_parabola(
        nn.SGD(0.25, momentum=0.0, weight_decay=1.0, cosine=False), 1, False
    ) == [1 / 2]


def test_the_cosine_schedule_falls_from_the_rate_to_zero():
    """rate (1 + cos(pi progress)) / 2: steps of plain descent with two steps use rates 1/4 and 1/8
    exactly (cos(pi / 2) is 6e-17, so the second within 2e-17).
    """
    path = path_on_a_parabola(nn.SGD(0.25, momentum=0.0), 2, True)
    assert path[0] == 0.75 and abs(path[1] - 0.75 * (1 - 0.125)) < 1e-16


def test_training_tells_the_optimiser_how_far_it_is():
    """Steps count from 1 and progress from 0, over all epochs; the schedule's last step still
    moves.
    """
    seen = []

    class Watching(nn.SGD):
        def update(self, param, gradient, state, step, progress):
            seen.append((step, progress))

    x, y = data()
    net = network()
    before = state(net)
    nn.fit(
        net,
        x,
        y,
        epochs=2,
        batch_size=64,
        rng=np.random.default_rng(0),
        optimiser=Watching(),
        progress=False,
    )
    parameters = 4
    assert (
        seen == [(k + 1, k / 6) for k in range(6) for _ in range(parameters)]
        and state(net) == before
    )


def test_adams_first_step_has_the_length_of_the_rate():
    """Bias-corrected, the first step is rate * g / (|g| + 1e-8) whatever the size of the
    gradient.
    """
    for scale in (1e-3, 1.0, 1e3):
        w = np.zeros(1)
        optimiser = nn.Adam(0.01, cosine=False)
        optimiser.update(w, np.array([scale]), optimiser.start(w), 1, 0.0)
        assert abs(w.item() + 0.01 * scale / (scale + 1e-8)) < 1e-15  # a few roundings of 0.01


def test_progress_bar_belongs_to_the_call(monkeypatch):
    """stderr is looked up when training starts, so that a notebook's or a test's own stream is
    used.
    """

    class Stream:
        text = ""

        def write(self, text):
            self.text += text

        def flush(self):
            pass

    stream = Stream()
    monkeypatch.setattr(sys, "stderr", stream)
    x, y = data()
    nn.fit(network(), x, y, epochs=1, rng=np.random.default_rng(0))
    assert "fit" in stream.text


@pytest.mark.parametrize("unit_norm", [True, False])
def test_unit_norm_keeps_every_incoming_weight_vector_at_length_one(unit_norm):
    rng = np.random.default_rng(0)
    net = nn.Sequential(
        [
            nn.Conv2d(1, 3, 3, padding=1, unit_norm=unit_norm, rng=rng),
            nn.ReLU(),
            nn.Flatten(),
            nn.Dense(48, 5, unit_norm=unit_norm, rng=rng),
        ]
    )
    x, y = rng.random((64, 4, 4, 1), np.float32), rng.integers(0, 5, 64)
    before = net[3].weight.copy()
    nn.fit(net, x, y, epochs=2, rng=rng, progress=False)
    assert np.abs(net[3].weight - before).max() > 1e-3
    lengths = np.concatenate(
        [
            np.sqrt((net[i].weight.reshape(-1, net[i].weight.shape[-1]) ** 2).sum(axis=0))
            for i in (0, 3)
        ]
    )
    # a sum of 48 squares, a root and a division in float32
    assert (np.abs(lengths - 1) < 50 * 2**-24).all() == unit_norm


def test_l1_penalty_adds_the_sign_and_brings_unused_weights_to_zero():
    w, state = np.float32([0.5, -0.5, 0.0]), nn.SGD(l1=0.25).start(np.zeros(3, np.float32))
    nn.SGD(1.0, momentum=0.0, l1=0.25, cosine=False).update(
        w, np.zeros(3, np.float32), state, 1, 0.0
    )
    np.testing.assert_array_equal(w, np.float32([0.25, -0.25, 0.0]))
    rng = np.random.default_rng(0)
    x = rng.random((256, 10), np.float32)
    y = (x[:, 0] > 0.5).astype(np.int64)
    small = {}
    for l1 in (0.0, 0.01):
        net = nn.Sequential([nn.Dense(10, 2, rng=np.random.default_rng(1))])
        nn.fit(
            net,
            x,
            y,
            epochs=30,
            rng=np.random.default_rng(2),
            optimiser=nn.SGD(l1=l1),
            progress=False,
        )
        small[l1] = np.abs(net[0].weight[1:]).mean()
    assert small[0.01] < small[0.0] / 2
    with pytest.raises(ValueError, match="l1 must be"):
        nn.SGD(l1=-1.0)
