"""Every work that a page or a docstring cites is in the bibliography."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CITED = re.compile(r"\{cite(?::\w+)?\}`([^`]+)`|:cite(?::\w+)?:`([^`]+)`")
ENTRY = re.compile(r"^@\w+\{([^,\s]+),", re.MULTILINE)


def cited(text):
    """Keys that a text cites."""
    return {key.strip() for pair in CITED.findall(text) for key in "".join(pair).split(",")}


def test_every_cited_key_is_in_the_bibliography_once():
    keys = ENTRY.findall((ROOT / "docs" / "references.bib").read_text(encoding="utf-8"))
    assert len(keys) == len(set(keys))
    pages = [
        *(ROOT / "docs").glob("*.md"),
        *(ROOT / "chapters").glob("*.md"),
        *(ROOT / "refsnn").rglob("*.py"),
        *(ROOT / "studies").rglob("*.py"),
    ]
    wanted = set().union(*(cited(page.read_text(encoding="utf-8")) for page in pages))
    assert wanted, "nothing is cited"
    assert wanted - set(keys) == set()


def test_citations_are_found_in_every_form():
    text = "{cite:t}`a2020` {cite}`b2021, c2022` {cite:p}`d2023` and :cite:p:`e2024`"
    assert cited(text) == {"a2020", "b2021", "c2022", "d2023", "e2024"}
