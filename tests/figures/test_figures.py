"""Every figure: what it computes is finite and named, what it draws is labelled, and it says what
it shows.
"""

import json
import re

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.image import imread
from matplotlib.text import Text

from figures import gallery
from studies.scaling import grid as scaling

SCRIPTS = {slug: gallery.load(slug) for slug in gallery.scripts()}
CHAPTERS = [path.read_text() for path in (gallery.ROOT / "chapters").glob("*.md")]


class Watched(dict):
    """A dict that remembers which of its keys were asked for."""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.read = set()

    def __getitem__(self, key):
        self.read.add(key)
        return super().__getitem__(key)

    def items(self):
        self.read.update(self)
        return super().items()


@pytest.fixture(scope="module")
def computed():
    """What each figure computes at its quick settings, once."""
    cached = {}

    def get(slug):
        if slug not in cached:
            script = SCRIPTS[slug]
            arrays = script.compute(**getattr(script, "QUICK", {}))
            cached[slug] = {name: np.asarray(array) for name, array in arrays.items()}
        return cached[slug]

    return get


@pytest.mark.parametrize("slug", SCRIPTS)
def test_provenance_finds_the_data_that_a_figure_names(slug):
    """A script's DATA is a bundled data set, or there is none: `make figures` hashes it."""
    data = gallery._data(SCRIPTS[slug])
    assert data is None or (data["name"] == "digits" and len(data["sha256"]) == 64)


@pytest.mark.parametrize("slug", SCRIPTS)
def test_compute_returns_finite_arrays(slug, computed):
    arrays = computed(slug)
    assert arrays and all(array.size for array in arrays.values())
    assert all(np.isfinite(array).all() for array in arrays.values())


@pytest.mark.parametrize("slug", SCRIPTS)
def test_what_compute_returns_is_drawn_or_read_by_a_chapter(slug, computed):
    """No array is computed for nothing: those that `draw` leaves out are looked up in a chapter
    that shows the figure.
    """
    arrays = Watched(computed(slug))
    SCRIPTS[slug].draw(arrays)
    chapters = [text for text in CHAPTERS if f'gallery.arrays("{slug}")' in text]
    looked_up = "|".join(re.findall(r'\[f?"([^"]+)"\]', "".join(chapters)))
    looked_up = re.sub(r"\{\w+\}", r"\\w+", looked_up)  # f"outside_{name}": any name
    unread = {name for name in arrays if not re.fullmatch(looked_up, name)} - arrays.read
    assert not unread


@pytest.mark.parametrize("slug", SCRIPTS)
def test_draw_makes_a_labelled_figure(slug, computed):
    """A Figure; outer axes have labels on both axes; title and alt text say something."""
    script = SCRIPTS[slug]
    figure = script.draw(computed(slug))
    assert isinstance(figure, Figure)
    for axes in figure.axes:
        place = axes.get_subplotspec()
        if place is None:  # a colour bar: its label stands along it
            assert axes.get_ylabel()
            continue
        assert axes.get_xlabel() or not place.is_last_row()
        assert axes.get_ylabel() or not place.is_first_col()
    assert script.TITLE and len(script.ALT.split()) >= 25


@pytest.mark.parametrize("slug", SCRIPTS)
def test_texts_do_not_overlap(slug, computed):
    """Titles, axis labels, tick labels and annotations of a drawn figure keep clear of each
    other.
    """
    figure = SCRIPTS[slug].draw(computed(slug))
    figure.draw_without_rendering()
    boxes = []
    for axes in figure.axes:
        # Titles, annotations.
        texts = [child for child in axes.get_children() if isinstance(child, Text)]
        texts += [axes.xaxis.label, axes.yaxis.label]
        boxes += [(text.get_text(), text.get_window_extent()) for text in texts if text.get_text()]
    overlapping = [
        (a, b) for k, (a, box) in enumerate(boxes) for b, other in boxes[:k] if box.overlaps(other)
    ]
    assert not overlapping
    width, height = figure.canvas.get_width_height()
    assert all(
        box.x0 >= 0 and box.y0 >= 0 and box.x1 <= width and box.y1 <= height for _, box in boxes
    )


def test_free_potential_agrees_with_the_closed_form(computed):
    """Mean and variance of the figure's potentials within 5 standard errors of theory; half the
    variance is caught.

    Over n presentations the mean has standard error sigma / sqrt(n), the variance about sigma^2
    sqrt(2 / n).
    """
    arrays = computed("free_potential")
    V, mean, std = arrays["potential"], arrays["mean"], arrays["std"]
    n = len(V)
    assert (np.abs(V.mean(axis=0) - mean) < 5 * std / np.sqrt(n)).all()
    assert (np.abs(V.var(axis=0) - std**2) < 5 * std**2 * np.sqrt(2 / n)).all()
    assert (np.abs(V.var(axis=0) - std**2 / 2) > 5 * std**2 / 2 * np.sqrt(2 / n)).all()


def test_resets_figure_shows_what_theory_says(computed):
    """Reset by subtraction: spikes so far are the charge, rounded down, at each step; reset to zero
    has fewer.
    """
    arrays = computed("resets")
    assert np.cumsum(arrays["spikes_subtract"]).tolist() == np.floor(arrays["charge"]).tolist()
    assert arrays["spikes_zero"].sum() < arrays["spikes_subtract"].sum()


def test_first_layer_rates_are_the_staircase(computed):
    """Direct input: a first-layer neuron's rate is its clipped activation, rounded to 1/T, to half
    a step.

    A rate that starts at half a threshold is floor(T z + 1/2) / T for z in [0, 1], which differs
    from z by 1 / (2 T) at most; 1e-4 is for sums of T = 8 float32 currents of order 1, each rounded
    by less than 1e-6.
    """
    arrays = computed("activation_against_rate")
    gap, T = arrays["rate_1"] - np.clip(arrays["activation_1"], 0, 1), arrays["T"]
    assert np.abs(gap).max() <= 1 / (2 * T) + 1e-4
    assert np.abs(gap).max() > 1 / (4 * T)  # the bound is not idle


def test_scaling_figure_holds_the_whole_committed_study(computed):
    """Every input, rule, seed and T of the committed table is in the figure, and its alt text is
    true of it.
    """
    gap, T = computed("scaling_study")["gap"], computed("scaling_study")["T"]
    assert gap.shape == (
        2,
        4,
        scaling.STUDY.seeds,
        scaling.STUDY.settings.T,
    ) and T.tolist() == list(range(1, 65))
    mean = gap.mean(axis=2)
    early = mean[:, :, (T >= 2) & (T <= 4)]
    assert (
        np.diff(early, axis=1) < 0
    ).all()  # per neuron, percentile, maximum, balanced: ever farther below
    assert (np.abs(mean[:, :, T >= 16]) <= 1).all()


def test_loss_line_is_a_staircase_under_a_curve(computed):
    """With hard spikes the enlarged loss takes few values, with smooth steps as many as there are
    points.
    """
    arrays = computed("loss_line")
    assert (
        len(set(arrays["hard_narrow"]))
        < len(set(arrays["smooth_narrow"]))
        == len(arrays["distance_narrow"])
    )


def test_gallery_writes_picture_and_provenance(tmp_path):
    """One figure through the gallery: a readable PNG, a JSON that says what made it, and nothing
    else in out/.
    """
    (tmp_path / "fig_02_resets.py").write_bytes(gallery.scripts()["resets"].read_bytes())
    (drawing,) = gallery.draw_all(tmp_path, only="resets", progress=False)
    assert drawing.error is None and drawing.path == tmp_path / "out" / "fig_02_resets.png"
    assert imread(drawing.path).shape[2] == 4
    about = json.loads(drawing.path.with_suffix(".json").read_text())
    assert about["settings"] == {"seed": 0, "T": 40, "low": 0.2, "high": 0.8}
    assert about["alt"] == SCRIPTS["resets"].ALT and {"numpy", "matplotlib"} <= set(
        about["versions"]
    )
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        ".cache",
        "fig_02_resets.json",
        "fig_02_resets.png",
    ]
