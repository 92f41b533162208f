"""Random input spikes: sixteen lanes of xoshiro128++ (Blackman and Vigna 2021), seeded for each
image and time step.

The numbers of image `i` at step `t` depend on one key, i and t only, through splitmix64 (Steele,
Lea and Flood 2014): any slab, any subset, any number of threads and any order of time steps sees
the same spikes. Side by side, the lanes fill a processor's vectors: spikes of 200 images in 16
steps take a sixth of the time that NumPy's Philox needs for the same guarantee.

Monte Carlo of the free potential draws from the same lanes, with a trial in the place of an image.
"""

import numpy as np
from numba import njit
from numpy import float32, int32, uint32, uint64

from refsnn.kernels import compiled

LANES = 16
MASK32 = (1 << 32) - 1
MASK64 = (1 << 64) - 1


def splitmix64(x):
    """A 64-bit number scrambled: the finaliser of the generator splitmix64, on Python integers."""
    x = (x + 0x9E3779B97F4A7C15) & MASK64
    x = ((x ^ (x >> 30)) * 0xBF58476D1CE4E5B9) & MASK64
    x = ((x ^ (x >> 27)) * 0x94D049BB133111EB) & MASK64
    return x ^ (x >> 31)


def lane_numbers_reference(key, image, t, n):
    """The first `n` 32-bit numbers of an image and a step, in plain Python: number k is from lane k
    mod 16.
    """
    # Seed the four words of every lane.
    seed = splitmix64(splitmix64(splitmix64(key) ^ image) ^ t)
    lanes = []
    for lane in range(LANES):
        low = splitmix64(seed ^ (2 * lane))
        high = splitmix64(seed ^ (2 * lane + 1))
        lanes.append([low & MASK32, low >> 32, high & MASK32, high >> 32])

    # Each round of xoshiro128++ gives a number and changes the lane's words.
    numbers = []
    for k in range(n):
        s = lanes[k % LANES]
        total = (s[0] + s[3]) & MASK32
        rotated = (total << 7) | (total >> 25)
        numbers.append((rotated + s[0]) & MASK32)

        shifted = (s[1] << 9) & MASK32
        s[2] ^= s[0]
        s[3] ^= s[1]
        s[1] ^= s[2]
        s[0] ^= s[3]
        s[2] ^= shifted
        s[3] = ((s[3] << 11) | (s[3] >> 21)) & MASK32
    return numbers


# Numba promotes uint32 arithmetic to 64 bits: below, every result is cast back.


@compiled
def _mix(x):
    """`splitmix64` on uint64."""
    x = uint64(x + uint64(0x9E3779B97F4A7C15))
    x = uint64((x ^ (x >> uint64(30))) * uint64(0xBF58476D1CE4E5B9))
    x = uint64((x ^ (x >> uint64(27))) * uint64(0x94D049BB133111EB))
    return uint64(x ^ (x >> uint64(31)))


@compiled
def _seed(key, image, t, state):
    """The lanes' states (4, 16) of an image and a step."""
    seed = _mix(_mix(_mix(key) ^ uint64(image)) ^ uint64(t))
    for lane in range(LANES):
        low = _mix(seed ^ uint64(2 * lane))
        high = _mix(seed ^ uint64(2 * lane + 1))
        state[0, lane] = uint32(low & uint64(MASK32))
        state[1, lane] = uint32(low >> uint64(32))
        state[2, lane] = uint32(high & uint64(MASK32))
        state[3, lane] = uint32(high >> uint64(32))


@compiled
def _rotate(x, bits):
    """The bits of x, rotated to the left."""
    up = uint32(x << uint32(bits))
    down = uint32(x >> uint32(32 - bits))
    return uint32(up | down)


@compiled
def _next(a, b, c, d):
    """One round of xoshiro128++ on the state (a, b, c, d) of a lane: its number, and the next
    state.
    """
    number = uint32(_rotate(uint32(a + d), 7) + a)
    shifted = uint32(b << uint32(9))
    c = uint32(c ^ a)
    d = uint32(d ^ b)
    b = uint32(b ^ c)
    a = uint32(a ^ d)
    c = uint32(c ^ shifted)
    d = _rotate(d, 11)
    return number, a, b, c, d


@compiled
def _fill(state, out):
    """Sixteen numbers per round, one from each lane."""
    s0 = state[0]
    s1 = state[1]
    s2 = state[2]
    s3 = state[3]
    for k in range(0, out.size, LANES):
        for lane in range(LANES):
            out[k + lane], s0[lane], s1[lane], s2[lane], s3[lane] = _next(
                s0[lane], s1[lane], s2[lane], s3[lane]
            )


@compiled
def lane_numbers(key, image, t, out):
    """The first `out.size` numbers (a multiple of 16): bit for bit the reference."""
    state = np.empty((4, LANES), uint32)
    _seed(key, image, t, state)
    _fill(state, out)


@compiled
def _space(features):
    """Room for as many numbers, rounded up to a round of all lanes."""
    return np.empty((features + LANES - 1) // LANES * LANES, uint32)


def bernoulli_reference(probability, key, image, t):
    """Spikes of one image and step: 1 where the top 24 bits of its number lie below probability *
    2**24.
    """
    numbers = lane_numbers_reference(key, image, t, len(probability))
    spikes = []
    for number, p in zip(numbers, probability, strict=True):
        fired = (number >> 8) < p * 2**24
        spikes.append(int(fired))
    return spikes


@compiled
def bernoulli(probability, key, images, t0, counts):
    """Spikes of the images numbered `images` (n,) from step `t0`: `probability` (n, F), `counts`
    (T, n, F) uint8.
    """
    steps, n, features = counts.shape
    numbers = _space(features)
    level = np.empty(features, float32)
    for i in range(n):
        p = probability[i]
        for f in range(features):
            level[f] = p[f] * float32(2**24)
        for t in range(steps):
            lane_numbers(key, images[i], t0 + t, numbers)
            out = counts[t, i]
            for f in range(features):
                number = int32(numbers[f] >> uint32(8))
                out[f] = float32(number) < level[f]


def poisson_count(uniform, rate, none):
    """A Poisson count by inversion: how many partial sums of its law lie below `uniform`, at most
    255.

    `none` is exp(-rate), the probability of no spike, in float64.
    """
    count = 0
    term = none
    total = term
    while uniform > total and count < 255:
        count += 1
        term = term * rate / count
        total = total + term
    return count


compiled_poisson_count = njit(inline="always")(poisson_count)


def poisson_reference(rate, none, key, image, t):
    """Spike counts of one image and step, an input's from its own number."""
    numbers = lane_numbers_reference(key, image, t, len(rate))
    counts = []
    for number, r, term in zip(numbers, rate, none, strict=True):
        uniform = (number + 0.5) / 2**32
        counts.append(poisson_count(uniform, r, term))
    return counts


@compiled
def poisson(rate, none, key, images, t0, counts):
    """Spike counts of a Poisson process, as `bernoulli` otherwise: `rate` and `none` = exp(-rate)
    (n, F) float64.
    """
    steps, n, features = counts.shape
    numbers = _space(features)
    for i in range(n):
        for t in range(steps):
            lane_numbers(key, images[i], t0 + t, numbers)
            out = counts[t, i]
            for f in range(features):
                uniform = (numbers[f] + 0.5) / 4294967296.0
                out[f] = compiled_poisson_count(uniform, rate[i, f], none[i, f])


def free_potential_reference(weight, probability, beta, v_init, key, trial, T):
    """Free potential of one neuron after each of T steps, one trial: `weight` and `probability` are
    lists of floats.

    A trial draws from lane 0 of the image of its number, input after input and step after step.
    """
    n = len(weight)
    numbers = iter(lane_numbers_reference(key, trial, 0, LANES * T * n)[::LANES])
    v = v_init
    v_seq = []
    for _ in range(T):
        current = 0.0
        for w, p in zip(weight, probability, strict=True):
            number = next(numbers)
            if (number >> 8) < p * 2**24:
                current += w
        v = beta * v + current
        v_seq.append(v)
    return v_seq


@compiled
def free_potential(weight, level, beta, v_init, key, first, v_seq):
    """The same for trials `first`, ..., side by side: `weight` (F, out), `v_init` (out,), `v_seq`
    (T, out, n).

    `level` (F,) of int32 is the probability times 2**24, rounded up. Neurons share the spikes of
    their trial.
    """
    steps, outs, n = v_seq.shape
    spikes = np.empty(n, weight.dtype)
    current = np.empty((outs, n), weight.dtype)
    one = weight.dtype.type(1)
    zero = weight.dtype.type(0)

    # The four words of every trial's lane 0.
    s0 = np.empty(n, uint32)
    s1 = np.empty(n, uint32)
    s2 = np.empty(n, uint32)
    s3 = np.empty(n, uint32)
    state = np.empty((4, LANES), uint32)
    for k in range(n):
        _seed(key, first + k, 0, state)
        s0[k] = state[0, 0]
        s1[k] = state[1, 0]
        s2[k] = state[2, 0]
        s3[k] = state[3, 0]

    for t in range(steps):
        # Draw one input's spikes in all trials, and add its weights.
        current[:] = 0
        for i in range(level.size):
            for k in range(n):
                number, s0[k], s1[k], s2[k], s3[k] = _next(s0[k], s1[k], s2[k], s3[k])
                fired = int32(number >> uint32(8)) < level[i]
                spikes[k] = one if fired else zero
            for o in range(outs):
                w = weight[i, o]
                sums = current[o]
                for k in range(n):
                    sums[k] += w * spikes[k]

        for o in range(outs):
            sums = current[o]
            v = v_seq[t, o]
            for k in range(n):
                before = v_init[o] if t == 0 else v_seq[t - 1, o, k]
                v[k] = beta * before + sums[k]  # eq. free-potential
