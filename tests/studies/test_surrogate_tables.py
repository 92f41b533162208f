"""The committed tables of `surrogate`, its kin and `width_or_threshold` are whole; the digits' can
be made again.
"""

import numpy as np
import pytest

from studies import provenance, runner
from studies.spiking import grid as spiking
from studies.surrogate.grid import FASHION, SURROGATE, WIDTH_OR_THRESHOLD
from studies.table import committed
from tests.studies.rows import about_table, as_json, settings_are_kept

# Test, held out.
IMAGES = {
    "digits": (360, 287),
    "fashion-mnist": (10_000, 6_000),
    "cifar10": (10_000, 5_000),
}
BY_LAYER = [SURROGATE, FASHION, WIDTH_OR_THRESHOLD]
STUDIES = pytest.mark.parametrize("study", BY_LAYER, ids=lambda study: study.name)
ALL = pytest.mark.parametrize(
    "study", [*BY_LAYER, spiking.FASHION, spiking.CIFAR10], ids=lambda study: study.name
)


def name(study):
    return f"{study.name}-{study.data[0]}"


@STUDIES
def test_table_is_the_whole_grid_in_order(study):
    """Every point of the grid that is run, every seed, one row per layer, in order."""
    table = committed(name(study))
    assert tuple(table) == study.columns
    seeds, axes = int(table["seed"].max()) + 1, list(study.grid)
    rows = zip(*(table[name].tolist() for name in (*axes, "seed", "layer")), strict=True)
    points = [
        (*point.values(), seed)
        for point, seed in study.points(seeds)
        if point.get("alpha") != "learned" or point["start"] in study.settings.learned_from
    ]
    layers = {point: 2 if point[0] == "batch norm" else 3 for point in points}
    assert list(rows) == [
        (*point, layer) for point in points for layer in range(1, layers[point] + 1)
    ]


@ALL
def test_accuracies_are_fractions_of_the_images(study):
    table = committed(name(study))
    for column, n in zip(("accuracy", "validation_accuracy"), IMAGES[study.data[0]], strict=True):
        # Rounds at 1e-12.
        assert np.abs(table[column] * n - np.rint(table[column] * n)).max() < 1e-8


@ALL
def test_provenance_fits_the_study_and_the_data(study):
    """Settings and grid are the study's as it stands; seeds are those of the table; a clean
    revision.
    """
    about = about_table(name(study))
    assert settings_are_kept(about, study) and about["grid"] == as_json(study.grid)
    if study.data == ("digits",):
        assert about["settings"] == as_json(study.plain_settings())
    assert about["seeds"] == committed(name(study))["seed"].max() + 1
    assert set(about["data"]) == {"name", "sha256"} and about["data"]["name"] == study.data[0]
    assert len(about["git"]) == 40
    if study.data == ("digits",):
        assert about["data"]["sha256"] == provenance.data_hash(runner.dataset("digits"))


def test_the_spiking_network_of_four_steps_reads_91_percent_of_fashion_mnist():
    """Mean of five seeds; each row is one number of steps."""
    table, study = committed(name(spiking.FASHION)), spiking.FASHION
    steps = list(study.settings.T)
    assert table["seed"].tolist() == [seed for seed in range(study.seeds) for _ in steps]
    assert table["T"].tolist() == study.seeds * steps
    assert table["accuracy"][table["T"] == 4].mean() >= 0.91


def test_the_illustration_is_four_networks_of_one_seed():
    table = committed(name(spiking.CIFAR10))
    assert table["width"].tolist() == ["fixed", "fixed", "learned", "learned"]
    assert table["penalty"].tolist() == ["none", "Jeffreys"] * 2 and set(table["seed"]) == {0}


@pytest.mark.parametrize(
    "study, point",
    [
        (SURROGATE, {"family": "arctan", "alpha": "learned", "start": 0.5}),
        (WIDTH_OR_THRESHOLD, {"net": "plain", "start": 0.5, "learned": "threshold"}),
    ],
    ids=["surrogate", "threshold"],
)
def test_seed_0_can_be_computed_again(study, point):
    """Another processor may round otherwise and train a slightly different network; accuracies of
    two such networks differ by at most 5 standard errors of a difference of two fractions of 360
    images, and one image.
    """
    table = committed(name(study))
    chosen = (table["seed"] == 0) & (table["layer"] == 1)
    for axis, value in point.items():
        chosen &= table[axis] == value
    (kept,) = table["accuracy"][chosen]
    job = runner.Job(0, point, study.settings, runner.dataset("digits"), 1)
    row = study.run_job(job)[0]
    assert abs(row["accuracy"] - kept) <= 5 * np.sqrt(2 * kept * (1 - kept) / 360) + 1 / 360
