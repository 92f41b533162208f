"""The variance of a leaky potential over the steps: without firing, as the lemma has
it, and with hard reset.
"""

import matplotlib.pyplot as plt
import numpy as np

from refsnn import nn, plots, snn, theory

TITLE = "How far a leaky potential spreads"
DATA = None
ALT = (
    "Two panels of the variance of the potential before firing, in units of the "
    "input's, against time steps 1 to 8, for a quarter and for a half of the potential "
    "left after a step. Dashed black, without firing: from one in the first step to "
    "the lemma's value in the second, a grey line, and above it from the third on. "
    "Below, with hard reset: a line by quadrature through dots of simulated neurons, "
    "which stays under the lemma's value at all steps."
)
QUICK = dict(neurons=2000)


def compute(betas=(0.25, 0.5), T=8, neurons=100_000, seed=0):
    """Variances (betas, T) in closed form, by quadrature and simulated with standard
    normal input, threshold 1.
    """
    current = np.random.default_rng(seed).standard_normal((T, neurons))
    simulated = []
    for beta in betas:
        neuron = snn.LIF(beta, reset="zero", surrogate=snn.Arctan())
        simulated.append(
            neuron.forward(current.reshape(-1, 1), nn.Run(T=T))[1].u[..., 0].var(axis=1)
        )
    return {
        "beta": np.array(betas),
        "simulated": np.array(simulated),
        "free": np.array(
            [
                [theory.potential_std(1.0, t, beta) ** 2 for t in range(1, T + 1)]
                for beta in betas
            ]
        ),
        "reset": np.array(
            [theory.hard_reset_moments(T, beta).std ** 2 for beta in betas]
        ),
    }


@plots.styled
def draw(data):
    """One panel per leak."""
    figure, panels = plt.subplots(
        1, len(data["beta"]), figsize=(8.4, 3.4), squeeze=False
    )
    steps = np.arange(1, data["free"].shape[1] + 1)
    for k, (axes, beta) in enumerate(zip(panels[0], data["beta"], strict=True)):
        # Without firing: the lemma's two steps, and all steps in closed form.
        axes.axhline(
            1 + beta**2,
            color=plots.GREY,
            linestyle="-",
            linewidth=1,
            label="lemma: two steps",
        )
        axes.plot(steps, data["free"][k], **plots.THEORY, label="no firing")

        # With hard reset: quadrature through simulated dots.
        axes.plot(
            steps,
            data["reset"][k],
            color=plots.COLOURS[1],
            linestyle="-",
            label="hard reset, quadrature",
        )
        axes.plot(
            steps,
            data["simulated"][k],
            "o",
            color=plots.COLOURS[0],
            markersize=4,
            label="hard reset, simulated",
        )
        axes.set(title=f"$\\beta$ = {beta:g}", xlabel="step")

    panels[0, 0].set_ylabel("variance of the potential")
    panels[0, -1].legend(fontsize=7, loc="lower right")
    return figure
