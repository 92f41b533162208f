"""Plots of events: what is drawn is what happened, and an animation plays without a network."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_rgb

from figures import fig_11_cloud
from refsnn import datasets, event_plots
from tools.book_offline import remote_loads

RECORDING = datasets.Recordings([0, 2, 1], [1, 0, 1], [0, 1500, 4000], [1, 0, 1], [0, 3], (2, 3))


@pytest.fixture
def axes():
    figure, axes = plt.subplots()
    yield axes
    plt.close(figure)


def test_an_image_has_each_polarity_in_its_colour_and_white_where_there_was_nothing(axes):
    """Two of a pixel's four events: half of the way to the colour."""
    frame = np.zeros((2, 3, 2))
    frame[0, 0, 1], frame[1, 1, 0], frame[1, 2, 0] = 4, 4, 2
    colours = event_plots.event_image(axes, frame).get_array()
    darker, brighter = (np.array(to_rgb(colour)) for colour in event_plots.POLARITY.values())
    assert np.allclose(colours[0, 0], brighter) and np.allclose(colours[1, 1], darker)
    assert np.allclose(colours[1, 2], (1 + darker) / 2) and np.allclose(colours[0, 1:], 1)
    assert np.allclose(event_plots.event_image(axes, 0 * frame).get_array(), 1)
    assert axes.get_xlabel() == "column" and axes.get_ylabel() == "row"


def test_a_cloud_has_a_point_for_each_event():
    figure = plt.figure()
    axes = figure.add_subplot(projection="3d")
    fig_11_cloud.draw_cloud(axes, RECORDING)
    darker, brighter = (np.array(points._offsets3d) for points in axes.collections)
    assert darker.T.tolist() == [[1.5, 2, 0]] and brighter.T.tolist() == [[0, 0, 1], [4, 1, 1]]
    assert axes.get_xlabel() == "time (ms)" and axes.get_zlim() == (1, 0)  # row 0 is above
    plt.close(figure)


def test_an_animation_holds_all_its_pictures_and_needs_no_network():
    """One picture a frame inside the page, words on its buttons, an alt text; matplotlib's own page
    loads a style.
    """
    before = plt.get_fignums()
    page = event_plots.animation(datasets.frames(RECORDING, 4)[0], alt="Three events.")
    html = page._repr_html_()
    assert html.count("data:image/png;base64,") == 4 and remote_loads(html) == []
    assert (
        html.count("<button") == html.count("</button>") == 9
        and "<i " not in html
        and ">play<" in html
    )
    assert ".anim-buttons button {width: auto" in html  # as wide as their words
    assert '<img alt="Three events."' in html and len(html) < 200_000
    assert plt.get_fignums() == before
