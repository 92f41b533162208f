"""Histogram of the free potential of real neurons, with the closed form over it."""

import matplotlib.pyplot as plt
import numpy as np

from refsnn import convert, datasets, nn, plots, snn, theory
from studies.networks import digits_cnn

TITLE = "The free potential and its closed form"
DATA = "digits"
ALT = (
    "Three histograms of the free potential after 64 steps, one for each of three "
    "neurons of the first layer, over 2,000 presentations of one image as Poisson "
    "spikes. Each histogram is bell-shaped and the normal curve of the closed form, in "
    "dashed black, runs along its top."
)
QUICK = dict(epochs=2, T=8, presentations=400)


def compute(seed=0, epochs=15, T=64, presentations=2000, image=0, row=4, column=4):
    """Show one image many times to the first layer and watch the neurons at one place,
    one per channel.

    Three channels are kept: those of the lowest, the middle and the highest mean
    potential.
    """
    rng = np.random.default_rng(seed)
    data = datasets.load_digits()
    ann = digits_cnn(rng)
    nn.fit(ann, data.x_train, data.y_train, epochs=epochs, rng=rng, progress=False)
    net = convert.to_spiking(ann, calibration_data=data.x_train[:500])
    x = data.x_test[image]

    # What the three moments of the theorem need: weights, rates, initial potential.
    # The place is inside the image; the bias is an input that always spikes.
    patch = x[row - 1 : row + 2, column - 1 : column + 2].ravel()  # (9,)
    weight = np.vstack([net[0].weight.reshape(9, -1), net[0].bias])  # (10, 16)
    rates = np.append(patch, 1.0)  # (10,)
    v_init = float(net[1].v_init)
    mean = theory.membrane_mean(weight, rates, T, v_init=v_init)  # (16,)
    std = theory.membrane_std(weight, rates, T)

    channels = np.argsort(mean)[[0, len(mean) // 2, -1]]

    # Simulate the first layer alone, as often as the image is shown.
    first = nn.Sequential([net[0], net[1]])
    neurons = np.ravel_multi_index((row, column, channels), first.output_shape(x.shape))
    record = snn.simulate(
        first,
        np.repeat(x[None], presentations, axis=0),
        T,
        encoder=snn.Poisson(max_rate=1.0),
        rng=rng,
        watch={1: neurons},
    )

    return {
        "potential": record.free_potential(1)[-1],
        "mean": mean[channels],
        "std": std[channels],
        "channel": channels,
        "T": T,
    }


def _histogram(axes, V, mean, std):
    """The distribution of a potential, and the closed form's normal curve in dashed
    black.
    """
    axes.hist(
        V.astype(np.float64),
        bins=30,
        density=True,
        color=plots.COLOURS[5],
        edgecolor="white",
        linewidth=0.3,
    )
    v = np.linspace(mean - 4.5 * std, mean + 4.5 * std, 400)
    density = np.exp(-0.5 * ((v - mean) / std) ** 2) / (std * np.sqrt(2 * np.pi))
    axes.plot(v, density, **plots.THEORY)


@plots.styled
def draw(data):
    """One histogram per neuron; measured and predicted moments in the titles."""
    figure, row = plt.subplots(1, 3, figsize=(9, 3.2))
    for k, axes in enumerate(row):
        V = data["potential"][:, k]
        _histogram(axes, V, data["mean"][k], data["std"][k])
        title = (
            f"channel {data['channel'][k]}\nmeasured {V.mean():.2f} ± {V.std():.2f}\n"
            f"theory {data['mean'][k]:.2f} ± {data['std'][k]:.2f}"
        )
        axes.set_title(title.replace("-", "\N{MINUS SIGN}"))
        axes.set_xlabel(f"free potential V after {data['T']} steps\n(thresholds)")
        axes.set_ylabel("probability density" if k == 0 else "")
    return figure
