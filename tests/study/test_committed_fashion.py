"""The committed table of the study `scaling_fashion` is whole and holds what is said of it."""

import json
from pathlib import Path

import numpy as np
import pytest

from refsnn import study
from refsnn.studies.scaling_fashion import STUDY

RESULTS = Path(__file__).parents[2] / "figures" / "results"
IMAGES = 10_000  # test images of Fashion-MNIST


@pytest.fixture(scope="module")
def table():
    return study.read(RESULTS / "scaling_fashion-fashion-mnist.csv")


def test_table_is_the_whole_grid_of_fractions(table):
    """One row for each seed, input, rule and T; accuracies are whole numbers of test images."""
    assert tuple(table) == STUDY.columns
    rows = set(
        zip(*(table[name].tolist() for name in ("seed", "input", "scaling", "T")), strict=True)
    )
    assert len(rows) == len(table["T"]) == STUDY.seeds * 2 * 4 * STUDY.settings["T"]
    for column in ("accuracy", "ann_accuracy"):
        assert (
            np.abs(table[column] * IMAGES - np.rint(table[column] * IMAGES)).max() < 1e-8
        )  # rounds at 1e-12


def test_provenance_fits_the_study():
    """Settings and seeds are those of the study as it stands; a clean revision."""
    about = json.loads((RESULTS / "scaling_fashion-fashion-mnist.provenance.json").read_text())
    assert (
        about["settings"] == STUDY.settings
        and about["seeds"] == STUDY.seeds
        and len(about["git"]) == 40
    )


def test_every_network_reads_at_least_91_percent_of_the_images(table):
    """Eight epochs are enough for 91 % of the test images right, with each seed."""
    assert (table["ann_accuracy"] >= 0.91).all()


@pytest.mark.parametrize("rule", ["maximum", "percentile", "per neuron", "balanced"])
def test_direct_input_comes_up_to_the_ann_and_random_input_stays_below(table, rule):
    """At the last T: within half a point of the ANN with direct input, one to three points below
    with Poisson input.
    """
    last = (table["scaling"] == rule) & (table["T"] == STUDY.settings["T"])
    gap = 100 * (table["accuracy"] - table["ann_accuracy"])
    assert abs(gap[last & (table["input"] == "direct")].mean()) < 0.5
    poisson = gap[last & (table["input"] == "poisson")]
    assert ((-3 < poisson) & (poisson < -1)).all()
