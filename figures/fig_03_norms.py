"""The noise of a neuron against the L2 and the L4 norm of its weights, in three regimes
of its input.
"""

import matplotlib.pyplot as plt
import numpy as np

from refsnn import convert, datasets, nn, plots, snn, theory

TITLE = "Noise against the L2 and the L4 norm of the weights"
DATA = "digits"
ALT = (
    "Six panels: standard deviation of the free potential, divided by the norm and by "
    "one common factor, against the L2 norm on the left and the L4 norm on the right, "
    "one dot per neuron, logarithmic axes. Top, rates unrelated to the weights: dots "
    "lie on the dashed black line of one in the L2 panel and tilt in the L4 panel. "
    "Middle, rates proportional to the squared weights: the line in the L4 panel, a "
    "tilted cloud in the L2 panel. Bottom, first layer of a trained network: a "
    "scatter around the line, about equally wide in both."
)
REGIMES = ("unrelated", "aligned", "trained")
NORMS = (2, 4)
QUICK = dict(inputs=40, trials=60, hidden=16, epochs=1, images=4)


def drawn_neurons(rng, inputs, neurons):
    """Weights (inputs, neurons) from evenly spread to dominated by a few, of sizes that
    vary with it.
    """
    concentration = rng.uniform(0, 2, neurons)
    gauss = rng.normal(size=(inputs, neurons))
    weight = gauss * np.abs(gauss) ** concentration
    return (
        weight
        * np.exp(concentration + rng.normal(0, 0.4, neurons))
        / np.linalg.norm(weight, axis=0)
    )


def measured_std(rng, weight, rates, T, trials):
    """Standard deviation over trials of each neuron's free potential, (neurons,):
    Poisson counts of T steps add up.
    """
    V = [
        rng.poisson(T * rates[:, j], (trials, len(weight))) @ weight[:, j]
        for j in range(weight.shape[1])
    ]
    return np.std(V, axis=1, ddof=1)


def trained_layer(rng, data, hidden, epochs, images, T, trials):
    """First layer of a converted MLP: weights, and the standard deviation over trials,
    averaged over test images.
    """
    pixels = data.x_train[0].size
    ann = nn.Sequential(
        [
            nn.Flatten(),
            nn.Dense(pixels, hidden, rng=rng),
            nn.ReLU(),
            nn.Dense(hidden, 10, rng=rng),
        ]
    )
    nn.fit(ann, data.x_train, data.y_train, epochs=epochs, rng=rng, progress=False)
    net = convert.to_spiking(ann, calibration_data=data.x_train[:500])
    x = np.repeat(data.x_test[:images], trials, axis=0)
    record = snn.simulate(
        nn.Sequential(net[:3]),
        x,
        T,
        encoder=snn.Poisson(process="poisson"),
        rng=rng,
        watch={2: np.arange(hidden)},
    )
    V = record.free_potential(2)[-1].reshape(images, trials, hidden)
    return net[1].weight.astype(np.float64), np.sqrt(V.var(axis=1, ddof=1).mean(axis=0))


def compute(
    seed=0,
    inputs=100,
    neurons=120,
    T=20,
    trials=600,
    rho=1.0,
    hidden=128,
    epochs=10,
    images=20,
):
    """Draw weights; measure the noise under rates of |r|_2 = rho that ignore the
    weights, or are proportional to w * w.

    And of the neurons of a trained network, with the rates that real images have.
    """
    rng = np.random.default_rng(seed)
    weight = drawn_neurons(rng, inputs, neurons)
    unrelated = rng.uniform(0, 1, (inputs, neurons))
    unrelated *= rho / theory.weight_norm(unrelated, 2)
    measured = {
        "unrelated": (weight, measured_std(rng, weight, unrelated, T, trials)),
        "aligned": (
            weight,
            measured_std(
                rng, weight, theory.worst_case_rates(weight, rho, p=2), T, trials
            ),
        ),
        "trained": trained_layer(
            rng, datasets.load_digits(), hidden, epochs, images, T, trials // 6
        ),
    }
    arrays = {}
    for regime, (w, sigma) in measured.items():
        arrays[f"sigma_{regime}"] = sigma
        arrays |= {f"L{p}_{regime}": theory.weight_norm(w, p) for p in NORMS}
    return arrays


def exponent(sigma, norm):
    """Exponent of the least-squares power law sigma = c norm^e."""
    return np.polyfit(np.log(norm), np.log(sigma), 1)[0]


@plots.styled
def draw(data):
    """A row per regime, a column per norm; the spread around proportionality in the
    titles.
    """
    names = {
        "unrelated": "rates unrelated",
        "aligned": "rates as w²",
        "trained": "trained network",
    }

    figure, grid = plt.subplots(3, 2, figsize=(8, 8.4), sharey="row")

    for row, regime in zip(grid, REGIMES, strict=True):
        sigma = data[f"sigma_{regime}"]
        for axes, p in zip(row, NORMS, strict=True):
            norm = data[f"L{p}_{regime}"]
            ratio = sigma / norm
            axes.plot(
                norm,
                ratio / np.exp(np.log(ratio).mean()),
                linestyle="none",
                marker=".",
                color=plots.COLOURS[p == 4],
            )

            # A norm that were right would put every dot on this line.
            axes.axhline(1, **plots.THEORY)
            axes.set(xscale="log", yscale="log")
            axes.set_title(
                f"{names[regime]}: spread {100 * np.log(ratio).std():.0f} %, "
                f"exponent {exponent(sigma, norm):.2f}"
            )
            axes.set_ylabel("σ / (common factor × norm)" if p == 2 else "")

            for axis, ticks in (
                (axes.yaxis, (0.5, 0.7, 1, 1.4)),
                (axes.xaxis, (0.2, 0.3, 0.5, 1, 2, 5, 10)),
            ):
                axis.set_ticks(ticks, minor=False)
                axis.set_ticks((), minor=True)
                axis.set_major_formatter("{x:g}")
            axes.set_xlim(norm.min() / 1.1, norm.max() * 1.1)

    for axes, p in zip(grid[-1], NORMS, strict=True):
        axes.set_xlabel(f"L{p} norm of the weights (thresholds per spike)")
    return figure
