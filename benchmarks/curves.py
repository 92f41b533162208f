"""Our own times against T, width, batch and spike rate, and what the machine would need at least:
the roofline.

All threads. A simulation of a dense network cannot be faster than its matrix products at the
measured speed of a matrix product, unless it skips inputs that do not spike, nor than reading and
writing every current and every spike once at the measured bandwidth.
"""

import numpy as np

from benchmarks import networks, timing
from refsnn import convert, nn, snn
from refsnn.kernels.threads import available, workers

T, N, WIDTH = 16, 1000, 512
STEPS, WIDTHS, BATCHES = (
    (1, 2, 4, 8, 16, 32, 64),
    (64, 128, 256, 512, 1024),
    (1, 4, 16, 64, 250, 1000),
)
THRESHOLDS = (0.5, 0.7, 1, 1.5, 2, 3, 4, 6)


def machine():
    """Floating-point operations and bytes a millisecond, with as many threads as a simulation
    has.
    """
    rng, count = np.random.default_rng(0), available()
    a, b = (rng.random((1024, 1024), dtype=np.float32) for _ in range(2))
    outs, big = (
        [np.empty_like(a) for _ in range(count)],
        [np.zeros(2**24, np.float32) for _ in range(count)],
    )
    with workers(count) as run_all:
        product = timing.milliseconds(lambda: run_all(lambda out: np.matmul(a, b, out=out), outs))
        copy = timing.milliseconds(
            lambda: run_all(lambda array: np.copyto(array[2**23 :], array[: 2**23]), big)
        )
    return count * 2 * 1024**3 / product, count * 2 * 4 * 2**23 / copy


def network(width=WIDTH):
    """The converted dense network with two hidden layers, its images, rates as they come."""
    x, _ = networks.images(N)
    ann = networks.mlp(np.random.default_rng(0), width)
    return convert.to_spiking(ann, calibration_data=x[:200]), x


def bounds(width, T, n, speed, bandwidth, constant=False):
    """Milliseconds of the matrix products, and of moving currents and spikes; a constant input's is
    computed once.
    """
    first, *others = networks.multiply_adds(networks.mlp(np.random.default_rng(0), width))
    products = 2 * n * ((1 if constant else T) * first + T * sum(others))
    numbers = n * T * (784 + 4 * width + 10)
    return products / speed, 4 * numbers / bandwidth


def simulated(net, x, T, engine="auto", encoder=snn.Poisson()):
    """Milliseconds of a simulation."""
    return timing.milliseconds(
        lambda: snn.simulate(
            net, x, T, encoder=encoder, rng=np.random.default_rng(0), engine=engine
        )
    )


def with_threshold(net, x, v_threshold):
    """The network with other thresholds, its layers told what rates they then get; and the mean
    rate.
    """
    layers = [
        snn.IF(v_threshold=v_threshold, v_init=0.5) if isinstance(layer, snn.IF) else layer
        for layer in net
    ]
    net = nn.Sequential(layers)
    rates = snn.simulate(net, x[:200], T).spike_rates()
    dense = [layer for layer in net if isinstance(layer, nn.Dense)]
    for layer, rate in zip(dense[1:], rates, strict=True):
        layer.input_rate = float(rate)
    return net, float(rates.mean())


def points():
    """Every point of every curve: (curve, x, line, milliseconds)."""
    speed, bandwidth = machine()

    def three(curve, at, net, x, width, steps):
        product, traffic = bounds(width, steps, len(x), speed, bandwidth)
        yield curve, at, "refsnn", simulated(net, x, steps)
        yield curve, at, "matrix product", product
        yield curve, at, "bandwidth", traffic

    net, x = network()
    for steps in STEPS:
        yield from three("T", steps, net, x, WIDTH, steps)
    for width in WIDTHS:
        yield from three("width", width, *network(width), width, T)
    for n in BATCHES:
        yield from three("images", n, net, x[:n], WIDTH, T)
    for v_threshold in THRESHOLDS:
        other, rate = with_threshold(net, x, v_threshold)
        product, traffic = bounds(WIDTH, T, N, speed, bandwidth, constant=True)
        for engine in ("auto", "slab", "event"):
            time = simulated(other, x, T, engine, snn.Direct())
            yield "spike rate", rate, "refsnn" if engine == "auto" else engine, time
        yield "spike rate", rate, "matrix product", product
        yield "spike rate", rate, "bandwidth", traffic


def measured():
    """The points as a table of comma-separated values."""
    rows = [
        "curve,x,line,ms",
        *(f"{curve},{at:.4g},{line},{ms:.4g}" for curve, at, line, ms in points()),
    ]
    return "\n".join(rows) + "\n"
