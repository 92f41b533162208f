"""Paper 1's verdict and its lines in the claim ledger are what the committed tables say, row by
row.
"""

import math

import numpy as np
import pytest

from studies import ledger
from studies.l4 import claims as l4_claims
from studies.l4 import results as l4
from studies.l4.grid import NETWORKS
from studies.paired import only
from studies.table import committed
from tests.oracles import caught
from tests.studies.rows import STUDIES, limits, raised, rows, tables_in
from tools import claim_ledger

DATA = ("fashion-mnist", "digits")
FIRST = {"L4": ("L4", "incoming", "1.0"), "plain": ("none", "incoming", "0.0")}
VERDICTS = {(data, setting): "not reached" for data in DATA for setting in ("default", "tuned")}


def arm_of(row):
    return row["rule"], row["form"], row["exponent"]


def mean_by_seed(table, setting, ours, theirs, networks=NETWORKS):
    """Points of one arm over another: mean over the cells that both have, one per seed."""
    chosen = [row for row in table if row["setting"] == setting and row["network"] in networks]
    cells = {}
    for row in chosen:
        if arm_of(row) in (ours, theirs):
            where = row["network"], row["max_rate"], row["T"]
            cells.setdefault((row["seed"], where), {})[arm_of(row)] = float(row["accuracy"])
    found = {}
    for (seed, _), arms in cells.items():
        if len(arms) == 2:
            found.setdefault(seed, []).append(100 * (arms[ours] - arms[theirs]))
    assert len({len(values) for values in found.values()}) == 1
    return [math.fsum(values) / len(values) for values in found.values()]


@pytest.mark.parametrize("setting", ["default", "tuned"])
@pytest.mark.parametrize("data", DATA)
def test_the_verdict_is_what_the_rows_say(data, setting, tmp_path):
    """The cell with the largest gain on validation images, measured on fresh seeds; the word is the
    one said here.

    A table in which L4 has five points more is caught.
    """

    def statement(folder):
        fresh = [row for row in rows(f"l4_confirm-{data}", folder) if row["setting"] == setting]
        ours = {row["seed"]: float(row["accuracy"]) for row in fresh if row["rule"] == "L4"}
        plain = {row["seed"]: float(row["accuracy"]) for row in fresh if row["rule"] == "none"}
        mean, low, high = limits([100 * (ours[seed] - plain[seed]) for seed in ours])
        word = "reached" if low >= 2.5 else "not reached" if high < 2.5 else "undecided"
        assert word == VERDICTS[data, setting]
        with tables_in(folder):
            found = l4.confirmed(committed(f"l4_confirm-{data}"), setting)
            claim = l4_claims.claims()[0]
        assert found.gain == pytest.approx((mean, low, high)) and l4.verdict(found.gain) == word
        assert (
            sum(
                f"{mean:+.2f} [{low:+.2f}, {high:+.2f}]" in line and line.endswith(word)
                for line in claim.numbers
            )
            == 1
        )
        # no verdict on a cell other than the one that validation images chose
        table = committed(f"l4-{data}")
        assert l4.largest_gain(only(table, setting=setting))[:4] == (
            found.network,
            found.max_rate,
            found.T,
            found.form,
        )

    statement(STUDIES)
    caught(statement, raised(tmp_path, f"l4_confirm-{data}", of_l4, 5))


def of_l4(row):
    return row["rule"] == "L4"


@pytest.mark.parametrize("data", DATA)
def test_means_are_those_of_the_rows(data):
    table, read = rows(f"l4-{data}"), committed(f"l4-{data}")
    page = {claim.claim: " ".join(claim.numbers) for claim in l4_claims.claims()}
    for setting in ("default", "tuned"):
        found = l4.summary(read, setting)
        assert found.mean == pytest.approx(
            limits(mean_by_seed(table, setting, FIRST["L4"], FIRST["plain"]))
        )
        said = page["On the whole, the adjustment makes converted networks more accurate."]
        assert ledger.shown(found.mean) in said
        assert found.mean != pytest.approx(
            limits(mean_by_seed(table, setting, FIRST["plain"], FIRST["L4"]))
        )
    for name, pair in l4.OTHERS.items():
        ours, theirs = ((arm.rule, arm.form, str(arm.exponent)) for arm in pair)
        expected = limits(mean_by_seed(table, "tuned", ours, theirs))
        assert found.adds[name] == pytest.approx(expected)
        assert (
            ledger.shown(found.adds[name])
            in page[f"The L4 norm does better than {l4_claims.ASKED[name]}."]
        )
    unit = limits(mean_by_seed(table, "tuned", FIRST["L4"], ("L2", "incoming", "1.0"), l4.UNIT))
    assert found.adds_unit == pytest.approx(unit)


def test_the_spread_about_each_norm_is_that_of_the_rows():
    """Three images, eight neurons each: within an image all have one |r|_2, so its mean is taken
    out.
    """
    kept = {(row["closed_form"], row["seed"], row["setting"]): row for row in rows("gaps-digits")}
    logs = {"inf": {}, "2": {}}
    for form, seed, setting in kept:
        if form == "membrane_std":
            for p, groups in logs.items():
                bound = float(kept["std_bound", seed, f"{setting} p={p}"]["value"])
                ratio = float(kept[form, seed, setting]["simulated"]) / bound
                groups.setdefault((seed, setting.split(" neuron")[0]), []).append(math.log(ratio))
    spread = {
        p: math.sqrt(
            sum(np.var(values) * len(values) for values in groups.values())
            / sum(len(values) - 1 for values in groups.values())
        )
        for p, groups in logs.items()
    }
    in_L2, in_L4, neurons = l4_claims.norm_spread()
    assert (in_L2, in_L4) == pytest.approx((spread["inf"], spread["2"]))
    assert (
        neurons == 24 and in_L4 > 0.03
    )  # far from 0, which is proportional; standard errors are half a percent


def test_the_ledger_page_is_what_the_tables_give(tmp_path):
    """The committed page, to the letter; tables in which L4 has a point more give another page."""
    text = claim_ledger.PAGE.read_text(encoding="utf-8")

    def statement(folder):
        with tables_in(folder):
            assert claim_ledger.page() == text

    statement(STUDIES)
    for name in (f"l4-{DATA[0]}", f"l4_confirm-{DATA[0]}"):
        caught(statement, raised(tmp_path / name, name, of_l4, 1))


def test_every_claim_has_a_test_and_a_figure_that_exist():
    for paper in claim_ledger.papers():
        for claim in paper.claims():
            path, name = claim.test.split("::")
            assert f"def {name}(" in (claim_ledger.ROOT / path).read_text(encoding="utf-8")
            assert claim.figure is None or claim.figure in claim_ledger.drawn(
                claim_ledger.CHAPTERS / paper.chapter
            )
            assert claim.numbers and claim.verdict and claim.source


def test_the_verdict_box_says_what_the_ledger_says():
    """Each confirmed gain, its word, and each mean stand in the box of the chapter."""
    box = l4_claims.verdict_box()
    for data, (table, confirm) in l4_claims.tables().items():
        assert data in DATA
        for setting in l4_claims.SETTINGS:
            found = l4.confirmed(confirm, setting)
            assert (
                ledger.shown(found.gain) in box and f"2.5 points: {l4.verdict(found.gain)}." in box
            )
            assert ledger.shown(l4.summary(table, setting).mean) in box
