"""The random numbers of the encoder: compiled, in plain Python, and as their authors published
them.
"""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from refsnn.kernels import random_spikes
from tests.oracles import caught

keys = st.integers(0, 2**64 - 1)
images = st.integers(0, 2**40)
steps = st.integers(0, 2**31)


def compiled(key, image, t, n):
    out = np.zeros(-(-n // random_spikes.LANES) * random_spikes.LANES, np.uint32)
    random_spikes.lane_numbers(np.uint64(key), image, t, out)
    return out[:n].tolist()


@given(keys, images, steps, st.integers(1, 70))
def test_twin_lanes_are_the_python_integers(key, image, t, n):
    assert compiled(key, image, t, n) == random_spikes.lane_numbers_reference(key, image, t, n)


def test_twin_lanes_that_keep_a_carry_are_caught(monkeypatch):
    """Numba promotes uint32 arithmetic to 64 bits; a kernel that does not cut the carry off draws
    other numbers.
    """

    def statement(numbers):
        assert numbers == random_spikes.lane_numbers_reference(5, 7, 9, 64)

    numbers = compiled(5, 7, 9, 64)
    statement(numbers)
    monkeypatch.setattr(random_spikes, "MASK32", 2**33 - 1)
    caught(statement, numbers)


def test_literature_splitmix64():
    """The first outputs of splitmix64 from seed 1234567 (Vigna's splitmix64.c, as listed in Rosetta
    Code): its state advances by the golden gamma, which `splitmix64` adds before it scrambles.
    """
    gamma = 0x9E3779B97F4A7C15
    found = [
        random_spikes.splitmix64((1234567 + k * gamma) & random_spikes.MASK64) for k in range(3)
    ]
    assert found == [6457827717110365317, 3203168211198807973, 9817491932198370423]


def test_literature_xoshiro128_plus_plus(monkeypatch):
    """From the state (1, 2, 3, 4): 641, 1573767, 3222811527, 3517856514 (Blackman and Vigna's
    xoshiro128plusplus.c, as in the test of Rust's rand_xoshiro).
    """
    monkeypatch.setattr(
        random_spikes, "splitmix64", lambda x: {0: 1 | 2 << 32, 1: 3 | 4 << 32}.get(x, 0)
    )
    monkeypatch.setattr(random_spikes, "LANES", 1)
    assert random_spikes.lane_numbers_reference(2, 2, 2, 4) == [
        641,
        1573767,
        3222811527,
        3517856514,
    ]


@st.composite
def pictures(draw, top):
    """Rates (n, F) in [0, top], both ends included, and the numbers of the images."""
    n, features = draw(st.integers(1, 3)), draw(st.integers(1, 40))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    rates = top * rng.choice([0, 1, 2.0**-30, *rng.random(5)], size=(n, features))
    return rates.astype(np.float32), np.array(
        draw(st.lists(images, min_size=n, max_size=n)), np.int64
    )


@given(pictures(1), keys, steps, st.integers(1, 3))
def test_twin_bernoulli_spikes(picture, key, t0, T):
    rates, numbers = picture
    counts = np.full((T, *rates.shape), 255, np.uint8)
    random_spikes.bernoulli(rates, np.uint64(key), numbers, t0, counts)
    for i, image in enumerate(numbers.tolist()):
        for t in range(T):
            assert counts[t, i].tolist() == random_spikes.bernoulli_reference(
                rates[i], key, image, t0 + t
            )


@given(pictures(16), keys, steps, st.integers(1, 3))
def test_twin_poisson_counts(picture, key, t0, T):
    rates, numbers = picture
    rates = rates.astype(np.float64)
    none = np.exp(-rates)
    counts = np.full((T, *rates.shape), 255, np.uint8)
    random_spikes.poisson(rates, none, np.uint64(key), numbers, t0, counts)
    for i, image in enumerate(numbers.tolist()):
        for t in range(T):
            assert counts[t, i].tolist() == random_spikes.poisson_reference(
                rates[i], none[i], key, image, t0 + t
            )


@given(
    st.integers(1, 40),
    st.integers(1, 3),
    st.integers(1, 4),
    st.sampled_from([1.0, 0.9]),
    keys,
    images,
)
def test_twin_free_potential(n, outs, T, beta, key, first):
    """Two trials of neurons that share their inputs, on any float64 weights, an input that never
    fires and one that always does included.
    """
    rng = np.random.default_rng(key)
    probability, v_init = rng.choice([0, 1, *rng.random(5)], size=n), rng.standard_normal(outs)
    weight, level = rng.standard_normal((n, outs)), np.ceil(probability * 2**24).astype(np.int32)
    v_seq = np.empty((T, outs, 2))
    random_spikes.free_potential(weight, level, beta, v_init, np.uint64(key), first, v_seq)
    for k in range(2):
        for o in range(outs):
            reference = random_spikes.free_potential_reference(
                weight[:, o].tolist(),
                probability.tolist(),
                beta,
                float(v_init[o]),
                key,
                first + k,
                T,
            )
            assert v_seq[:, o, k].tolist() == reference
