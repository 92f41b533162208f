"""The gallery: what is kept is true, what fails is said, and one failure does not stop the rest."""

import json

import matplotlib
import numpy as np
import pytest
from matplotlib.figure import Figure

from figures import __main__, gallery
from figures.panels import _apart, seeds_and_intervals
from refsnn import plots

SCRIPT = """
from pathlib import Path
import matplotlib.pyplot as plt
import numpy as np
TITLE, ALT, DATA = "a line", "A line that rises.", "digits"
def compute(n=3, seed=1):
    count = Path(__file__).with_name("count.txt")
    count.write_text(count.read_text() + "x" if count.exists() else "x")
    return {"y": np.arange(n)}
def draw(data):
    figure, axes = plt.subplots()
    axes.plot(data["y"])
    return figure
"""


@pytest.fixture
def folder(tmp_path):
    """A folder with one good script."""
    (tmp_path / "fig_00_line.py").write_text(SCRIPT)
    return tmp_path


def times_computed(folder):
    return len((folder / "count.txt").read_text())


def test_cached_arrays_are_used_until_something_changes(folder, monkeypatch):
    """Drawn twice, computed once; another script or another study result: computed again."""
    monkeypatch.setattr(gallery, "ROOT", folder)
    for _ in range(2):
        assert gallery.write("line", folder)
    assert times_computed(folder) == 1
    (folder / "studies" / "some" / "tables").mkdir(parents=True)
    (folder / "studies" / "some" / "tables" / "some-digits.csv").write_text("seed\n0\n")
    gallery.write("line", folder)
    assert times_computed(folder) == 2
    gallery.provenance.source_hash.cache_clear()
    (folder / "fig_00_line.py").write_text(SCRIPT.replace("n=3", "n=4"))
    gallery.write("line", folder)
    assert times_computed(folder) == 3 and len(list((folder / "out" / ".cache").glob("*.npz"))) == 1


def test_damaged_cache_is_computed_again(folder):
    """A cut file in the cache counts as none."""
    gallery.write("line", folder)
    (cached,) = (folder / "out" / ".cache").glob("*.npz")
    cached.write_bytes(cached.read_bytes()[:50])
    gallery.write("line", folder)
    assert times_computed(folder) == 2


def test_provenance_names_settings_and_data(folder):
    """Defaults of compute are the settings; the data set has its hash."""
    about = json.loads(gallery.write("line", folder).with_suffix(".json").read_text())
    assert about["settings"] == {"n": 3, "seed": 1} and about["data"]["name"] == "digits"
    assert str(folder) not in json.dumps(about)


def test_a_failing_figure_does_not_stop_the_others(folder, capsys):
    """Three bad scripts and a good one: the good one is drawn, each bad one gets a sentence, the
    exit code is 1.
    """
    (folder / "fig_00_bad.py").write_text(SCRIPT.replace("np.arange(n)", "np.arange(n) / missing"))
    (folder / "fig_00_broken.py").write_text("def compute(:\n")
    (folder / "fig_00_silent.py").write_text(SCRIPT.replace("ALT", "_ALT"))
    assert __main__.main([], folder) == 1
    out, err = capsys.readouterr()
    assert (folder / "out" / "fig_00_line.png").exists() and "fig_00_line.png" in out
    sentences = [line for line in err.splitlines() if line.startswith("figures: ")]
    assert len(sentences) == 3
    assert "fig_00_bad.py, line 9: NameError" in sentences[0]
    assert "fig_00_broken.py" in sentences[1] and "SyntaxError" in sentences[1]
    assert "must define ALT" in sentences[2]
    assert not (folder / "out" / "fig_00_bad.png").exists()


def test_unknown_slug_lists_those_there_are(folder, capsys):
    """--only with a slug that no script has; the same from a chapter."""
    assert __main__.main(["--only", "nothing"], folder) == 1
    assert "figure must be one of 'line', not 'nothing'" in capsys.readouterr().err
    for chapter_call in (gallery.show, gallery.arrays):
        with pytest.raises(ValueError, match="figure must be one of 'line', not 'nothing'"):
            chapter_call("nothing", folder)


def test_list_names_slugs_and_titles(folder, capsys):
    assert __main__.main(["--list"], folder) == 0
    assert capsys.readouterr().out == "line  a line\n"


def test_an_empty_folder_is_answered_with_one_sentence(tmp_path, capsys):
    assert __main__.main([], tmp_path) == 1
    assert "There is no script fig_NN_slug.py" in capsys.readouterr().err


def test_a_chapter_gets_figure_and_arrays_from_one_computation(folder):
    """`arrays`, then `show`: computed once; the figure shows the arrays."""
    y = gallery.arrays("line", folder)["y"]
    (axes,) = gallery.show("line", folder).axes
    assert np.array_equal(axes.lines[0].get_ydata(), y) and times_computed(folder) == 1


def test_where_nothing_can_be_written_figures_are_shown_all_the_same(folder, monkeypatch):
    """A chapter in a checkout that its reader may not write: computed each time."""

    def refuse(*arguments, **settings):
        raise PermissionError("read only")

    monkeypatch.setattr(gallery.disk, "write_atomically", refuse)
    for _ in range(2):
        assert gallery.arrays("line", folder)["y"].tolist() == [0, 1, 2]
    assert times_computed(folder) == 2


def test_drawing_leaves_the_notebook_s_backend_alone(folder):
    """Whoever draws a figure goes on with the backend that was set before."""
    before = matplotlib.get_backend()
    matplotlib.use("svg")  # stands for the notebook's
    try:
        gallery.write("line", folder)
        gallery.show("line", folder)
        assert matplotlib.get_backend() == "svg"
    finally:
        matplotlib.use(before)


def test_labels_are_moved_apart_and_no_farther():
    """Positions keep order and the gap, those apart already stay, and a crowd keeps its mean."""
    rng = np.random.default_rng(0)
    for heights in np.sort(rng.uniform(0, 40, (50, 4)), axis=1):
        placed = _apart(heights, gap=11)
        assert (np.diff(placed) >= 11 - 1e-9).all()  # 1e-9: sums of numbers below 100 in float64
        assert abs(placed.mean() - heights.mean()) < 1e-9
    assert _apart(np.array([0.0, 20.0, 40.0]), gap=11).tolist() == [0, 20, 40]


@pytest.mark.parametrize("horizontal", [False, True])
def test_seeds_and_their_interval_stand_at_their_place(horizontal):
    """Three seeds: the mean and the ends, 4.3027 standard errors away (Student t, n = 3); groups in
    order.
    """
    axes = Figure().subplots()
    groups = {"one": [1, 2, 6], "two": [4, 4, 4]}
    seeds_and_intervals(axes, groups, horizontal=horizontal, aside=0.25, zero=False)
    drawn = [line.get_data()[:: -1 if horizontal else 1] for line in axes.lines]
    dots, bar, mean = drawn[:3]
    axis = axes.yaxis if horizontal else axes.xaxis
    assert [label.get_text() for label in axis.get_ticklabels()] == list(groups)
    half = 4.3027 * np.std([1, 2, 6], ddof=1) / np.sqrt(3)
    assert np.array_equal(dots, [[0, 0, 0], [1, 2, 6]]) and np.array_equal(
        np.ravel(mean), [0.25, 3]
    )
    assert np.allclose(bar, [[0.25, 0.25], [3 - half, 3 + half]], atol=1e-3)
    assert np.array_equal(drawn[4], [[1.25, 1.25], [4, 4]])


def test_style_is_the_one_of_okabe_and_ito():
    """The colours are those of the palette, each line has dashes of its own; black is left to
    theory.
    """
    assert plots.COLOURS == ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9"]
    assert plots.THEORY["color"] == "black" and plots.THEORY["linestyle"] == "--"
