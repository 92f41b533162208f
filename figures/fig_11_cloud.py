"""A digit before a simulated event camera: the camera's path, the events in space and
time, a time surface.
"""

import matplotlib.pyplot as plt
import numpy as np

from refsnn import datasets, event_plots, plots

TITLE = "A digit as an event camera sees it"
ALT = (
    "Three panels. Left: the path of the image, a triangle of three straight sides. "
    "Middle: a cloud of events in time, column and row, blue where it became darker "
    "and orange where it became brighter; it changes its course twice, where one side "
    "of the triangle ends. Right: the time surface at the end, in which the edges of "
    "the strokes are strong where they moved last and fade towards where they came "
    "from."
)
DATA = "digits"


def compute(seed=0, image=3, tau=30_000):
    """Film a test digit, three times enlarged, on 34 x 34 pixels; its time surface
    after the last event.
    """
    images, path = (
        datasets.load_digits().x_test[image : image + 1],
        datasets.saccades(4.0, 60),
    )
    recording = datasets.film(
        images,
        path,
        sensor=(34, 34),
        rng=np.random.default_rng(seed),
        zoom=3.0,
        interval=5000,
        threshold=0.4,
        refractory=2000,
    )
    events = {name: getattr(recording, name) for name in ("x", "y", "t", "polarity")}
    return events | {
        "path": path,
        "surface": datasets.time_surface(recording, int(recording.last()[0]), tau)[0],
    }


@plots.styled
def draw(data):
    """Path, cloud, surface."""
    figure = plt.figure(figsize=(10.5, 3.6))
    # What stands along the third axis has no room of its own.
    figure.get_layout_engine().set(wspace=0.15)
    left = figure.add_subplot(1, 3, 1)
    left.plot(
        data["path"][:, 1],
        data["path"][:, 0],
        marker="o",
        markersize=2,
        color=plots.COLOURS[2],
        linestyle="-",
    )
    left.set(xlabel="right (pixels)", ylabel="down (pixels)", aspect="equal")
    left.invert_yaxis()
    recording = datasets.Recordings(
        *(data[name] for name in ("x", "y", "t", "polarity")),
        [0, len(data["t"])],
        data["surface"].shape[:2],
    )
    draw_cloud(figure.add_subplot(1, 3, 2, projection="3d"), recording)
    event_plots.event_image(figure.add_subplot(1, 3, 3), data["surface"], top=1)
    return figure


def draw_cloud(axes, recording):
    """Draw the events of one recording as points in space and time."""
    for polarity, (name, colour) in enumerate(event_plots.POLARITY.items()):
        events = recording.polarity == polarity
        milliseconds = recording.t[events] / 1000
        x, y = recording.x[events], recording.y[events]
        axes.scatter(milliseconds, x, y, s=2, color=colour, label=name, linewidths=0)
    top = recording.sensor[0] - 1
    axes.set(xlabel="time (ms)", ylabel="column", zlabel="row", zlim=(top, 0))
    axes.legend(markerscale=3)
