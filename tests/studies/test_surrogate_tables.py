"""The committed tables of `surrogate`, its kin and `width_or_threshold` are whole; the digits' can
be made again.
"""

import json

import numpy as np
import pytest

from studies import provenance, runner
from studies.spiking import cifar10 as spiking_cifar10
from studies.spiking import fashion as spiking_fashion
from studies.surrogate import fashion as surrogate_fashion
from studies.surrogate import jobs as surrogate
from studies.surrogate import width_or_threshold
from studies.table import committed
from tests.studies.rows import provenance as about_table

IMAGES = {
    "digits": (360, 287),
    "fashion-mnist": (10_000, 6_000),
    "cifar10": (10_000, 5_000),
}  # test, held out
BY_LAYER = [surrogate, surrogate_fashion, width_or_threshold]
STUDIES = pytest.mark.parametrize("module", BY_LAYER, ids=lambda module: module.STUDY.name)
ALL = pytest.mark.parametrize(
    "module", [*BY_LAYER, spiking_fashion, spiking_cifar10], ids=lambda module: module.STUDY.name
)


def name(module):
    return f"{module.STUDY.name}-{module.STUDY.data[0]}"


@STUDIES
def test_table_is_the_whole_grid_in_order(module):
    """Every point of the grid that is run, every seed, one row a layer, in order."""
    table, found = committed(name(module)), module.STUDY
    assert tuple(table) == found.columns
    seeds, axes = int(table["seed"].max()) + 1, list(found.grid)
    rows = zip(*(table[name].tolist() for name in (*axes, "seed", "layer")), strict=True)
    points = [
        (*point.values(), seed)
        for point, seed in found.points(seeds)
        if point.get("alpha") != "learned" or point["start"] in found.settings["learned from"]
    ]
    layers = {point: 2 if point[0] == "batch norm" else 3 for point in points}
    assert list(rows) == [
        (*point, layer) for point in points for layer in range(1, layers[point] + 1)
    ]


@ALL
def test_accuracies_are_fractions_of_the_images(module):
    table = committed(name(module))
    for column, n in zip(
        ("accuracy", "validation_accuracy"), IMAGES[module.STUDY.data[0]], strict=True
    ):
        assert (
            np.abs(table[column] * n - np.rint(table[column] * n)).max() < 1e-8
        )  # rounds at 1e-12


@ALL
def test_provenance_fits_the_study_and_the_data(module):
    """Settings and grid are the study's as it stands; seeds are those of the table; a clean
    revision.
    """
    about, found = about_table(name(module)), module.STUDY
    assert [about["settings"], about["grid"]] == json.loads(
        json.dumps([found.settings, found.grid])
    )
    assert about["seeds"] == committed(name(module))["seed"].max() + 1
    assert set(about["data"]) == {"name", "sha256"} and about["data"]["name"] == found.data[0]
    assert len(about["git"]) == 40
    if found.data == ("digits",):
        assert about["data"]["sha256"] == provenance.data_hash(runner.dataset("digits"))


def test_the_spiking_network_of_four_steps_reads_91_percent_of_fashion_mnist():
    """Mean of five seeds; each row is one number of steps."""
    table, found = committed(name(spiking_fashion)), spiking_fashion.STUDY
    assert table["seed"].tolist() == [
        seed for seed in range(found.seeds) for _ in spiking_fashion.STEPS
    ]
    assert table["T"].tolist() == found.seeds * list(spiking_fashion.STEPS)
    assert table["accuracy"][table["T"] == 4].mean() >= 0.91


def test_the_illustration_is_four_networks_of_one_seed():
    table = committed(name(spiking_cifar10))
    assert table["width"].tolist() == ["fixed", "fixed", "learned", "learned"]
    assert table["penalty"].tolist() == ["none", "Jeffreys"] * 2 and set(table["seed"]) == {0}


@pytest.mark.parametrize(
    "module, point",
    [
        (surrogate, {"family": "arctan", "alpha": "learned", "start": 0.5}),
        (width_or_threshold, {"net": "plain", "start": 0.5, "learned": "threshold"}),
    ],
    ids=["surrogate", "threshold"],
)
def test_seed_0_can_be_computed_again(module, point):
    """Another processor may round otherwise and train a slightly different network; accuracies of
    two such networks differ by at most 5 standard errors of a difference of two fractions of 360
    images, and one image.
    """
    table = committed(name(module))
    chosen = (table["seed"] == 0) & (table["layer"] == 1)
    for axis, value in point.items():
        chosen &= table[axis] == value
    (kept,) = table["accuracy"][chosen]
    job = runner.Job(0, point, module.STUDY.settings, runner.dataset("digits"), 1)
    row = module.run_job(job)[0]
    assert abs(row["accuracy"] - kept) <= 5 * np.sqrt(2 * kept * (1 - kept) / 360) + 1 / 360
