"""Six surrogates of equal height at the threshold: their steps and their slopes."""

import matplotlib.pyplot as plt
import numpy as np

from refsnn import plots, snn

TITLE = "Six families of surrogates at equal height"
ALT = (
    "Two panels against the distance of the potential from the threshold, for six "
    "families with the same slope of one at the threshold. Left: the smooth steps from "
    "zero to one, which agree near the threshold; the hard spike is the dashed black "
    "step. Right: their slopes, a rectangle, a triangle and four bells; arctan and "
    "fast sigmoid have the heaviest tails."
)
FAMILIES = {
    "rectangular": snn.Rectangular,
    "triangular": snn.Triangular,
    "sigmoid": snn.Sigmoid,
    "arctan": snn.Arctan,
    "fast sigmoid": snn.FastSigmoid,
    "Gaussian": snn.Gaussian,
}
QUICK = dict(points=41)


def compute(h0=1.0, reach=2.0, points=801):
    """g and h of every family at the alpha that makes h(0) = `h0`: (families,
    points).
    """
    x = np.linspace(-reach, reach, points)
    chosen = [family(family.width_at(h0)) for family in FAMILIES.values()]
    return {
        "x": x,
        "g": np.stack([each.g(x) for each in chosen]),
        "h": np.stack([each.h(x) for each in chosen]),
    }


@plots.styled
def draw(data):
    """Steps on the left, slopes on the right."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(8.0, 3.4))
    for k, name in enumerate(FAMILIES):
        style = {
            "color": plots.COLOURS[k % len(plots.COLOURS)],
            "linestyle": ("-", "--", ":")[k % 3],
            "label": name,
        }
        left.plot(data["x"], data["g"][k], **style)
        right.plot(data["x"], data["h"][k], **style)
    left.step(data["x"], data["x"] >= 0, where="mid", **plots.THEORY)
    left.set(xlabel="u - threshold", ylabel="smooth step g")
    right.set(xlabel="u - threshold", ylabel="slope h")
    right.legend(fontsize=7)
    return figure
