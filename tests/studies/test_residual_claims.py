"""Paper 3's lines in the claim ledger, and the tables behind them, row by row."""

import math

import numpy as np
import pytest

from refsnn.metrics import Interval
from studies import ledger as claims
from studies.residual import claims as residual_claims
from studies.residual import results as residual
from studies.residual.background import PARTS
from studies.residual.grid import BACKGROUND, CIFAR10, CIFAR_ARMS, FASHION
from studies.table import committed
from tests.oracles import caught
from tests.studies.rows import about_table, as_json, limits, rows, settings_are_kept, tables_in

NAME = residual.TABLES["Fashion-MNIST"]
IMAGES = 10_000  # test images of Fashion-MNIST, and of CIFAR-10
CLAIMS = residual_claims.claims()


def of(name, arm, T, conversion="plain", column="accuracy"):
    """Points of an arm by seed, from the file."""
    return {
        row["seed"]: 100 * float(row[column])
        for row in rows(name)
        if (row["arm"], row["T"], row["conversion"]) == (arm, str(T), conversion)
    }


def difference(one, two):
    return [one[seed] - two[seed] for seed in sorted(one.keys() & two.keys())]


def line(values):
    """How a line of the ledger gives these differences, and what it says of their sign."""
    mean, low, high = limits(values)
    word = "gain" if low > 0 else "loss" if high < 0 else "no difference seen"
    return f": {mean:+.2f} [{low:+.2f}, {high:+.2f}] points ({len(values)} seeds): {word}"


def numbers_of(start):
    """The numbers of the one claim that begins so."""
    (numbers,) = [claim.numbers for claim in CLAIMS if claim.claim.startswith(start)]
    return numbers


def hold(said, values):
    """The lines end as the rows say, one for one; with the signs changed they do not."""

    def statement(sign):
        for one, each in zip(said, values, strict=True):
            assert one.endswith(line([sign * value for value in each]))

    statement(1)
    caught(statement, -1)


@pytest.mark.parametrize("T", residual_claims.STEPS)
def test_noise_gains_are_those_of_the_rows(T):
    claim = next(claim for claim in CLAIMS if claim.claim.endswith(f"more accurate at T = {T}."))
    values = [
        difference(of(residual.TABLES[data], noise, T), of(residual.TABLES[data], qcfs, T))
        for data, qcfs, noise, _ in residual.NETS.values()
    ]
    for said, each, net in zip(claim.numbers, values, residual.NETS, strict=True):
        assert said.startswith(net) and said.endswith(line(each).removeprefix(":"))
    assert values[0] != values[1]


def test_gaps_are_those_of_the_rows():
    """Each network beside its own artificial one; judged by a point, not by 0."""
    said = numbers_of("After four steps the converted network")
    arms = [
        (residual.TABLES[data], arm)
        for data, qcfs, noise, _ in (*residual.NETS.values(), residual.CIFAR)
        for arm in (qcfs, noise)
    ]

    def statement(T):
        for one, (name, arm) in zip(said, arms, strict=True):
            mean, low, high = limits(
                difference(of(name, arm, T), of(name, arm, T, column="ann_accuracy"))
            )
            word = "reached" if low >= -1 else "not reached" if high < -1 else "undecided"
            assert f": {mean:+.2f} [{low:+.2f}, {high:+.2f}] points" in one and one.endswith(
                f": {word}"
            )

    statement(4)
    caught(statement, 8)


def test_qcfs_is_compared_with_rectifiers():
    """On the seeds that both have."""
    arms = [
        (residual.TABLES[data], qcfs, relu)
        for data, qcfs, _, relu in residual.NETS.values()
        if relu
    ]
    hold(
        numbers_of("Trained with QCFS"),
        [
            difference(of(name, qcfs, T), of(name, relu, T))
            for name, qcfs, relu in arms
            for T in residual_claims.STEPS
        ],
    )


def test_background_lines_are_those_of_the_rows():
    name = residual.TABLES["background"]
    hold(
        numbers_of("With one step, the first layer's rounding"),
        [
            difference(of(name, arm, 1, "background"), of(name, arm, 1, "random"))
            for arm in BACKGROUND.grid["arm"]
        ],
    )


def test_background_networks_are_those_of_the_study_on_fashion():
    """Trained again by another study: its plain rows are the same to the last digit. Five seeds,
    five parts each.
    """
    table = rows(residual.TABLES["background"])
    assert [(row["arm"], row["seed"], row["conversion"]) for row in table] == [
        (arm, str(seed), part)
        for arm in BACKGROUND.grid["arm"]
        for seed in range(5)
        for part in PARTS
    ]
    for column in ("accuracy", "ann_accuracy"):
        for arm in BACKGROUND.grid["arm"]:
            assert of(residual.TABLES["background"], arm, 1, column=column) == of(
                NAME, arm, 1, column=column
            )
    about = about_table(residual.TABLES["background"])
    assert about["settings"]["arms"].keys() == BACKGROUND.settings.arms.keys()
    assert settings_are_kept(about, BACKGROUND) and len(about["git"]) == 40
    assert about["seconds"]["all jobs"] < 2 * 60 * BACKGROUND.budget_minutes


def test_cifar_lines_are_those_of_the_rows():
    """Noise minus none at each T, seed by seed, on test and on held-out images, and no interval of
    two.
    """
    name, said = residual.TABLES["CIFAR-10"], numbers_of("On CIFAR-10 noise")

    def statement(noise, qcfs):
        for one, T in zip(said, residual_claims.CIFAR_STEPS, strict=True):
            test, held_out = (
                " and ".join(
                    f"{value:+.2f}"
                    for value in difference(
                        of(name, noise, T, column=column), of(name, qcfs, T, column=column)
                    )
                )
                for column in ("accuracy", "validation_accuracy")
            )
            assert one == f"T = {T}: {test} points on test images, {held_out} on held-out ones"

    statement("nq", "qcfs")
    caught(statement, "qcfs", "nq")


def test_cifar_table_is_whole_and_its_own():
    """Arms, seeds and steps in order; accuracies are fractions of 10,000 images; settings are the
    study's.
    """
    name = residual.TABLES["CIFAR-10"]
    table = rows(name)
    arms = [(arm, seed) for arm in CIFAR_ARMS for seed in range(1 if arm == "relu" else 2)]
    networks = [
        (row["arm"], int(row["seed"]), int(row["T"]))
        for row in table
        if row["conversion"] == "plain"
    ]
    assert networks == [(*each, T) for each in arms for T in residual_claims.CIFAR_STEPS]
    for row in table:
        counts = [IMAGES * float(row[column]) for column in ("accuracy", "ann_accuracy")]
        assert all(abs(count - round(count)) < 1e-8 for count in counts)  # rounds at 1e-12
    about = about_table(name)
    assert settings_are_kept(about, CIFAR10) and about["grid"] == as_json(CIFAR10.grid)
    assert about["seeds"] == CIFAR10.seeds and len(about["git"]) == 40
    assert about["seconds"]["all jobs"] < 2 * 60 * CIFAR10.budget_minutes


@pytest.mark.parametrize("T", residual_claims.STEPS)
def test_starts_are_those_of_the_rows(T):
    (said,) = [
        claim.numbers
        for claim in CLAIMS
        if claim.claim.endswith(f"start at 8 do better at T = {T}.")
    ]
    hold(
        said,
        [
            difference(of(residual.TABLES[data], one, T), of(residual.TABLES[data], two, T))
            for data, one, two in residual.FROM_8.values()
        ],
    )


def test_one_bit_is_that_of_the_rows():
    """Spreads over seeds, written out; on Fashion-MNIST noise in training spreads less, on the
    digits more.
    """
    (claim,) = [each for each in CLAIMS if each.claim.startswith("One bit of one initial weight")]
    said, words = claim.numbers, []
    for one, (net, (data, bit, plain)) in zip(said, residual.ONE_BIT.items(), strict=True):
        name, (_, qcfs, noise, _) = residual.TABLES[data], residual.NETS[net]
        pairs = (
            difference(of(name, bit, 1), of(name, plain, 1)),
            difference(of(name, noise, 1), of(name, qcfs, 1)),
        )
        spread = [
            math.sqrt(
                sum((value - math.fsum(each) / len(each)) ** 2 for value in each) / (len(each) - 1)
            )
            for each in pairs
        ]
        assert f"seeds {spread[0]:.2f} points, largest {max(map(abs, pairs[0])):.2f}; " in one
        assert one.endswith(f"none {spread[1]:.2f}")
        words.append("as far or farther" if spread[0] >= spread[1] else "less far")
    assert words == ["less far", "as far or farther"] and claim.verdict == claims.overall(words)


def test_first_runs_are_counted():
    """Four steps after a first run are set beside eight plain steps, not beside four."""
    said = numbers_of("Four steps corrected by a first run")
    arms = [
        (residual.TABLES[data], arm, correction)
        for data, qcfs, _, relu in residual.NETS.values()
        for arm in (relu, qcfs)
        if arm
        for correction in ("srp", "cos")
    ]

    def statement(T):
        for one, (name, arm, correction) in zip(said, arms, strict=True):
            assert one.endswith(line(difference(of(name, arm, 4, correction), of(name, arm, T))))

    statement(8)
    caught(statement, 4)


@pytest.mark.parametrize("T", [1, 2])
def test_mean_errors_are_those_of_the_rows(T):
    hold(
        numbers_of(f"At T = {T}, correcting"),
        [
            difference(
                of(residual.TABLES[data], qcfs, T, "corrected bias"),
                of(residual.TABLES[data], noise, T),
            )
            for data, qcfs, noise, _ in residual.NETS.values()
        ],
    )


@pytest.mark.parametrize(
    "words, verdict",
    [
        (["gain", "gain"], "gain"),
        (["gain", "no difference seen"], "gain in 1 of 2, no difference seen in 1 of 2"),
        (["gain", "loss", "loss"], "it depends: gain in 1 of 3, loss in 2 of 3"),
    ],
)
def test_only_gains_beside_losses_depend_on_the_place(words, verdict):
    assert claims.overall(words) == verdict


def test_arms_with_other_seeds_cannot_be_paired():
    table = committed(NAME)
    lost = (table["arm"] == "wide, nq") & (table["seed"] == 1)
    fewer = {
        name: column[~lost & ~((table["arm"] == "wide, qcfs") & (table["seed"] == 2))]
        for name, column in table.items()
    }
    with pytest.raises(ValueError, match="cannot be paired"):
        residual.gains(fewer, *(residual.converted(arm, 1) for arm in ("wide, nq", "wide, qcfs")))


def test_the_box_says_what_the_ledger_says():
    box = residual_claims.noise_box()
    for claim in CLAIMS[: len(residual_claims.STEPS)]:
        assert all(number in box for number in claim.numbers) and f"{claim.verdict}.**" in box


@pytest.mark.parametrize(
    "limits, word",
    [
        ((0, -0.5, 0.5), "reached"),
        ((-1, -1.0, -1.0), "reached"),
        ((-1, -1.5, -0.5), "undecided"),
        ((-2, -2.5, -1.5), "not reached"),
    ],
)
def test_near_is_at_most_a_point_below(limits, word):
    assert residual_claims.near(Interval(*limits)) == word


def test_table_is_the_whole_grid_of_fractions():
    """Each arm and seed that the study asks for, each T; accuracies are whole numbers of test
    images.
    """
    table, settings, seeds = committed(NAME), FASHION.settings, FASHION.seeds
    assert tuple(table) == FASHION.columns
    networks = dict.fromkeys(zip(table["arm"].tolist(), table["seed"].tolist(), strict=True))
    assert list(networks) == [
        (arm, seed)
        for arm in settings.arms
        for seed in range(min(seeds, settings.seeds_of.get(arm, seeds)))
    ]
    plain = table["conversion"] == "plain"
    for arm, seed in networks:
        steps = table["T"][plain & (table["arm"] == arm) & (table["seed"] == seed)]
        assert steps.tolist() == list(settings.T)
    for column in ("accuracy", "ann_accuracy"):
        counts = table[column] * IMAGES
        assert np.abs(counts - np.rint(counts)).max() < 1e-8  # rounds at 1e-12


def test_provenance_fits_the_study():
    """Settings, grid and seeds; a clean revision; within the budget on two cores."""
    about = about_table(NAME)
    assert settings_are_kept(about, FASHION) and about["grid"] == as_json(FASHION.grid)
    assert about["seeds"] == FASHION.seeds and len(about["git"]) == 40
    assert about["seconds"]["all jobs"] < 2 * 60 * FASHION.budget_minutes


def test_the_wide_network_is_near_its_own_and_above_91_percent_after_four_steps():
    """Fashion-MNIST, mean of five seeds, QCFS and noise; the network of rectifiers is neither."""
    table = committed(NAME)

    def statement(arm):
        assert residual.accuracy(table, arm, 4).mean() >= 0.91
        assert residual.gap(table, arm, 4).mean() >= -1

    for arm in ("wide, qcfs", "wide, nq"):
        statement(arm)
    caught(statement, "wide, relu")


def test_a_table_that_is_missing_is_named(tmp_path):
    with tables_in(tmp_path), pytest.raises(FileNotFoundError, match="residual"):
        residual.tables()
