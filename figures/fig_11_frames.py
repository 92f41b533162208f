"""One recording in five frames of equal length, and in five of equally many events."""

import matplotlib.pyplot as plt
import numpy as np

from refsnn import datasets, event_plots, plots

TITLE = "Frames of equal time, frames of equal count"
ALT = (
    "Two rows of five small pictures of the events of one filmed digit, blue where it "
    "became darker and orange where it became brighter. Upper row: frames of equal "
    "length, which hold different numbers of events. Lower row: frames of equally many "
    "events, which look much the same. Each picture shows the edges of the digit's "
    "strokes; which colour is on which side changes with the direction in which it "
    "moved."
)
DATA = "digits"
QUICK = dict(T=3)


def compute(seed=0, image=3, T=5):
    """Frames (2, T, H, W, 2), by time and by count, of a test digit filmed on 34 x 34
    pixels.
    """
    images = datasets.load_digits().x_test[image : image + 1]
    recording = datasets.film(
        images,
        datasets.saccades(4.0, 60),
        sensor=(34, 34),
        rng=np.random.default_rng(seed),
        zoom=3.0,
        interval=5000,
        threshold=0.4,
        refractory=2000,
    )
    return {
        "frames": np.concatenate(
            [datasets.frames(recording, T, by=by) for by in ("time", "count")]
        )
    }


@plots.styled
def draw(data):
    """One row per way to cut."""
    T = data["frames"].shape[1]
    figure, panels = plt.subplots(
        2, T, figsize=(1.9 * T, 4.2), sharex=True, sharey=True
    )
    for row, name, frames in zip(
        panels, ("by time", "by count"), data["frames"], strict=True
    ):
        for axes, frame in zip(row, frames, strict=True):
            event_plots.event_image(axes, frame, top=data["frames"].max() / 2)
            axes.set(title=f"{frame.sum():.0f} events", ylabel=f"row, {name}")
            axes.label_outer()
    return figure
