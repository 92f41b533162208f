"""The committed tables of the studies on paper 1 are whole, chose nothing on test images, and can
be computed again.
"""

from dataclasses import astuple

import numpy as np
import pytest

from studies import provenance, runner
from studies.l4 import grid, jobs
from studies.table import committed
from tests.oracles import caught
from tests.studies.rows import about_table, as_json, settings_of
from tests.studies.test_scaling_tables import platform

IMAGES = {"digits": 360, "fashion-mnist": 10_000}
TABLES = [
    (declared, data)
    for declared in (grid.STUDY, grid.CONFIRM, grid.THEORY)
    for data in declared.data
]
GAINS = sorted(grid.SETTINGS.gains)


@pytest.fixture(scope="module", params=IMAGES)
def data(request):
    return request.param


@pytest.fixture(scope="module")
def table(data):
    return committed(f"l4-{data}")


def test_table_is_the_whole_plan_in_order(table):
    """One row for each network, seed, setting, rate, arm and T."""
    assert tuple(table) == grid.STUDY.columns
    rows = [
        (network, seed, block.setting, block.max_rate, *astuple(arm), T)
        for network in grid.NETWORKS
        for seed in range(grid.STUDY.seeds)
        for block in grid.SETTINGS.plan(network)
        for arm in block.arms
        for T in grid.SETTINGS.T
        if T <= block.T_last
    ]
    names = ("network", "seed", "setting", "max_rate", "rule", "form", "exponent", "T")
    assert list(zip(*(table[name].tolist() for name in names), strict=True)) == rows


def test_accuracies_are_fractions_of_their_images(data, table):
    """Whole numbers of test images, and of validation images; one ANN for each network and seed."""
    validation = min(grid.SETTINGS.validation_images, grid.SETTINGS.held_out[data])
    for column, count in (
        ("accuracy", IMAGES[data]),
        ("rectified", IMAGES[data]),
        ("ann_accuracy", IMAGES[data]),
        ("validation", validation),
    ):
        assert (np.rint(table[column] * count) / count == table[column]).all()
        assert (table[column] >= 0).all() and (table[column] <= 1).all()
    networks = {
        (network, seed, accuracy)
        for network, seed, accuracy in zip(
            table["network"], table["seed"], table["ann_accuracy"], strict=True
        )
    }
    assert len(networks) == len(grid.NETWORKS) * grid.STUDY.seeds


def test_compensated_rules_leave_the_rectifier_network_and_incoming_ones_change_it(table):
    """Up to images on the border between two classes, whose scores rounding may exchange: one in a
    thousand at most.
    """
    change = np.abs(table["rectified"] - table["ann_accuracy"])
    kept = (table["form"] != "incoming") | (table["rule"] == "none")
    assert change[kept].max() <= 1e-3
    assert change[~kept & (table["rule"] == "L4")].max() > 1e-3


def test_untuned_settings_are_what_they_are_called_and_tuned_ones_lie_on_the_grid(table):
    for setting, (gain, v_init, _) in grid.UNTUNED.items():
        rows = table["setting"] == setting
        assert (
            rows.any()
            and (table["gain"][rows] == gain).all()
            and (table["v_init"][rows] == v_init).all()
        )
    rows = table["setting"] == "tuned"
    assert np.isin(table["gain"][rows], GAINS).all() and len(np.unique(table["gain"][rows])) > 3
    assert np.isin(table["v_init"][rows], grid.SETTINGS.v_inits).all()


def test_unit_norm_networks_know_no_difference_between_plain_and_l2(table):
    """Where every weight vector has L2 norm 1, the L2 rule's factors are 1: what L4 does there is
    its own.

    The factors are 1 up to rounding, which changes the class of one image in a thousand at most.
    """

    def statement(unit):
        chosen = np.char.endswith(table["network"].astype(str), unit) & (
            table["setting"] == "tuned"
        )
        accuracy = [table["rectified"][chosen & (table["rule"] == rule)] for rule in ("none", "L2")]
        np.testing.assert_allclose(*accuracy, rtol=0, atol=1e-3)

    statement("unit")
    caught(statement, "plain")


@pytest.mark.parametrize("declared, name", TABLES, ids=lambda value: getattr(value, "name", value))
def test_provenance_fits_the_study(declared, name):
    """Settings, grid and seeds are those of the study as it stands; a clean revision; within twice
    the budget.

    The budget is for two cores, so the jobs' seconds may sum up to twice as much.
    """
    about = about_table(f"{declared.name}-{name}")
    assert settings_of(about) == as_json(declared.plain_settings())
    assert about["grid"] == as_json(declared.grid) and about["seeds"] == declared.seeds
    assert len(about["machines"]) == 1 and len(about["git"]) == 40
    assert about["seconds"]["all jobs"] < 2 * 60 * declared.budget_minutes
    if name == "digits":
        assert about["data"]["sha256"] == provenance.data_hash(runner.dataset("digits"))


def test_the_first_rows_come_out_again():
    """Two untuned arms of the digits' unit-norm MLP, seed 0: the same rows, where processor, BLAS
    and versions are.

    Elsewhere training makes another network of differently rounded sums, as different as that of
    another seed.
    """
    data = "digits"
    table, images = committed(f"l4-{data}"), runner.dataset(data)
    job = runner.Job(0, {"network": "MLP unit"}, grid.SETTINGS, images)
    split = jobs.held_out(images, job.settings)
    ann = jobs.trained("MLP unit", images, split, job.settings, 0)
    block = grid.Block("default", 0.1, 64, (grid.PLAIN, grid.L4))
    again = [row for arm in block.arms for row in jobs.arm_rows(job, ann, split, block, arm)]
    about = about_table(f"l4-{data}")
    for row in again:
        same = np.logical_and.reduce(
            [
                table[name] == value
                for name, value in row.items()
                if name in ("setting", "max_rate", "rule", "form", "exponent", "T")
            ]
        )
        same &= table["network"] == "MLP unit"
        known = {name: table[name][same & (table["seed"] == 0)].item() for name in row}
        if platform(about["machines"][0], about["versions"]) == platform(
            provenance.machine(), provenance.versions()
        ):
            assert row == known
        seeds = table["accuracy"][same]
        spread = max(
            seeds.std(ddof=1),
            np.sqrt(known["accuracy"] * (1 - known["accuracy"]) / IMAGES[data]),
        )
        assert abs(row["accuracy"] - known["accuracy"]) <= 5 * np.sqrt(2) * spread


def largest_validation_gain(table, setting):
    """The cell with the largest mean gain of the L4 rule, gamma 1, over plain conversion on
    validation images.
    """
    keys = ("network", "max_rate", "T", "form")
    cells = {}
    for i in np.flatnonzero(
        (table["setting"] == setting) & (table["rule"] == "L4") & (table["exponent"] == 1)
    ):
        plain = np.logical_and.reduce(
            [
                table[name] == table[name][i]
                for name in ("network", "max_rate", "T", "seed", "setting")
            ]
        )
        plain &= table["rule"] == "none"
        cells.setdefault(tuple(table[key][i].item() for key in keys), []).append(
            table["validation"][i] - table["validation"][plain].item()
        )
    best = max(cells, key=lambda cell: np.mean(cells[cell]))
    return dict(zip(keys, best, strict=True))


@pytest.mark.parametrize("setting", ["default", "tuned"])
def test_confirmed_cells_are_those_of_the_largest_validation_gain(data, table, setting):
    """The cells of `l4_confirm` were read off the table of `l4`, on validation images."""
    assert largest_validation_gain(table, setting) == vars(grid.CELLS[data][setting])

    def statement(column):
        chosen = largest_validation_gain({**table, "validation": table[column]}, setting)
        assert chosen == vars(grid.CELLS[data][setting])

    caught(statement, "spikes")


def test_confirmation_used_fresh_networks(data, table):
    """Its seeds lie beyond the study's, and no network has the accuracy of the study's one of that
    seed throughout.
    """
    assert jobs.FRESH >= grid.STUDY.seeds
    confirmed = committed(f"l4_confirm-{data}")
    for setting in ("default", "tuned"):
        cell = vars(grid.CELLS[data][setting])
        rows = confirmed["setting"] == setting
        assert set(confirmed["network"][rows]) == {cell["network"]} and set(
            confirmed["T"][rows]
        ) == {cell["T"]}
        fresh = confirmed["ann_accuracy"][rows & (confirmed["rule"] == "none")]
        assert len(fresh) == grid.CONFIRM.seeds
        old = [
            table["ann_accuracy"][(table["network"] == cell["network"]) & (table["seed"] == seed)][
                0
            ]
            for seed in range(grid.STUDY.seeds)
        ]
        assert fresh[: len(old)].tolist() != old
