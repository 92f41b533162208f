"""Every chapter runs as it stands, and has the parts that a reader was promised."""

import ast
import re
from pathlib import Path

import jupytext
import matplotlib
import numpy as np
import pytest

import refsnn
from figures import gallery
from refsnn import convert, datasets, metrics, nn, snn, theory
from studies import runner
from tools.chapters import with_alt_texts

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted((ROOT / "chapters").glob("*.md"))
EACH = pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.stem)
SECTIONS = [
    "Question",
    "Predict",
    "Build it",
    "Theorem",
    "Test it",
    "Experiment and figure",
    "Break a hypothesis",
    "Exercises",
    "In three lines",
]
LONGEST = 16  # lines of a function's body in a chapter, docstring aside
WIDEST = 88  # characters of a code line that a page of the book shows without scrolling


def cells(source, kind):
    """The cells of one kind of a chapter, as jupytext reads it."""
    notebook = jupytext.reads(source.read_text(encoding="utf-8"), fmt="md:myst")
    return [cell for cell in notebook.cells if cell.cell_type == kind]


def code(source):
    return "\n".join(cell.source for cell in cells(source, "code"))


def prose(source):
    """The text of a chapter without code, formulas and links."""
    text = "\n\n".join(cell.source for cell in cells(source, "markdown"))
    for pattern in (r"^```.*?^```", r"\$\$.*?\$\$", r"\$.*?\$", r"`[^`]*`", r"\]\([^)]*\)"):
        text = re.sub(pattern, " ", text, flags=re.DOTALL | re.MULTILINE)
    return text


@EACH
def test_the_code_of_a_chapter_runs(source, monkeypatch):
    """In its own folder, from top to bottom; the chapter's own assertions are among what is
    tested.
    """
    monkeypatch.chdir(source.parent)
    matplotlib.use("Agg")
    namespace = {"__name__": "__main__"}
    for number, cell in enumerate(cells(source, "code"), start=1):
        exec(compile(cell.source, f"{source.name}, code cell {number}", "exec"), namespace)


@EACH
def test_a_chapter_asserts_what_it_claims(source):
    found = [node for node in ast.walk(ast.parse(code(source))) if isinstance(node, ast.Assert)]
    assert len(found) >= 5


@EACH
def test_a_chapter_has_its_sections_in_order(source):
    headings = re.findall(r"^## (.+)$", source.read_text(encoding="utf-8"), re.MULTILINE)
    places = [
        next(i for i, heading in enumerate(headings) if heading.startswith(section))
        for section in SECTIONS
    ]
    assert places == sorted(places)
    for part in ("Objectives", "Prerequisites", "Time", "Level"):
        assert f"**{part}.**" in prose(source)


@EACH
def test_a_summary_has_three_lines(source):
    summary = source.read_text(encoding="utf-8").split("## In three lines\n")[1]
    assert re.findall(r"^(\d)\. ", summary, re.MULTILINE) == ["1", "2", "3"]


@EACH
def test_every_theorem_has_a_proof_and_every_exercise_a_solution(source):
    text = source.read_text(encoding="utf-8")
    theorems, proofs = (
        len(re.findall(rf"^:::{{prf:{kind}}}", text, re.MULTILINE)) for kind in ("theorem", "proof")
    )
    assert theorems == proofs >= 1
    exercises = re.findall(r"^:::\{exercise\}[^\n]*\n:label: (\S+)$", text, re.MULTILINE)
    solutions = re.findall(r"^:::\{solution-start\} (\S+)$", text, re.MULTILINE)
    assert exercises == solutions and len(exercises) >= 2


@EACH
def test_numbers_in_prose_are_computed(source):
    """A measured number is printed by a cell, never typed: prose holds no decimals and no
    percentages.
    """
    assert re.findall(r"\d+\.\d+|\d+ ?%", prose(source).replace("95 % interval", "")) == []


@EACH
def test_a_chapter_defines_nothing_that_the_package_defines(source):
    public = {
        name
        for module in (convert, datasets, metrics, nn, snn, theory, runner)
        for name in dir(module)
    }
    tree = ast.parse(code(source))
    functions = [
        node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.ClassDef)
    ]
    assert {node.name for node in functions} & (public | set(dir(refsnn))) == set()
    for node in functions:
        body = node.body[1:] if ast.get_docstring(node) else node.body
        assert body[-1].end_lineno - body[0].lineno + 1 <= LONGEST, (
            f"{node.name} is too long to be read at a glance"
        )


@EACH
def test_code_fits_the_page(source):
    assert [line for line in code(source).splitlines() if len(line) > WIDEST] == []


@EACH
def test_every_figure_is_a_script_s_and_gets_its_alt_text_in_the_book(source):
    text = with_alt_texts(source.read_text(encoding="utf-8"))
    shown = 0
    for cell in jupytext.reads(text, fmt="md:myst").cells:
        assert cell.cell_type != "code" or "plt." not in cell.source
        for slug in re.findall(r'gallery\.show\("(\w+)"\)', cell.source):
            about = cell.metadata["mystnb"]
            assert about["image"]["alt"] == gallery.load(slug).ALT
            assert about["figure"]["caption"] and about["figure"]["name"]
            shown += 1
    assert shown >= 1


def test_what_the_chapters_are_held_to_can_fail(tmp_path):
    source = tmp_path / "00_try.md"
    source.write_text(
        "---\nkernelspec:\n  display_name: Python 3\n  language: python\n  name: "
        "python3\n---\n\nIt reaches 97.5 % in $0.5$ or `0.5` steps.\n\n```{code-cell} "
        "ipython3\nassert 0.5 < 0.1\n```\n"
    )
    assert re.findall(r"\d+\.\d+|\d+ ?%", prose(source)) == ["97.5"]
    with pytest.raises(AssertionError):
        exec(code(source), {})
    assert np.array_equal([len(cells(source, kind)) for kind in ("markdown", "code")], [1, 1])
