"""Training cuts a batch into slabs; its gradients are those of the network taken as one function of
the whole batch.
"""

import numpy as np
import pytest

from refsnn import nn
from refsnn.kernels.threads import workers
from refsnn.nn.parallel import gradient_step
from tests.oracles import caught


def network(rng, dtype, dropout=False):
    """Batch norm after a convolution and after a dense layer, so that slabs meet twice."""
    net = nn.Sequential(
        [
            nn.Conv2d(1, 3, 3, padding=1, rng=rng),
            nn.BatchNorm(3),
            nn.ReLU(),
            nn.AvgPool2d(2),
            nn.Flatten(),
            *([nn.Dropout(0.25)] if dropout else []),
            nn.Dense(12, 8, rng=rng),
            nn.BatchNorm(8),
            nn.Clip(2.0),
            nn.Dense(8, 4, rng=rng),
        ]
    )
    for layer in net:
        for name, array in {**layer.params, **layer.buffers}.items():
            setattr(layer, name, array.astype(dtype))
    return net


def batch(rng, n, dtype):
    return rng.random((n, 4, 4, 1)).astype(dtype), rng.integers(0, 4, n)


def step(net, x, y, threads, rng=None):
    with workers(threads) as run_all:
        return gradient_step(net, x[None], y, nn.Run(train=True, rng=rng), run_all)


@pytest.mark.parametrize("n", [1, 31, 32, 33, 100])
def test_theorem_slabs_give_the_gradient_of_the_whole_batch(n):
    """The sums are the same up to their order. In float64 with numbers of order 1, sums of at most
    100 * 16 terms through seven layers differ by less than 1600 * 7 * 1e-16 * (batch norm's 1 /
    std, below 100) = 1e-10.
    """
    rng = np.random.default_rng(n)
    net = network(rng, np.float64)
    x, y = batch(rng, n, np.float64)
    loss, right, gradients, statistics = step(net, x, y, threads=2)

    def statement(gradients):
        scores, caches = net.forward(x, nn.Run(train=True))
        plain_loss, dscores = nn.cross_entropy(scores, y)
        _, plain = net.backward(caches, dscores)
        assert abs(loss - plain_loss) < 1e-10 and right == np.sum(scores.argmax(axis=1) == y)
        for i, layer in enumerate(net):
            for name in layer.params:
                assert np.allclose(gradients[i][name], plain[i][name], rtol=0, atol=1e-10)
            for name in layer.buffers:
                assert np.allclose(statistics[i][name], caches[i].buffers[name], rtol=0, atol=1e-10)

    statement(gradients)
    caught(
        statement,
        {
            i: {name: array + 1e-6 for name, array in named.items()}
            for i, named in gradients.items()
        },
    )
    if n % 32 and n > 32:
        parts = [step(net, x[a : a + 32], y[a : a + 32], threads=1)[2] for a in range(0, n, 32)]
        # The last slab is smaller, and has less weight.
        caught(
            statement,
            {
                i: {
                    name: np.mean([part[i][name] for part in parts], axis=0)
                    for name in layer.params
                }
                for i, layer in enumerate(net)
            },
        )


@pytest.mark.parametrize("dropout", [False, True])
def test_theorem_the_number_of_threads_changes_no_bit_of_a_gradient(dropout):
    """Slabs are fixed and added in order, and every slab drops with a generator of its own: any
    number of threads gives the same bits.
    """
    results = []
    for threads in (1, 2, 3):
        rng = np.random.default_rng(0)
        net = network(rng, np.float32, dropout)
        x, y = batch(rng, 150, np.float32)
        results.append(step(net, x, y, threads, rng))

    def statement(one, two):
        assert one[:2] == two[:2]
        for first, second in zip(one[2:], two[2:], strict=True):
            assert first.keys() == second.keys()
            for i in first:
                for name in first[i]:
                    assert first[i][name].tobytes() == second[i][name].tobytes()

    statement(results[0], results[1])
    statement(results[0], results[2])
    rng = np.random.default_rng(0)
    net = network(rng, np.float32, dropout)
    x, y = batch(rng, 150, np.float32)
    order = np.roll(np.arange(150), 1)
    # The same sums in another order.
    caught(statement, results[0], step(net, x[order], y[order], 1, rng))


def test_slabs_of_a_batch_drop_different_inputs():
    """Each slab has a generator of its own: 2 slabs of 32 equal images do not drop the same
    features. Two masks of 32 * 100 fair coins agree with probability 2**-3200.
    """
    net = nn.Sequential([nn.Dropout(0.5), nn.Dense(100, 2, rng=np.random.default_rng(0))])
    seen = []

    class Watching(nn.Dropout):
        def forward(self, x, run=nn.Run()):
            y, mask = super().forward(x, run)
            seen.append(mask)
            return y, mask

    net.layers[0] = Watching(0.5)
    step(net, np.ones((64, 100), np.float32), np.zeros(64, int), 1, np.random.default_rng(1))
    assert len(seen) == 2 and not np.array_equal(*seen)


@pytest.mark.parametrize("p", [0.1, 0.5, 0.9])
def test_law_dropout_keeps_the_mean(p):
    """A kept input is divided by 1 - p, so the mean of many ones is 1, with standard error sqrt(p /
    (1 - p) / n).
    """
    n = 100_000
    y, _ = nn.Dropout(p).forward(
        np.ones((1, n), np.float32), nn.Run(train=True, rng=np.random.default_rng(4))
    )

    def statement(mean):
        assert abs(mean - 1) < 5 * np.sqrt(p / (1 - p) / n)

    statement(y.mean(dtype=np.float64))
    caught(statement, y.mean(dtype=np.float64) * (1 - p))
    x = np.arange(4, dtype=np.float32)[None]
    assert nn.Dropout(p).forward(x)[0] is x  # outside training nothing happens
