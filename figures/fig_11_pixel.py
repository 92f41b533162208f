"""One pixel of an event camera: what its events tell of the brightness, with and
without a refractory period.
"""

import matplotlib.pyplot as plt
import numpy as np

from refsnn import datasets, event_plots, plots

TITLE = "What the events of one pixel tell"
ALT = (
    "Two panels over 70 milliseconds, while a row of a digit passes before one pixel. "
    "Left: its log brightness, a line that rises steeply, bends and falls back, and "
    "the staircase that its events tell, one threshold a step, up at a brighter event "
    "and down at a darker one; ticks mark the events. Right: what the events tell "
    "minus the log brightness. Without refractory period it stays between the dashed "
    "black lines, one threshold above and below zero; with one it falls several "
    "thresholds below them while the brightness rises."
)
DATA = "digits"


def compute(image=3, row=2, threshold=0.2, refractory=3000, dark=0.1, interval=10_000):
    """Film one row of a test digit with a sensor of one pixel; log brightness and what
    events tell every 0.1 ms.
    """
    pixels = datasets.load_digits().x_test[image, row, :, 0]
    place = (len(pixels) - 1) / 2 - np.arange(len(pixels))
    path = np.stack([0 * place, place], axis=1)

    end = (len(pixels) - 1) * interval
    t = np.arange(0, end + 1, 100)
    level = np.interp(
        t, np.arange(len(pixels)) * interval, np.log(dark + pixels.astype(np.float64))
    )
    arrays = {"t": t / 1000, "level": level, "threshold": np.array(threshold)}

    # Without and with a refractory period: one threshold per event so far.
    for name, blind in (("told", 0), ("told_blind", refractory)):
        recording = datasets.film(
            pixels.reshape(1, 1, -1, 1),
            path,
            sensor=(1, 1),
            rng=np.random.default_rng(0),
            interval=interval,
            threshold=threshold,
            mismatch=0,
            refractory=blind,
            dark=dark,
        )

        so_far = np.concatenate(
            [[0], np.cumsum(2 * recording.polarity.astype(int) - 1)]
        )
        arrays[name] = level[0] + threshold * so_far[np.searchsorted(recording.t, t)]
        if not blind:
            arrays |= {
                "event_t": recording.t / 1000,
                "event_polarity": recording.polarity,
            }

    return arrays


@plots.styled
def draw(data):
    """Brightness and staircase; their difference without and with a refractory
    period.
    """
    figure, (left, right) = plt.subplots(1, 2, figsize=(8.4, 3.4))

    # Left: log brightness, the staircase that events tell, and ticks for the events.
    left.plot(
        data["t"],
        data["level"],
        color=plots.GREY,
        linestyle="-",
        label="log brightness",
    )
    left.step(
        data["t"],
        data["told"],
        where="post",
        color=plots.COLOURS[2],
        linestyle="-",
        linewidth=1.2,
        label="told",
    )
    bottom = data["level"].min() - 0.3
    for polarity, (name, colour) in enumerate(event_plots.POLARITY.items()):
        events = data["event_t"][data["event_polarity"] == polarity]
        left.plot(
            events,
            np.full(len(events), bottom - 0.15 * polarity),
            "|",
            color=colour,
            label=name,
        )

    left.set(xlabel="time (ms)", ylabel="log brightness")
    left.legend(fontsize=8)

    # Right: the difference, with the theorem's bound of one threshold either way.
    C = float(data["threshold"])
    for sign in (1, -1):
        right.axhline(sign * C, **plots.THEORY)
    for name, colour, label in (
        ("told_blind", plots.COLOURS[1], "blind after an event"),
        ("told", plots.COLOURS[2], "never blind"),
    ):
        right.plot(
            data["t"],
            data[name] - data["level"],
            color=colour,
            linestyle="-",
            linewidth=1.2,
            label=label,
        )

    right.set(xlabel="time (ms)", ylabel="told minus true")
    right.legend(fontsize=8, loc="center right")
    return figure
