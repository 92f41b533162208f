"""Every figure: what it computes is finite and named, what it draws is labelled, and it says what
it shows.
"""

import json
from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.image import imread
from matplotlib.text import Text

from refsnn import gallery
from studies.scaling import jobs as scaling

FOLDER = Path(__file__).parents[2] / "figures"
SMALL = {  # settings that keep a test short; the keys are the figures that must exist
    "accuracy_over_time": {"epochs": 2, "T": 8},
    "free_potential": {"epochs": 2, "T": 8, "presentations": 400},
    "one_image": {"epochs": 1, "T": 8},
    "scaling_study": {},
    "learning_curve": {"epochs": 2},
    "activation_against_rate": {"epochs": 1, "T": 8, "short": 2, "images": 20},
    "resets": {"T": 20},
    "speed": {},
    "norms": {"inputs": 40, "trials": 60, "hidden": 16, "epochs": 1, "images": 4},
    "crossover": {"trials": 100, "points": 13},
    "tail": {},
    "counts": {"trials": 200, "points": 21, "measured": 6},
    "spurious": {"T": 32, "trials": 200},
    "error_map": {"means": 4, "noises": 3},
    "prediction": {},
    "prediction_map": {},
    "staircases": {},
    "error_split": {"epochs": 1, "images": 20},
    "levels": {},
    "sigma": {"epochs": 2},
    "residuals": {"epochs": 1},
    "noise_gain": {},
    "residual_evidence": {},
    "loss_line": {"images": 8, "points": 21},
    "families": {"points": 41},
    "width": {"epochs": 1, "widths": (0.1, 0.5)},
    "psg_shapes": {"epochs": 2},
    "psg_windows": {"epochs": 1, "starts": (0.5, 2.0)},
    "psg_gradients": {},
    "psg_starts": {},
    "psg_gains": {},
    "width_or_threshold": {},
    "raw_alpha": {"epochs": 2, "seeds": 1},
    "potential_spread": {"neurons": 2000},
    "potential_layers": {"epochs": 1, "images": 10},
    "potential_gain": {},
    "spiking_steps": {},
    "pixel": {},
    "cloud": {},
    "frames": {"T": 3},
    "nmnist": {},
    "l4_sigma": {"epochs": 1, "images": 3, "trials": 8, "T": 4},
    "l4_potentials": {"epochs": 1, "trials": 60},
    "l4_accuracy": {},
    "l4_gain_map": {},
    "l4_best_baseline": {},
    "l4_dose": {},
    "l4_theory": {},
}
KEYS = {
    "accuracy_over_time": {"direct", "poisson", "ann"},
    "free_potential": {"potential", "mean", "std", "channel", "T"},
    "one_image": {"image", "label", "spikes", "scores", "ann_scores"},
    "scaling_study": {"gap", "T"},
    "learning_curve": {"loss", "validation_loss", "accuracy", "validation_accuracy", "confusion"},
    "activation_against_rate": {
        "short",
        "T",
        "activation_1",
        "activation_5",
        "rate_short_1",
        "rate_short_5",
        "rate_1",
        "rate_5",
    },
    "speed": {
        f"{curve}: {line}"
        for curve in ("T", "width", "images", "spike rate")
        for line in ("refsnn", "matrix product", "bandwidth")
    }
    | {"spike rate: slab", "spike rate: event"},
    "resets": {"charge", "spikes_subtract", "spikes_zero", "v_subtract", "v_zero"},
    "norms": {
        f"{name}_{regime}"
        for name in ("sigma", "L2", "L4")
        for regime in ("unrelated", "aligned", "trained")
    },
    "crossover": {"relative_rho", "sigma", "chosen", "measured", "trials"},
    "tail": {"V", "p", "mean", "std", "level", "tail", "saddlepoint", "bound", "skewness"},
    "counts": {"formula", "rectified", "simulated", "error", "mean", "chosen", "std", "T"},
    "spurious": {"times", "drift", "std", "simulated", "error", "formula", "limit"},
    "error_map": {"mean", "std", "times", "exact", "first_passage", "expected_spike_count"},
    "prediction": {"simulated", "predicted", "rectified", "T"},
    "prediction_map": {"max_rate"}
    | {f"{name}_{kind}" for name in ("gap", "sigma", "T") for kind in ("dense", "convolutional")},
    "staircases": {"z", "levels", "dots", "activation", "rate_0.5", "rate_0.0"},
    "error_split": {"T", "relu", "qcfs"},
    "levels": {"T", "accuracy"},
    "sigma": {"sigma", "T"},
    "residuals": {"edges"}
    | {f"{what}{name}" for what in ("", "outside_", "distance_") for name in ("plain", "noise")},
    "noise_gain": {"T", "difference"},
    "residual_evidence": {"T"}
    | {
        f"{net}{what}"
        for net in ("Fashion-MNIST, wide", "Fashion-MNIST, narrow")
        for what in ("", ": difference")
    },
    "loss_line": {
        f"{name}_{reach}" for name in ("distance", "hard", "smooth") for reach in ("wide", "narrow")
    },
    "families": {"x", "g", "h"},
    "width": {"width", "accuracy", "alpha", "window"},
    "psg_shapes": {"x", "slope", "start"},
    "psg_windows": {"start", "window"},
    "psg_gradients": {"start", "gradient"},
    "psg_starts": {"start_fixed", "accuracy_fixed", "start_learned", "accuracy_learned"},
    "psg_gains": {"difference"},
    "width_or_threshold": {"start", "difference", "neither"},
    "raw_alpha": {"accuracy", "width", "start"},
    "potential_spread": {"beta", "simulated", "free", "reset"},
    "potential_layers": {"edges", "density", "moments", "threshold", "target"},
    "potential_gain": {
        f"{data}, {norm} batch norm"
        for data in ("digits", "Fashion-MNIST")
        for norm in ("with", "without")
    },
    "spiking_steps": {"measured", "five seeds", "trained", "none", "jeffreys 1"},
    "pixel": {"t", "level", "told", "told_blind", "event_t", "event_polarity", "threshold"},
    "cloud": {"x", "y", "t", "polarity", "path", "surface"},
    "frames": {"frames"},
    "nmnist": {"accuracy"},
    "l4_sigma": {"T"}
    | {
        f"{name}_{layer}"
        for name in ("sigma", "L2", "L4", "length", "mean_rate", "phi")
        for layer in ("plain", "unit", "second")
    },
    "l4_potentials": {"potential", "mean", "std", "factor", "v_init"},
    "l4_accuracy": {"accuracy", "gain", "T"},
    "l4_gain_map": {"network", "max_rate", "T", "mean", "low", "high"},
    "l4_best_baseline": {"network", "form", "max_rate", "T", "mean", "low", "high"},
    "l4_dose": {"gain", "rectifier", "gamma", "T"},
    "l4_theory": {"predicted", "simulated", "max_rate", "T"},
}


@pytest.fixture(scope="module")
def computed():
    """What each figure computes at small settings, once."""
    kept = {}

    def get(slug):
        if slug not in kept:
            kept[slug] = gallery.load(gallery.find(slug, FOLDER)).compute(**SMALL[slug])
        return kept[slug]

    return get


def test_every_script_is_tested_here():
    """A new script must enter the tables above."""
    slugs = [gallery.slug(script) for script in gallery.scripts(FOLDER)]
    assert sorted(slugs) == sorted(SMALL) == sorted(KEYS)


@pytest.mark.parametrize("slug", SMALL)
def test_provenance_finds_the_data_that_a_figure_names(slug):
    """A script's DATA is a bundled data set, or there is none: `make figures` hashes it."""
    module = gallery.load(gallery.find(slug, FOLDER))
    data = gallery._data(module)
    assert data is None or (data["name"] == "digits" and len(data["sha256"]) == 64)


@pytest.mark.parametrize("slug", SMALL)
def test_compute_returns_finite_named_arrays(slug, computed):
    """All keys, all finite."""
    arrays = computed(slug)
    assert set(arrays) == KEYS[slug]
    assert all(np.isfinite(array).all() for array in arrays.values())


@pytest.mark.parametrize("slug", SMALL)
def test_draw_makes_a_labelled_figure(slug, computed):
    """A Figure; outer axes have labels on both axes; title and alt text say something."""
    module = gallery.load(gallery.find(slug, FOLDER))
    figure = module.draw({name: np.asarray(array) for name, array in computed(slug).items()})
    assert isinstance(figure, Figure)
    for axes in figure.axes:
        place = axes.get_subplotspec()
        if place is None:  # a colour bar: its label stands along it
            assert axes.get_ylabel()
            continue
        assert axes.get_xlabel() or not place.is_last_row()
        assert axes.get_ylabel() or not place.is_first_col()
    assert module.TITLE and len(module.ALT.split()) >= 25


@pytest.mark.parametrize("slug", SMALL)
def test_texts_do_not_overlap(slug, computed):
    """Titles, axis labels, tick labels and annotations of a drawn figure keep clear of each
    other.
    """
    module = gallery.load(gallery.find(slug, FOLDER))
    figure = module.draw({name: np.asarray(array) for name, array in computed(slug).items()})
    figure.draw_without_rendering()
    boxes = []
    for axes in figure.axes:
        texts = [
            child for child in axes.get_children() if isinstance(child, Text)
        ]  # titles, annotations
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
    gap = arrays["rate_1"] - np.clip(arrays["activation_1"], 0, 1)
    assert np.abs(gap).max() <= 1 / (2 * SMALL["activation_against_rate"]["T"]) + 1e-4
    assert np.abs(gap).max() > 1 / (
        4 * SMALL["activation_against_rate"]["T"]
    )  # the bound is not idle


def test_scaling_figure_holds_the_whole_committed_study(computed):
    """Every input, rule, seed and T of the committed table is in the figure, and its alt text is
    true of it.
    """
    gap, T = computed("scaling_study")["gap"], computed("scaling_study")["T"]
    assert gap.shape == (
        2,
        4,
        scaling.STUDY.seeds,
        scaling.STUDY.settings["T"],
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
    script = tmp_path / "fig_02_resets.py"
    script.write_bytes((FOLDER / "fig_02_resets.py").read_bytes())
    (outcome,) = gallery.draw_all(tmp_path, only="resets", progress=False)
    assert outcome.error is None and outcome.path == tmp_path / "out" / "fig_02_resets.png"
    assert imread(outcome.path).shape[2] == 4 and outcome.bytes == outcome.path.stat().st_size
    about = json.loads(outcome.path.with_suffix(".json").read_text())
    assert about["settings"] == {"seed": 0, "T": 40, "low": 0.2, "high": 0.8}
    assert about["alt"] == gallery.load(script).ALT and {"numpy", "matplotlib"} <= set(
        about["versions"]
    )
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        ".cache",
        "fig_02_resets.json",
        "fig_02_resets.png",
    ]
