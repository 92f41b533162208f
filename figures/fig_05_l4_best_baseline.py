"""The study `l4`: what the L4 rule gains over the best plain scaling when both are
tuned alike.
"""

import matplotlib.pyplot as plt
import numpy as np

from refsnn import plots
from refsnn.metrics import interval
from studies.l4 import results as l4
from studies.l4.grid import COMPENSATED, L4, NETWORKS
from studies.paired import only
from studies.table import committed

TITLE = "Gain of the L4 rule over the best plain scaling, both tuned"
ALT = (
    "Eight panels, one per network: gain of the L4 rule over the better of percentile "
    "and per-neuron scaling in points against time steps, mean over seeds with 95 "
    "percent intervals; circles at input rate 1, squares at 0.1, filled for the "
    "incoming and open for the compensated form; the two CNN panels have the incoming "
    "form at rate 1 only. Gain and initial potential are tuned alike for all, and the "
    "baseline is chosen on validation images. Grey lines at zero and, dotted, at the "
    "claimed gain of 2.5 points."
)
DATA_SET = "fashion-mnist"
ARMS = {"incoming": L4, "compensated": COMPENSATED}
RATES = (1.0, 0.1)


def compute():
    """Read the committed table: one entry per cell and form, with its network's number
    and the gain's interval.
    """
    tuned, entries = only(committed(f"l4-{DATA_SET}"), setting="tuned"), []
    for form, arm in enumerate(ARMS.values()):
        for (network, max_rate, T), points in l4.over_best_plain(tuned, arm).items():
            place = NETWORKS.index(network), form, max_rate, T
            entries.append((*place, *interval(points)))
    names = ("network", "form", "max_rate", "T", "mean", "low", "high")
    return dict(zip(names, np.array(entries).T, strict=True))


@plots.styled
def draw(data):
    """One panel per network; intervals beside each other at each T."""
    figure, axes = plt.subplots(2, 4, figsize=(12.5, 5.6), sharex=True, sharey=True)
    T, bars = np.unique(data["T"]), []
    series = [(form, rate) for form in range(len(ARMS)) for rate in RATES]
    for k, panel in enumerate(axes.flat):
        panel.axhline(0, color=plots.GREY, linewidth=1, linestyle="-")
        panel.axhline(l4.CLAIMED, color=plots.GREY, linewidth=1, linestyle=":")

        # One mean with its interval per form of the rule, input rate and T.
        for j, (form, rate) in enumerate(series):
            rows = (data["network"] == k) & (data["form"] == form)
            rows &= data["max_rate"] == rate
            mean, low, high = (data[name][rows] for name in ("mean", "low", "high"))
            bar = panel.errorbar(
                np.searchsorted(T, data["T"][rows]) + 0.14 * (j - 1.5),
                mean,
                (mean - low, high - mean),
                marker="os"[rate < 1],
                color=plots.COLOURS[j % 2],
                linestyle="none",
                linewidth=1.2,
                markerfacecolor="white" if form else plots.COLOURS[j % 2],
            )
            bars.append(bar)

        panel.set_xticks(range(len(T)), [f"{t:g}" for t in T])
        panel.set(
            title=f"{DATA_SET}, {NETWORKS[k]}",
            xlabel="time steps T" if k >= 4 else "",
            ylabel="gain over best plain (points)" if k % 4 == 0 else "",
        )

    figure.legend(
        bars[:4],
        [f"{form}, rate {rate:g}" for form in ARMS for rate in RATES],
        ncols=4,
        loc="outside lower center",
    )
    return figure
