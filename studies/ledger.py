"""What a line of the claim ledger is, and the words in which an interval is said."""

from collections.abc import Callable
from typing import NamedTuple

from refsnn.metrics import interval


class Claim(NamedTuple):
    """One line of the ledger; every number in it is computed from committed tables.

    Attributes
    ----------
    claim : str
        One sentence.
    source : str
        Who says so, and how sure we are of it.
    numbers : tuple of str
        What we measured: the data set, the number with its interval, how many seeds.
    verdict : str
        What the numbers say of the claim.
    test : str
        The test that holds the numbers, "tests/FOLDER/FILE.py::NAME".
    figure : str or None
        Slug of the figure that shows them, if one does.
    """

    claim: str
    source: str
    numbers: tuple[str, ...]
    verdict: str
    test: str
    figure: str | None = None


class Paper(NamedTuple):
    """A paper, or a part of one, as a `claims` module offers it to the ledger.

    Attributes
    ----------
    heading : str
        The ledger is in the order of the headings.
    citation : str
        Key in the bibliography.
    chapter : str
        File that discusses it, such as "05_l4_weight_adjustment.md".
    claims : callable
        `claims()` returns the paper's lines, a list of `Claim`, from the committed tables.
    """

    heading: str
    citation: str
    chapter: str
    claims: Callable[[], list]


class Markdown(str):
    """Text that a notebook shows as Markdown."""

    def _repr_markdown_(self):
        return str(self)


def direction(difference):
    """What an interval of a difference says of its sign: "gain", "loss" or "no difference seen"."""
    if difference.low > 0:
        return "gain"
    return "loss" if difference.high < 0 else "no difference seen"


def overall(words):
    """One verdict of several: the word itself if all agree, else how many lines say each; that
    something was seen in one place and not in another is no difference between the two, so only
    gains beside losses depend on the place.
    """
    if len(set(words)) == 1:
        return words[0]
    counted = ", ".join(
        f"{word} in {words.count(word)} of {len(words)}" for word in dict.fromkeys(words)
    )
    return f"it depends: {counted}" if {"gain", "loss"} <= set(words) else counted


def shown(difference):
    """An interval in points: mean with its sign, and the limits."""
    return f"{difference.mean:+.2f} [{difference.low:+.2f}, {difference.high:+.2f}]"


def said(entries):
    """A claim's numbers, one line each, and one verdict of all.

    Parameters
    ----------
    entries : dict of str to (str, str)
        Name of a line -> its number in words, and what that says of the claim.
    """
    numbers = tuple(f"{name}: {number}: {word}" for name, (number, word) in entries.items())
    return numbers, overall([word for _, word in entries.values()])


def lines(differences, judge=direction, unit="points"):
    """As `said`, of differences seed by seed.

    Parameters
    ----------
    differences : dict of str to ndarray
        Name of a line -> one difference per seed.
    judge : callable
        From an interval to what it says of the claim, a word or two.
    unit : str
    """
    entries = {}
    for name, values in differences.items():
        limits = interval(values)
        entries[name] = (f"{shown(limits)} {unit} ({len(values)} seeds)", judge(limits))
    return said(entries)
