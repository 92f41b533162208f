"""What a line of the claim ledger is: a claim, who makes it, our number, and what the number says of the claim."""
from typing import NamedTuple


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
    figure : str
        Slug of the figure that shows them.
    """

    claim: str
    source: str
    numbers: tuple[str, ...]
    verdict: str
    test: str
    figure: str


class Markdown(str):
    """Text that a notebook shows as Markdown."""

    def _repr_markdown_(self):
        return str(self)
