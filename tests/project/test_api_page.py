"""The page of the library has every public part of the package, and each part says what is
public.
"""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "refsnn"
# What a reader of the book does not call: the command line, and what others are built on.
INTERNAL = {"__init__", "__main__", "cli", "disk", "kernels", "validate"}


def missing(parts, page):
    """Public parts of the package that a page does not show."""
    return sorted(parts - INTERNAL - set(re.findall(r"automodule:: refsnn\.(\w+)", page)))


def test_the_page_has_every_public_part():
    parts = {path.stem for path in PACKAGE.glob("*.py")} | {
        path.parent.name for path in PACKAGE.glob("*/__init__.py")
    }
    page = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    assert missing(parts, page) == []
    assert missing(parts | {"surprise"}, page) == ["surprise"]


def test_every_public_subpackage_lists_its_names():
    for init in PACKAGE.glob("*/__init__.py"):
        if init.parent.name not in INTERNAL:
            assigned = [
                n.targets[0].id
                for n in ast.parse(init.read_text()).body
                if isinstance(n, ast.Assign)
            ]
            assert "__all__" in assigned, f"refsnn.{init.parent.name} has no __all__"
