"""The labels of equations in the code and in the chapters match, both ways."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("refsnn", "studies", "figures")

# In code, at the end of the line that realises an equation, or above it.
IN_CODE = re.compile(r"#\s*eq\.\s+([\w-]+)")
# In a chapter: $$ ... $$ (label), or a math directive's :label:.
DOLLARS = re.compile(r"^\$\$[ \t]*\(([\w-]+)\)[ \t]*$", re.MULTILINE)
OPTIONS = r"(?:[ \t]*:[\w-]+:[^\n]*\n)*?"
DIRECTIVE = re.compile(
    rf"^(?:`{{3,}}|:{{3,}})\{{math\}}\n{OPTIONS}[ \t]*:label:[ \t]*([\w-]+)", re.MULTILINE
)
# A docstring says where its equation is derived: "chapter 03".
NAMED = re.compile(r"\bchapter (\d\d)\b", re.IGNORECASE)
REFERENCE = re.compile(r"\{eq\}`(?:[^`<]*<)?([\w-]+)>?`")


def code_labels(texts):
    """Labels that code carries."""
    return {label for text in texts for label in IN_CODE.findall(text)}


def awaiting(source, written):
    """Labels of a module that wait for a chapter: those in a function (else: module) that names one
    not written yet.

    `written` holds the numbers of the chapters that are there, such as ``"02"``.
    """
    waiting, lines = set(), source.splitlines()
    blocks = [
        node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef | ast.ClassDef)
    ]
    for number, line in enumerate(lines, start=1):
        if labels := IN_CODE.findall(line):
            block = next(
                (node for node in blocks if node.lineno <= number <= node.end_lineno), None
            )
            text = "\n".join(lines[block.lineno - 1 : block.end_lineno]) if block else source
            if set(NAMED.findall(text) or NAMED.findall(source)) - written:
                waiting.update(labels)
    return waiting


def defined_labels(texts):
    """Labels that chapters give to their equations, in order, repeats included."""
    return [label for text in texts for label in DOLLARS.findall(text) + DIRECTIVE.findall(text)]


def mismatches(chapters, code, waiting=frozenset()):
    """What does not match between chapters and code, as sentences.

    Code names an equation that some chapter has, unless it waits for a chapter; a chapter labels an
    equation once, and only because code carries the label or a sentence refers to it.
    """
    defined, realised = defined_labels(chapters), code_labels([*code, *chapters])
    referred = {label for text in chapters for label in REFERENCE.findall(text)}
    found = [
        f"code realises {label}, which no chapter has"
        for label in sorted(realised - set(defined) - waiting)
    ]
    found += [
        f"a sentence refers to {label}, which no chapter has"
        for label in sorted(referred - set(defined))
    ]
    found += [
        f"{label} is defined twice"
        for label in sorted({x for x in defined if defined.count(x) > 1})
    ]
    found += [
        f"nothing uses the label {label}" for label in sorted(set(defined) - realised - referred)
    ]
    return found


def read(paths):
    """Texts of files."""
    return [path.read_text(encoding="utf-8") for path in sorted(paths)]


def test_labels_in_code_and_chapters_match_both_ways():
    chapters = read([*(ROOT / "chapters").glob("*.md"), *(ROOT / "docs").glob("*.md")])
    code = read(path for name in FOLDERS for path in (ROOT / name).rglob("*.py"))
    assert defined_labels(chapters) and code_labels(code), "no equation has a label"
    written = {path.stem[:2] for path in (ROOT / "chapters").glob("*.md")}
    waiting = set().union(*(awaiting(text, written) for text in code))
    assert mismatches(chapters, code, waiting) == []


def test_each_kind_of_mismatch_is_seen():
    chapter = """
$$
a = b
$$ (used)

```{math}
:label: referred
c = d
```

As {eq}`referred` and {eq}`the sum <gone>` say.

$$ (idle)

$$ (twice)
$$ (twice)
"""
    assert mismatches([chapter], ["x = y    # eq. used", "x = z  # eq. lost", "# eq. twice"]) == [
        "code realises lost, which no chapter has",
        "a sentence refers to gone, which no chapter has",
        "twice is defined twice",
        "nothing uses the label idle",
    ]


def test_a_label_waits_only_while_the_chapter_that_its_function_names_is_missing():
    source = """
def old(x):
    'Source: chapter 02.'
    return x    # eq. old-one


def new(x):
    'Source: own derivation, chapter 03.'
    return x + 1    # eq. new-one
"""
    assert awaiting(source, {"00", "01", "02"}) == {"new-one"}
    assert awaiting(source, {"00", "01", "02", "03"}) == set()
    assert awaiting("x = 1    # eq. anywhere", set()) == set()
