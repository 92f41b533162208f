"""The pages for whoever carries on name what exists."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = ("docs/architecture.md", "CONTRIBUTING.md", "tests/README.md")
PATH = re.compile(r"`([\w.-]+(?:/[\w.-]*)+|[\w-]+\.(?:py|md|toml|yml))`")


def missing(text, folder):
    """The paths that a page names and that are neither in its folder nor in the repository's."""
    named = set(PATH.findall(text)) - {"figures/out", "docs/_build"}  # made by make
    return sorted(
        path for path in named if not (ROOT / path).exists() and not (folder / path).exists()
    )


@pytest.mark.parametrize("page", PAGES)
def test_every_path_on_the_page_exists(page):
    text = (ROOT / page).read_text(encoding="utf-8")
    text = re.sub(r"NN_slug", "00_tour", text) if "docs" in page else text
    text = text.replace("fig_00_tour", "fig_00_one_image")
    assert missing(text, (ROOT / page).parent) == []


def test_a_path_that_is_gone_is_seen():
    text = "Look into `refsnn/nn/layer.py`, `tests/`, `refsnn/nn/step.py` and `strategies.py`."
    assert missing(text, ROOT / "tests") == ["refsnn/nn/step.py"]


def test_contributing_takes_a_page():
    assert len((ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").splitlines()) <= 45


def test_the_tests_page_has_every_folder_of_tests():
    page = (ROOT / "tests" / "README.md").read_text(encoding="utf-8")
    folders = {path.name for path in (ROOT / "tests").iterdir() if list(path.glob("test_*.py"))}
    assert {name for name in folders if f"`{name}/`" not in page} == set()
