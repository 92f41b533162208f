"""Write the book's index of equations: where each labelled equation is derived, and which lines of
code are it; the book's configuration calls it before each build.

python -m tools.equation_index    writes docs/equations.md

A comment that says `eq. label` (or `eq. label, other`) stands on or above the line that realises
the equation of that label. Labels that need no line in the library have one in a code cell of
their chapter.
"""

import ast
import io
import re
import tokenize
from pathlib import Path
from typing import NamedTuple

from refsnn.disk import write_atomically
from tools.theorem_index import title

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "equations.md"
IN_COMMENT = re.compile(r"eq\.\s+([\w-]+(?:,\s*[\w-]+)*)")
# In a chapter: $$ ... $$ (label), or a math directive's :label:.
DOLLARS = r"^\$\$[ \t]*\((?P<dollars>[\w-]+)\)[ \t]*$"
OPTIONS = r"(?:[ \t]*:[\w-]+:[^\n]*\n)*?"
DIRECTIVE = (
    rf"^(?:`{{3,}}|:{{3,}})\{{math\}}\n{OPTIONS}[ \t]*:label:[ \t]*(?P<directive>[\w-]+)[ \t]*$"
)
DEFINED = re.compile(f"{DOLLARS}|{DIRECTIVE}", re.MULTILINE)
CODE_CELL = re.compile(r"^```\{code-cell\}[^\n]*\n(.*?)^```$", re.MULTILINE | re.DOTALL)


class Line(NamedTuple):
    """A comment that names an equation."""

    path: Path
    number: int
    function: str  # its dotted name; empty at the level of the module


def labels_of(comment):
    """Return every label that a comment names."""
    return [label for found in IN_COMMENT.findall(comment) for label in re.split(r",\s*", found)]


def comments(source):
    """Yield the line number and the labels of every comment that names an equation."""
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT and (labels := labels_of(token.string)):
            yield token.start[0], labels


def function_at(tree, number):
    """Return the dotted name of the innermost function or class around a line, or ""."""
    names, body = [], tree.body
    while True:
        around = [
            node
            for node in body
            if isinstance(node, ast.FunctionDef | ast.ClassDef)
            and node.lineno <= number <= node.end_lineno
        ]
        if not around:
            return ".".join(names)
        names.append(around[0].name)
        body = around[0].body


def lines_of_code(paths):
    """Return the lines of Python files that realise equations: label -> list of Line."""
    found = {}
    for path in paths:
        source = path.read_text(encoding="utf-8")
        tree = ast.parse(source)
        for number, labels in comments(source):
            for label in labels:
                line = Line(path, number, function_at(tree, number))
                found.setdefault(label, []).append(line)
    return found


def modules(root):
    """Return the files in which the page looks for equations: those of library and studies."""
    return sorted(path for name in ("refsnn", "studies") for path in (root / name).rglob("*.py"))


def cells(chapter):
    """Return the code cells of a chapter's text, without their options."""
    return [
        re.sub(r"\A---\n.*?^---\n", "", cell, flags=re.MULTILINE | re.DOTALL)
        for cell in CODE_CELL.findall(chapter)
    ]


def chapters_with(root):
    """Return which chapters have a code cell that realises an equation: label -> list of paths."""
    found = {}
    for path in sorted((root / "chapters").glob("*.md")):
        for cell in cells(path.read_text(encoding="utf-8")):
            for _, labels in comments(cell):
                for label in labels:
                    if path not in found.setdefault(label, []):
                        found[label].append(path)
    return found


def defined(chapter):
    """Return the labels that a chapter gives to its equations, in order, repeats included."""
    return [found["dollars"] or found["directive"] for found in DEFINED.finditer(chapter)]


def page(root=ROOT):
    """Return the index as Markdown."""
    code = lines_of_code(modules(root))
    in_cells = chapters_with(root)
    lines = [
        "# Equations and their lines",
        "",
        "Every labelled equation of the book, and the lines of code that are it. A number leads to "
        "the equation, a line to the source; from there, and from the label below its number, an "
        "equation leads back here. In an editor, search for `eq. label`.",
        "",
    ]
    for path in sorted((root / "chapters").glob("*.md")):
        text = path.read_text(encoding="utf-8")
        if labels := defined(text):
            lines += [f"## {title(path)}", ""]
            lines += ["| Equation | Label | Lines |", "|---|---|---|"]
            for label in labels:
                places = [place(line, root) for line in code.get(label, [])]
                places = places or [f"a code cell of {chapter(p)}" for p in in_cells.get(label, [])]
                anchor = f"[`{label}`]{{#eq-{label}}}"
                lines.append(f"| {{eq}}`{label}` | {anchor} | {'<br>'.join(places)} |")
            lines.append("")
    return "\n".join(lines)


def chapter(path):
    """Return a link to a chapter."""
    return f"[chapter {path.stem[:2]}](../chapters/{path.name})"


def place(line, root):
    """Return a line of code as Markdown: a link to the source, and the function."""
    path = line.path.relative_to(root).as_posix()
    link = f'<a href="source/{path}.html#line-{line.number}"><code>{path}:{line.number}</code></a>'
    return f"{link} {f'`{line.function}`' if line.function else ''}".strip()


def write():
    """Write the page."""
    write_atomically(PAGE, page().encode())


if __name__ == "__main__":
    write()
    print(f"wrote {PAGE.relative_to(ROOT)}")
