"""The study `l4`: gain against the exponent gamma of the rule, as a dose response."""

import matplotlib.pyplot as plt
import numpy as np

from refsnn import plots
from refsnn.metrics import interval
from studies.l4 import results as l4
from studies.l4.grid import Arm
from studies.paired import only, single
from studies.table import committed

TITLE = "Gain against the exponent gamma of the L4 rule"
ALT = (
    "Gain over plain conversion in points against the exponent gamma from minus one to "
    "four, for a network whose weight vectors have unit norm at input rate 0.1 without "
    "tuning: lines for 4, 8, 16 and 64 time steps that meet at zero for gamma 0, mean "
    "over seeds with 95 percent intervals. A thin grey line shows what the adjusted "
    "rectifier network itself gains or loses."
)
DATA_SET, NETWORK, MAX_RATE, STEPS = "fashion-mnist", "MLP unit", 0.1, (4, 8, 16, 64)


def compute():
    """Read the committed table: gains with limits (T, exponents, 3), and the rectifier
    network's (exponents,).
    """
    table = committed(f"l4-{DATA_SET}")
    rows = only(table, setting="default", network=NETWORK, max_rate=MAX_RATE)
    doses = np.unique(only(rows, rule="L4", form="incoming")["exponent"])

    # The exponent 0 is plain conversion: no gain.
    exponents = np.sort(np.append(doses, 0.0))
    gain = np.zeros((len(STEPS), len(exponents), 3))
    rectifier = np.zeros(len(exponents))
    for dose in doses:
        arm, k = Arm("L4", exponent=float(dose)), np.searchsorted(exponents, dose)
        for j, T in enumerate(STEPS):
            gain[j, k] = interval(single(l4.gains(only(rows, T=T), arm)))
        first = only(rows, T=STEPS[0])
        rectifier[k] = single(l4.gains(first, arm, column="rectified")).mean()

    return {
        "gain": gain,
        "rectifier": rectifier,
        "gamma": exponents,
        "T": np.array(STEPS),
    }


@plots.styled
def draw(data):
    """A line per T with its intervals; the rectifier network in grey."""
    figure, axes = plt.subplots()

    # Each T has its own dash, and lies a little aside.
    for j, T in enumerate(data["T"]):
        mean, low, high = data["gain"][j].T
        axes.errorbar(
            data["gamma"] + 0.03 * (j - 1.5),
            mean,
            (mean - low, high - mean),
            marker="o",
            linestyle=(0, (5, 1 + j)),
            linewidth=1.3,
            color=plots.COLOURS[j],
            label=f"T = {T}",
        )

    # What the exponent does to the network without spikes.
    axes.plot(
        data["gamma"],
        data["rectifier"],
        color=plots.GREY,
        linewidth=1,
        linestyle="-",
        label="rectifier network",
    )
    axes.axhline(0, color=plots.GREY, linewidth=0.6, linestyle=":")

    axes.set(
        title=f"{DATA_SET}, {NETWORK}, rate {MAX_RATE:g}, not tuned",
        xlabel="exponent γ of the L4 rule",
        ylabel="gain over plain conversion (points)",
    )
    axes.legend()
    return figure
