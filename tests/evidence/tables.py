"""Committed tables read and summed up without the package."""

import csv
import math

from scipy.special import stdtrit


def rows(folder, name):
    """The rows of a table as dicts of texts, read without the package."""
    with open(folder / f"{name}.csv", newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def limits(values):
    """Mean and 95 % limits of a list, written out."""
    n, mean = len(values), math.fsum(values) / len(values)
    std = math.sqrt(math.fsum((value - mean) ** 2 for value in values) / (n - 1))
    half = float(stdtrit(n - 1, 0.975)) * std / math.sqrt(n)
    return mean, mean - half, mean + half
