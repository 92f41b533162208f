"""The same input under both resets: what reset to zero throws away."""

import matplotlib.pyplot as plt
import numpy as np

from figures.panels import label_lines
from refsnn import plots, snn

TITLE = "One input under both resets"
ALT = (
    "Three panels over 40 time steps. Top and middle: the potential of a neuron that "
    "gets the same random input, reset by subtraction and reset to zero; ticks above "
    "the threshold mark the spikes, which are fewer with reset to zero. Bottom: the "
    "number of spikes so far; with subtraction it is the staircase just below the "
    "dashed black line of the charge received, with reset to zero it falls behind more "
    "and more."
)
QUICK = dict(T=20)


def compute(seed=0, T=40, low=0.2, high=0.8):
    """Feed one random current, uniform in [low, high], to two neurons that differ in
    their reset only.
    """
    current = (
        np.random.default_rng(seed).uniform(low, high, (T, 1, 1)).astype(np.float32)
    )
    arrays = {"charge": np.cumsum(current[:, 0, 0], dtype=np.float64)}
    for reset in ("subtract", "zero"):
        spikes, v = snn.IF(v_init=0.0, reset=reset).trace(
            current, np.zeros((1, 1), np.float32)
        )
        arrays |= {f"spikes_{reset}": spikes[:, 0, 0], f"v_{reset}": v[:, 0, 0]}
    return arrays


@plots.styled
def draw(data):
    """Two traces, then the spikes so far against the charge received."""
    figure, (top, middle, bottom) = plt.subplots(
        3, 1, figsize=(6.4, 6.4), sharex=True, height_ratios=(1, 1, 1.4)
    )
    for axes, reset, title in (
        (top, "subtract", "reset by subtraction"),
        (middle, "zero", "reset to zero"),
    ):
        plots.traces(
            axes, data[f"v_{reset}"], v_threshold=1.0, spikes=data[f"spikes_{reset}"]
        )
        axes.set(
            title=f"{title}: {data[f'spikes_{reset}'].sum():.0f} spikes",
            xlabel="",
            ylim=(-0.05, 1.3),
            ylabel="v (thresholds)",
        )
    t = np.arange(1, len(data["charge"]) + 1)
    lines = [
        bottom.step(t, np.cumsum(data[f"spikes_{reset}"]), where="post", color=color)[0]
        for reset, color in (("subtract", plots.COLOURS[0]), ("zero", plots.COLOURS[1]))
    ]
    lines += bottom.plot(t, data["charge"], **plots.THEORY)
    bottom.set(xlabel="time step", ylabel="spikes so far")
    label_lines(bottom, lines, ["subtract", "zero", "charge"])
    return figure
