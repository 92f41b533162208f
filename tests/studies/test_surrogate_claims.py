"""What chapter 09 and the claim ledger say of the learned surrogate is what the committed tables
say, row by row.
"""

import math

import pytest

from refsnn.metrics import interval
from studies import ledger
from studies.paired import pooled
from studies.surrogate import results
from studies.surrogate.claims import claims, verdict_box
from studies.table import committed
from tests.oracles import caught
from tests.studies import rows as tables
from tests.studies.rows import STUDIES, limits, raised, tables_in

ARMS = "width_or_threshold-digits"


def rows(name):
    """The first layer's rows of a table as dicts of texts."""
    return [row for row in tables.rows(name) if row["layer"] == "1"]


def accuracy(table, column="accuracy", **where):
    """Points by seed of the rows with these values."""
    return {
        row["seed"]: 100 * float(row[column])
        for row in table
        if all(
            float(row[name]) == value if name == "start" else row[name] == value
            for name, value in where.items()
        )
    }


def expected(table, pair):
    """Mean over families of a pair's difference, one number per seed."""
    starts = sorted({float(row["start"]) for row in table})
    learned, fixed = results.PAIRS[pair]
    place, points = {"narrow": starts[0], "default": 0.5, "wide": starts[-1]}, {}
    for family in {row["family"] for row in table}:

        def mean_validation(start, family=family):
            values = accuracy(
                table, "validation_accuracy", family=family, alpha="fixed", start=start
            ).values()
            return math.fsum(values) / len(values)

        other = max(starts, key=mean_validation) if fixed == "best fixed" else place[fixed]
        ours = accuracy(table, family=family, alpha="learned", start=place[learned])
        theirs = accuracy(table, family=family, alpha="fixed", start=other)
        assert ours.keys() == theirs.keys()
        for seed in ours:
            points.setdefault(seed, []).append(ours[seed] - theirs[seed])
    return [math.fsum(values) / len(values) for values in points.values()]


@pytest.mark.parametrize("data", list(results.TABLES))
def test_gains_are_those_of_the_rows(data, tmp_path):
    """Each comparison's interval, in the verdict box and the ledger; a table in which learned
    widths have five points more gives others.
    """
    name = results.TABLES[data]

    def statement(folder):
        table = rows(name)
        with tables_in(folder):
            box, read = verdict_box(), committed(name)
            numbers = " ".join(line for claim in claims() for line in claim.numbers)
        for pair in results.PAIRS:
            mean, low, high = limits(expected(table, pair))
            shown = interval(pooled(results.gains(read, pair)))
            assert shown == pytest.approx((mean, low, high))
            word = "gain" if low > 0 else "loss" if high < 0 else "no difference seen"
            assert f"*Over {pair}:* {mean:+.2f} [{low:+.2f}, {high:+.2f}]: {word};" in box
            assert f"{data}: {ledger.shown(shown)} points" in numbers

    statement(STUDIES)
    caught(statement, raised(tmp_path, name, lambda row: row["alpha"] == "learned", 5))


def test_arms_are_those_of_the_rows(tmp_path):
    """Width over threshold from each start, in the ledger; a table whose widths have five points
    more is caught.
    """

    def statement(folder):
        table = rows(ARMS)
        with tables_in(folder):
            lines = iter(claims()[-1].numbers)
        for net, name in results.NETS.items():
            for start in sorted({float(row["start"]) for row in table}):
                ours, theirs = (
                    accuracy(table, net=net, start=start, learned=arm)
                    for arm in ("alpha", "threshold")
                )
                mean, low, high = limits([ours[seed] - theirs[seed] for seed in ours])
                word = (
                    "more than the threshold"
                    if low > 0
                    else "less than the threshold"
                    if high < 0
                    else "no difference seen"
                )
                line = next(lines)
                assert (
                    f"{name}, width over threshold from {start:g}: {mean:+.2f} [{low:+.2f}, "
                    f"{high:+.2f}]" in line
                )
                assert line.endswith(f": {word}")
        assert next(lines, None) is None

    statement(STUDIES)
    caught(statement, raised(tmp_path, ARMS, lambda row: row["learned"] == "alpha", 5))
