"""Committed tables read, changed and summed up without the package."""

import collections
import contextlib
import csv
import json
import math
import shutil
from pathlib import Path

import pytest
from scipy.special import stdtrit

from studies import table

STUDIES = Path(__file__).parents[2] / "studies"


def path(name, folder=STUDIES):
    """Where a folder of studies has the table of that name."""
    (found,) = folder.glob(f"*/tables/{name}.csv")
    return found


def rows(name, folder=STUDIES):
    """The rows of a table as dicts of texts, read without the package."""
    with open(path(name, folder), newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def about_table(name):
    """What is written beside a committed table."""
    return json.loads(path(name).with_suffix(".provenance.json").read_text())


def as_json(value):
    """A value as a JSON file gives it back: tuples are lists."""
    return json.loads(json.dumps(value))


def settings_of(about):
    """The settings of a provenance under the names of today's fields.

    Tables of before the settings were dataclasses name them in prose, "batch size" for the field
    `batch_size`, and keep the optimiser's options apart. Names of arms, data sets and networks stay
    as they are: they are values.
    """
    settings = dict(about["settings"])
    settings |= settings.pop("SGD", {})
    return {name.replace(" ", "_"): value for name, value in settings.items()}


def raised(folder, name, chosen, points):
    """A folder with all committed tables, accuracies of the chosen rows of one raised by some
    points.
    """
    for source in STUDIES.glob("*/tables/*.csv"):
        copied = folder / source.relative_to(STUDIES)
        copied.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, copied)

    changed = rows(name)
    for row in changed:
        if chosen(row):
            row["accuracy"] = repr(float(row["accuracy"]) + points / 100)
    with open(path(name, folder), "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, changed[0], lineterminator="\n")
        writer.writeheader()
        writer.writerows(changed)
    return folder


@contextlib.contextmanager
def tables_in(folder):
    """The package reads its committed tables from that folder of studies."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(table, "STUDIES", folder)
        yield


def limits(values):
    """Mean and 95 % limits of a list, written out."""
    n, mean = len(values), math.fsum(values) / len(values)
    std = math.sqrt(math.fsum((value - mean) ** 2 for value in values) / (n - 1))
    half = float(stdtrit(n - 1, 0.975)) * std / math.sqrt(n)
    return mean, mean - half, mean + half


def leaves(value):
    """The numbers, texts and truth values in nested dicts, lists and tuples, counted."""
    if isinstance(value, dict):
        value = value.values()
    elif not isinstance(value, (list, tuple)):
        return collections.Counter([repr(value)])
    return sum((leaves(each) for each in value), collections.Counter())


def settings_are_kept(about, study):
    """Whether every value of a provenance's settings is one of the study's settings, as often.

    For tables of before the settings were dataclasses, which name them otherwise, also inside arms
    and networks. Settings that have a default now were left out then.
    """
    return not leaves(about["settings"]) - leaves(study.plain_settings())
