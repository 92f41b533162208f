"""Plots of what event cameras record: frames and time surfaces in colour, clouds in space and time,
animations.

Arrays are those of `refsnn.datasets`: frames (T, H, W, 2), channel 0 what became darker, 1 what
became brighter.
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
# for words
ROOM = "<style>.anim-buttons button {width: auto; min-width: 36px; padding: 0 0.4em;}</style>"


def event_image(axes, frame, *, top=None):
    """Draw a frame of events or a time surface: each polarity in its colour, the stronger the more;
    nothing is white.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
    frame : array_like, shape (H, W, 2)
        As of `datasets.frames` or `datasets.time_surface`: what became darker, what became
        brighter.
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


def event_cloud(axes, recording):
    """Draw the events of one recording as points in space and time.

    Parameters
    ----------
    axes : mpl_toolkits.mplot3d.axes3d.Axes3D
        Of `subplot(projection="3d")`.
    recording : datasets.Recordings
        Of length 1.
    """
    for polarity, (name, colour) in enumerate(POLARITY.items()):
        chosen = recording.polarity == polarity
        axes.scatter(
            recording.t[chosen] / 1000,
            recording.x[chosen],
            recording.y[chosen],
            s=2,
            color=colour,
            label=name,
            linewidths=0,
        )
    axes.set(xlabel="time (ms)", ylabel="column", zlabel="row", zlim=(recording.sensor[0] - 1, 0))
    axes.legend(markerscale=3)


@dataclass(frozen=True)
class Animation:
    """What a notebook's page plays: `html` holds pictures, buttons and script, and loads nothing
    from elsewhere.
    """

    html: str

    def _repr_html_(self):
        return self.html


def animation(frames, *, alt, interval=200):
    """An animation of frames of events that plays in the page.

    Parameters
    ----------
    frames : array_like, shape (T, H, W, 2)
        As of `datasets.frames`, of one recording.
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

        html = FuncAnimation(figure, show, len(frames), interval=interval).to_jshtml(
            default_mode="loop"
        )
    plt.close(figure)
    html = re.sub(r"<link[^>]*>", "", html).replace(
        "<img ", f'<img alt="{alt}" '
    )  # the icons are elsewhere
    html = re.sub(
        r'(<button title="([^"]+)"[^>]*>)\s*<i [^>]*></i>',
        lambda tag: tag[1] + BUTTONS[tag[2]],
        html,
    )
    return Animation(html + ROOM)
