"""Every name on the notation page exists in the package."""

import dataclasses
import importlib
import inspect
import re
from pathlib import Path

import pytest

from tests.oracles import caught

ROOT = Path(__file__).resolve().parents[2]
CODE = re.compile(r"`([^`]+)`")


def names(page):
    """The names in the second column of the page's tables."""
    rows = [line.split("|")[2] for line in page.splitlines() if line.startswith("|")]
    return sorted({name for cell in rows for name in CODE.findall(cell)})


def exists(name):
    """Whether a name such as ``nn.Dense.weight`` or ``snn.IF(v_threshold)`` is there.

    A name in parentheses is a parameter; the last of dotted names may be an attribute of a class's
    instances.
    """
    path, _, parameter = name.rstrip(")").partition("(")
    module, *attributes = path.split(".")
    owner, found = None, importlib.import_module(f"refsnn.{module}")
    for attribute in attributes:
        owner, found = found, getattr(found, attribute, None)
        if found is None:
            return (
                not parameter
                and attribute == attributes[-1]
                and inspect.isclass(owner)
                and has(owner, attribute)
            )
    return not parameter or parameter in inspect.signature(found).parameters


def has(owner, attribute):
    """Whether instances of a class have an attribute: a field, or one that its __init__ sets."""
    if dataclasses.is_dataclass(owner):
        return attribute in {field.name for field in dataclasses.fields(owner)}
    return any(
        re.search(rf"self\.{attribute}\b", inspect.getsource(each.__init__))
        for each in owner.__mro__
        if "__init__" in vars(each) and each is not object
    )


@pytest.mark.parametrize("name", names((ROOT / "docs" / "notation.md").read_text(encoding="utf-8")))
def test_the_name_exists(name):
    assert exists(name)


@pytest.mark.parametrize(
    "name", ["nn.Dense.weights", "snn.IF(threshold)", "snn.Record.potential", "nn.relu"]
)
def test_a_name_that_does_not_exist_is_seen(name):
    assert not exists(name)


def test_the_page_lists_names():
    page = (ROOT / "docs" / "notation.md").read_text(encoding="utf-8")
    assert {"nn.Dense.weight", "snn.IF(v_threshold)", "theory.membrane_std"} <= set(names(page))


def test_the_glossary_is_alphabetical():
    """Entries by their first term, whatever the case of its letters; the same in another order is
    caught.
    """
    text = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8").split(":::")[1]
    terms = [
        block.strip().splitlines()[0].lower()
        for block in text.removeprefix("{glossary}").split("\n\n")
    ]

    def statement(found):
        assert found == sorted(found)

    assert len(terms) > 40
    statement(terms)
    caught(statement, terms[::-1])
