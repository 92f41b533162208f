"""Plots of event cameras' recordings: frames and time surfaces in colour, animations.

Arrays are those of `refsnn.datasets`: frames (T, H, W, 2), channel 0 counts events of pixels that
became darker, 1 of those that became brighter.
"""

import re
from dataclasses import dataclass

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.animation import FuncAnimation
from matplotlib.colors import to_rgb

from refsnn.plots import COLOURS, STYLE

POLARITY = {"darker": COLOURS[0], "brighter": COLOURS[1]}
BUTTONS = {
    "Decrease speed": "slower",
    "First frame": "|&lt;",
    "Previous frame": "&lt;",
    "Play backwards": "back",
    "Pause": "pause",
    "Play": "play",
    "Next frame": "&gt;",
    "Last frame": "&gt;|",
    "Increase speed": "faster",
}
# Buttons are wide enough for words.
WIDE_BUTTONS = (
    "<style>.anim-buttons button {width: auto; min-width: 36px; padding: 0 0.4em;}</style>"
)


def event_image(axes, frame, *, top=None):
    """Draw a frame of events or a time surface: each polarity in its colour, stronger where there
    is more; white is nothing.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
    frame : array_like, shape (H, W, 2)
        From `datasets.frames` or `datasets.time_surface`.
    top : float, optional
        The value of full colour (default: the frame's largest).

    Returns
    -------
    matplotlib.image.AxesImage
    """
    frame = np.asarray(frame)
    axes.grid(False)
    axes.set(xlabel="column", ylabel="row")
    return axes.imshow(_coloured(frame, frame.max() if top is None else top))


def _coloured(frame, top):
    """Red, green and blue of events on white: a polarity takes away what its colour lacks."""
    lacking = 1 - np.array([to_rgb(colour) for colour in POLARITY.values()])
    return np.clip(1 - np.clip(frame / (top or 1), 0, 1) @ lacking, 0, 1)


@dataclass(frozen=True)
class Animation:
    """An animation for a notebook's page: `html` holds pictures, buttons and script, and loads
    nothing from elsewhere.
    """

    html: str

    def _repr_html_(self):
        return self.html


def animation(frames, *, alt, interval=200):
    """An animation of frames of events that plays in the page.

    Parameters
    ----------
    frames : array_like, shape (T, H, W, 2)
        From `datasets.frames`, of one recording.
    alt : str
        What it shows, for those who cannot see it.
    interval : float
        Milliseconds from one frame to the next.

    Returns
    -------
    Animation
    """
    frames = np.asarray(frames)
    with plt.style.context(STYLE):
        figure, axes = plt.subplots(figsize=(2.8, 2.8))
        image = event_image(axes, frames[0], top=frames.max())

        def show(t):
            image.set_data(_coloured(frames[t], frames.max()))
            axes.set_title(f"frame {t + 1} of {len(frames)}")

        moving = FuncAnimation(figure, show, len(frames), interval=interval)
        html = moving.to_jshtml(default_mode="loop")
    plt.close(figure)

    # The icons are on another server: the page gets words instead.
    def in_words(button):
        return button[1] + BUTTONS[button[2]]

    html = re.sub(r"<link[^>]*>", "", html)
    html = html.replace("<img ", f'<img alt="{alt}" ')
    html = re.sub(r'(<button title="([^"]+)"[^>]*>)\s*<i [^>]*></i>', in_words, html)
    return Animation(html + WIDE_BUTTONS)
