"""The page of the library has every public name and no other: those of every `__all__`, and the
functions and classes of the modules beside the packages.
"""

import importlib
import inspect
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
# What a reader of the book does not call: the command lines, and what others are built on.
INTERNAL = {"__init__", "__main__", "cli", "disk", "kernels", "validate", "provenance"}
DIRECTIVE = re.compile(r"^\.\. automodule:: ([\w.]+)\n((?:   :[\w-]+:.*\n)*)", re.MULTILINE)


def own(module):
    """The public functions and classes that a module defines itself."""
    return {
        name
        for name, value in vars(module).items()
        if not name.startswith("_")
        and (inspect.isfunction(value) or inspect.isclass(value))
        and value.__module__ == module.__name__
    }


def public():
    """Every public part of the library and of the laboratory: dotted name -> its public names."""
    parts = ["figures.gallery"]
    for folder in ("refsnn", "studies"):
        parts += [f"{folder}.{path.stem}" for path in (ROOT / folder).glob("*.py")]
    parts += [f"refsnn.{path.parent.name}" for path in (ROOT / "refsnn").glob("*/__init__.py")]

    names = {}
    for part in parts:
        if part.rpartition(".")[2] not in INTERNAL:
            module = importlib.import_module(part)
            names[part] = set(getattr(module, "__all__", own(module)))
    return names


def shown(page):
    """What the directives of a page show, as autodoc reads them: part -> names."""
    names = {}
    for part, text in DIRECTIVE.findall(page):
        options = dict(re.findall(r":([\w-]+):[ ]*(.*)", text))
        module = importlib.import_module(part)
        listed = set(re.split(r",\s*", options.get("members", ""))) - {""}
        every = set(getattr(module, "__all__", own(module)))
        if "imported-members" not in options:
            every &= own(module)
        excluded = set(re.split(r",\s*", options.get("exclude-members", "")))
        names[part] = (listed or every) - excluded if "members" in options else set()
    return names


def test_the_page_shows_every_public_name_and_no_other():
    assert shown(PAGE) == public()


@pytest.mark.parametrize(
    "part, old, new",
    [
        ("refsnn.nn", ".. automodule:: refsnn.nn\n", ".. automodule:: refsnn.convert\n"),
        (
            "refsnn.snn",
            "refsnn.snn\n   :members:\n   :imported-members:\n",
            "refsnn.snn\n   :members:\n",
        ),
        ("refsnn.files", "refsnn.files\n   :members:\n", "refsnn.files\n   :members: save\n"),
        (
            "refsnn.metrics",
            "refsnn.metrics\n   :members:\n",
            "refsnn.metrics\n   :members:\n   :exclude-members: accuracy\n",
        ),
    ],
)
def test_a_name_that_is_missing_is_seen(part, old, new):
    assert old in PAGE
    seen = shown(PAGE.replace(old, new))
    assert seen.get(part) != public()[part]


def test_every_public_package_lists_its_names():
    for part in public():
        module = importlib.import_module(part)
        if hasattr(module, "__path__"):
            assert hasattr(module, "__all__"), f"{part} has no __all__"
            assert all(hasattr(module, name) for name in module.__all__)
