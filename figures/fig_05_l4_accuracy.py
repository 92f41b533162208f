"""The study `l4`: accuracy against T by rule, everything tuned, and what each rule
gains over plain conversion.
"""

import matplotlib.pyplot as plt
import numpy as np
from refsnn import plots
from refsnn.metrics import interval
from studies.l4 import results as l4
from studies.l4.jobs import PLAIN
from studies.table import committed

TITLE = "Accuracy against T by rule, and its gain over plain conversion"
ALT = (
    "Two rows of three panels for three networks at input rate 0.1, gain and initial "
    "potential tuned for every rule and T. Top: test accuracy in percent against time "
    "steps from 4 to 32 for plain conversion and five rules, lines that rise together. "
    "Bottom: what each rule gains over plain conversion in points, mean over seeds "
    "with 95 percent intervals, around the zero line."
)
DATA_SET, NETWORKS, MAX_RATE = (
    "fashion-mnist",
    ("MLP plain", "MLP unit", "deep MLP unit"),
    0.1,
)
RULES = (
    {"plain": PLAIN, "L4": l4.L4}
    | {name: l4.OTHERS[name][1] for name in ("L2", "sigma", "L4 permuted")}
    | {"largest activation, compensated": l4.OTHERS["largest activation"][1]}
)


def compute():
    """Read the committed table: accuracies (networks, rules, T) in percent; gains and
    limits (.., rules - 1, T, 3).
    """
    table = committed(f"l4-{DATA_SET}")
    chosen = {"setting": "tuned", "max_rate": MAX_RATE}
    accuracy, gain = [], []
    for network in NETWORKS:
        means = [
            l4.only(l4.of(table, arm), l4.KEYS, network=network, **chosen)
            for arm in RULES.values()
        ]
        accuracy.append(
            [
                [100 * np.mean(list(seeds.values())) for seeds in cells.values()]
                for cells in means
            ]
        )
        points = [
            l4.gains(table, arm, network=network, **chosen)
            for arm in RULES.values()
            if arm != PLAIN
        ]
        gain.append([[interval(found) for found in cells.values()] for cells in points])
        T = [cell[l4.KEYS.index("T")] for cell in means[0]]
    return {"accuracy": np.array(accuracy), "gain": np.array(gain), "T": np.array(T)}


@plots.styled
def draw(data):
    """Accuracies above, gains with intervals below."""
    figure, grid = plt.subplots(2, 3, figsize=(11, 6.4), sharex=True)
    steps = np.arange(len(data["T"]))

    for k, (network, (top, bottom)) in enumerate(zip(NETWORKS, grid.T, strict=True)):
        for j, (name, colour) in enumerate(zip(RULES, plots.COLOURS, strict=True)):
            top.plot(
                steps, data["accuracy"][k, j], marker="o", color=colour, label=name
            )
            if name != "plain":
                mean, low, high = data["gain"][k, j - 1].T
                bottom.errorbar(
                    steps + 0.1 * (j - 3),
                    mean,
                    (mean - low, high - mean),
                    marker="o",
                    linestyle="none",
                    color=colour,
                    linewidth=1.2,
                )

        bottom.axhline(0, color=plots.GREY, linewidth=1, linestyle="-")
        top.set(
            title=f"{DATA_SET}, {network}", ylabel="test accuracy (%)" if k == 0 else ""
        )
        bottom.set(
            xlabel="time steps T", ylabel="gain over plain (points)" if k == 0 else ""
        )
        bottom.set_xticks(steps, [str(T) for T in data["T"]])

    figure.legend(
        *grid[0, 0].get_legend_handles_labels(), ncols=6, loc="outside lower center"
    )
    return figure
