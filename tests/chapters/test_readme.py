"""The README says what is so: its example prints what it shows, its map and its links are
complete.
"""

import contextlib
import io
import re
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
NUMBER = re.compile(r"\d+\.\d*")
TEST_IMAGES = 360


def block(language):
    """The one fenced block in a language."""
    (found,) = re.findall(rf"^```{language}\n(.*?)^```", README, re.DOTALL | re.MULTILINE)
    return found


def words(text):
    """A text without its decimals, blanks collapsed (arrays are padded by their widest number)."""
    return " ".join(NUMBER.sub("#", text).split())


def same_up_to_the_processor(printed, shown):
    """The same words, and accuracies that could be of two networks trained alike.

    Another processor rounds sums differently, so the network is another draw. Two such accuracies p
    over n images differ with a standard error of at most sqrt(2 p (1 - p) / n); the band is 5 of
    them, and one image.
    """
    assert words(printed) == words(shown)
    for a, b in zip(
        map(float, NUMBER.findall(printed)), map(float, NUMBER.findall(shown)), strict=True
    ):
        assert abs(a - b) <= 5 * np.sqrt(2 * b * (1 - b) / TEST_IMAGES) + 1 / TEST_IMAGES


def test_the_example_prints_what_the_readme_shows():
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(io.StringIO()):
        exec(compile(block("python"), "README.md", "exec"), {})
    same_up_to_the_processor(printed.getvalue(), block("text"))


@pytest.mark.parametrize("wrong", ["ANN 0.5", "SNN 0.97", "ANN 0.97 0.98"])
def test_another_output_is_seen(wrong):
    with pytest.raises((AssertionError, ValueError)):
        same_up_to_the_processor(wrong, "ANN 0.97")


def test_the_example_has_ten_lines():
    assert len([line for line in block("python").splitlines() if line]) == 10


def test_every_link_leads_somewhere():
    targets = re.findall(r"\]\((?!https?:)([^)#]+)\)", README)
    assert (
        len(targets) >= 5 and [target for target in targets if not (ROOT / target).exists()] == []
    )


def test_the_map_names_places_that_exist():
    places = [
        line.split("`")[1]
        for line in README.split("## The map")[1].splitlines()
        if line.startswith("| `")
    ]
    assert len(places) >= 8 and [place for place in places if not (ROOT / place).is_dir()] == []


@pytest.mark.parametrize("page", ["README.md", "chapters/00_tour.md"])
def test_the_map_of_the_book_lists_every_chapter_under_its_title(page):
    text = (ROOT / page).read_text(encoding="utf-8")
    for chapter in sorted((ROOT / "chapters").glob("*.md")):
        title = re.search(r"^# (.+)$", chapter.read_text(encoding="utf-8"), re.MULTILINE)[1]
        if ROOT / page != chapter:
            path = chapter.relative_to((ROOT / page).parent)
            assert f"| [{title}]({path}) |" in text, (
                f"{page} does not list {chapter.name} under its title"
            )


def test_the_picture_is_small_and_described():
    ((alt, path),) = re.findall(r"!\[([^\]]*)\]\(([^)]+)\)", README)
    assert len(alt) > 40 and (ROOT / path).stat().st_size < 60_000


def test_every_make_target_named_exists():
    named = set(re.findall(r"make (\w+)", README)) - {"and"}
    targets = set(
        re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    )
    assert {"figures", "test"} <= named and named <= targets
