"""The committed tables of `surrogate` and `width_or_threshold` on the digits are whole and can be computed again."""
import json
from pathlib import Path

import numpy as np
import pytest

from refsnn import provenance, study
from refsnn.studies import surrogate, width_or_threshold

RESULTS = Path(__file__).parents[2] / "figures" / "results"
IMAGES, HELD = 360, 287     # test images of the digits, and held-out ones
STUDIES = pytest.mark.parametrize("module", [surrogate, width_or_threshold], ids=lambda module: module.STUDY.name)


def committed(module, ending="csv"):
    return RESULTS / f"{module.STUDY.name}-digits.{ending}"


@STUDIES
def test_table_is_the_whole_grid_in_order(module):
    """Every point of the grid that is run, every seed, one row a layer, in order; fractions of the images."""
    table, found = study.read(committed(module)), module.STUDY
    assert tuple(table) == found.columns
    seeds, axes = int(table["seed"].max()) + 1, list(found.grid)
    rows = zip(*(table[name].tolist() for name in (*axes, "seed", "layer")), strict=True)
    points = [(*point.values(), seed) for point, seed in found.points(seeds)
              if point.get("alpha") != "learned" or point["start"] in found.settings["learned from"]]
    layers = {point: 2 if point[0] == "batch norm" else 3 for point in points}
    assert list(rows) == [(*point, layer) for point in points for layer in range(1, layers[point] + 1)]
    for column, n in (("accuracy", IMAGES), ("validation_accuracy", HELD)):
        assert np.abs(table[column] * n - np.rint(table[column] * n)).max() < 1e-8      # rounds at 1e-13


@STUDIES
def test_provenance_fits_the_study_and_the_data(module):
    """Settings and grid are the study's as it stands; seeds are those of the table; a clean revision."""
    about, found = json.loads(committed(module, "provenance.json").read_text()), module.STUDY
    assert [about["settings"], about["grid"]] == json.loads(json.dumps([found.settings, found.grid]))
    assert about["seeds"] == study.read(committed(module))["seed"].max() + 1
    assert about["data"] == {"name": "digits", "sha256": provenance.data_hash(study.dataset("digits"))}
    assert len(about["git"]) == 40


@pytest.mark.parametrize("module, point", [
    (surrogate, {"family": "arctan", "alpha": "learned", "start": 0.5}),
    (width_or_threshold, {"net": "plain", "start": 0.5, "learned": "threshold"})], ids=["surrogate", "threshold"])
def test_seed_0_can_be_computed_again(module, point):
    """Another processor may round otherwise and train a slightly different network; accuracies of two such networks
    differ by at most 5 standard errors of a difference of two fractions of 360 images, and one image."""
    table = study.read(committed(module))
    chosen = (table["seed"] == 0) & (table["layer"] == 1)
    for name, value in point.items():
        chosen &= table[name] == value
    (kept,) = table["accuracy"][chosen]
    row = module.run_job(study.Job(0, point, module.STUDY.settings, study.dataset("digits"), 1))[0]
    assert abs(row["accuracy"] - kept) <= 5 * np.sqrt(2 * kept * (1 - kept) / IMAGES) + 1 / IMAGES
