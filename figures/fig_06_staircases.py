"""What a neuron with constant input sends, against its input: the quantised
activation.
"""

import matplotlib.pyplot as plt
import numpy as np

from refsnn import nn, plots, snn

TITLE = "A neuron's rate is a quantised activation"
ALT = (
    "Two panels: what a neuron sends in T steps of constant input, against the input, "
    "in thresholds. Left, started at half its threshold: the staircases of 1, 2 and 4 "
    "steps lie evenly around the dashed black clipped rectifier, and dots of the "
    "trained activation with 4 levels lie on the staircase of 4 steps. Right, started "
    "at 0: the staircases lie below the dashed line and touch it only at their left "
    "corners."
)
STEPS = (1, 2, 4)


def compute(levels=4):
    """Rates of neurons, one for each input, after each number of steps; the activation
    at a few inputs.
    """
    z = np.arange(-128, 385, dtype=np.float32) / 256
    arrays = {
        "z": z,
        "levels": levels,
        "dots": z[::16],
        "activation": nn.QCFS(levels, 1.0).forward(z[::16])[0],
    }
    for v_init in (0.5, 0.0):
        neuron = snn.IF(v_init=v_init)
        arrays[f"rate_{v_init}"] = np.array(
            [
                neuron.scan(z[None, None], neuron.initial(1, z.shape), T)[0].mean(
                    axis=(0, 1)
                )
                for T in STEPS
            ]
        )
    return arrays


@plots.styled
def draw(data):
    """One panel per start; staircases over the clipped rectifier."""
    figure, panels = plt.subplots(1, 2, figsize=(9, 3.8), sharey=True)

    for axes, v_init in zip(panels, ("0.5", "0.0"), strict=True):
        # The neuron's rate after T steps, and what it tends to.
        lines = [
            axes.plot(data["z"], rate, drawstyle="steps-mid")[0]
            for rate in data[f"rate_{v_init}"]
        ]
        axes.plot(data["z"], np.clip(data["z"], 0, 1), **plots.THEORY)

        # The activation lies on the staircase of a neuron that starts at half.
        labels = [f"T = {T}" for T in STEPS]
        if v_init == "0.5":
            lines += axes.plot(
                data["dots"],
                data["activation"],
                linestyle="none",
                marker="o",
                markersize=4,
                markerfacecolor="none",
                color=plots.GREY,
            )
            labels.append(f"QCFS, L = {int(data['levels'])}")

        axes.legend(lines, labels, loc="upper left")
        axes.set(
            title=f"started at {v_init} of the threshold",
            xlabel="constant input (thresholds)",
        )

    panels[0].set_ylabel("spikes per step")
    return figure
