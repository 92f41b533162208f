"""The theorem index is complete: every theorem test, and only functions, chapters and figures that
exist.
"""

import importlib
import re

import pytest

from studies.closed_forms.results import measured_gaps
from tools import theorem_index

TEST = '''
"""A module."""
from refsnn import theory
from refsnn.theory import norms
from refsnn.theory.moments import leak_sum
from refsnn.theory import membrane_mean as mean


def helper():
    return norms.std_bound, theory.membrane_std


def idle():
    return mean


def test_law_of_this_bernoulli():
    """It is *so* for |w|_2 < $a_1$."""
    helper()
    leak_sum(3)
'''


@pytest.fixture(scope="module")
def found():
    return theorem_index.theorems()


@pytest.fixture(scope="module")
def page():
    return theorem_index.page()


def exists(name):
    """Whether a dotted name below refsnn is public there."""
    module, _, attribute = name.rpartition(".")
    return hasattr(importlib.import_module(f"refsnn.{module}"), attribute)


def test_every_test_of_a_theorem_is_on_the_page(page):
    there = set()
    for path in theorem_index.TESTS.glob("test_*.py"):
        there |= {
            (name, path.name)
            for name in re.findall(r"^def (test_\w+)\(", path.read_text(), re.MULTILINE)
        }
    assert len(there) > 10
    assert (
        set(re.findall(r"^- Test: `(\w+)` in `tests/theorems/([\w.]+)`$", page, re.MULTILINE))
        == there
    )


def test_every_function_on_the_page_exists(found):
    names = {name for theorem in found for name in theorem.functions}
    assert names and [name for name in sorted(names) if not exists(name)] == []


def test_every_link_leads_somewhere(page):
    chapters = set(re.findall(r"\]\(\.\./chapters/([\w.]+)\)", page))
    assert chapters and all((theorem_index.CHAPTERS / name).exists() for name in chapters)
    drawn = {
        name
        for path in theorem_index.CHAPTERS.glob("*.md")
        for name in theorem_index.drawn(path).values()
    }
    figures = set(re.findall(r"\{numref\}`(fig-[\w-]+)`", page))
    assert figures and figures <= drawn


def test_gaps_are_those_of_closed_forms_that_exist():
    measured = measured_gaps()
    assert measured and all(
        exists(f"theory.{name}") or exists(f"predict.{name}") for name in measured
    )


def test_the_page_is_the_same_each_time(page):
    assert page == theorem_index.page()


def test_functions_are_found_through_helpers_and_go_by_their_public_names(tmp_path):
    (tmp_path / "test_this.py").write_text(TEST)
    (theorem,) = theorem_index.theorems(tmp_path)
    assert (
        theorem[:4] == ("this", "test_law_of_this_bernoulli", "law", "of this Bernoulli")
        and not theorem.catches
    )
    assert theorem.functions == ["theory.leak_sum", "theory.membrane_std", "theory.std_bound"]
    assert theorem_index.plain(theorem.statement) == r"It is \*so\* for \|w\|\_2 \< $a_1$."


@pytest.mark.parametrize(
    "old, new",
    [
        ("test_law_of_this_bernoulli", "test_this"),
        ('    """It is *so* for |w|_2 < $a_1$."""\n', ""),
    ],
)
def test_a_test_without_kind_or_statement_is_refused(tmp_path, old, new):
    (tmp_path / "test_this.py").write_text(TEST.replace(old, new))
    with pytest.raises(ValueError, match="test_this.py: test_.* must be called test_KIND_CLAIM"):
        theorem_index.theorems(tmp_path)


@pytest.mark.parametrize("name", ["theory.membrane_median", "predict.accuracy_of_nothing"])
def test_a_function_that_does_not_exist_is_seen(name):
    assert not exists(name)
