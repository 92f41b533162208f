"""Measure how readable the code is, print a table, and fail where a limit is broken.

python -m tools.readability

Syntax nodes per code line say how much a line asks of its reader: layout cannot change the number
of nodes, only spread it. A code line is one that holds a token which is no comment and no
docstring.
"""

import ast
import io
import sys
import tokenize
from collections import Counter
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent

DENSITY, DENSITY_OF = 11, {"refsnn/theory": 12}  # syntax nodes per code line, in refsnn
NODES = 60_000  # syntax nodes of refsnn, type hints aside: they say what a docstring says
WIDTH = 100  # characters of a line
STATEMENTS = 40  # of a function, those of its inner functions included
NESTING = 6  # blocks of a function within one another
LONG = 25  # code lines from which on a function has paragraphs, and comments that open them

HINTED = {f"refsnn/{name}" for name in ("nn", "snn", "convert", "predict", "datasets")}
OUTSIDE = ("studies", "figures", "benchmarks", "tools")
REPEATED_BY_DESIGN = {"__init__", "__main__"}

DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
BLOCKS = (ast.If, ast.For, ast.While, ast.With, ast.Try, ast.Match)
LAYOUT = {
    tokenize.COMMENT,
    tokenize.NL,
    tokenize.NEWLINE,
    tokenize.INDENT,
    tokenize.DEDENT,
    tokenize.ENDMARKER,
}


class Room(NamedTuple):
    """What was measured of one package."""

    name: str
    nodes: int
    hints: int  # how many of the nodes
    lines: int
    widest: int
    statements: int
    nesting: int
    undocumented: list
    unhinted: list
    packed: list

    @property
    def density(self):
        """Syntax nodes per code line."""
        return self.nodes / max(self.lines, 1)


# --- What is measured of a module ---


def code_lines(source, tree):
    """Count the lines that hold code: neither empty, nor comment, nor docstring."""
    lines = set()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type not in LAYOUT:
            lines |= set(range(token.start[0], token.end[0] + 1))

    for node in ast.walk(tree):
        if isinstance(node, (ast.Module, *DEFINITIONS)) and ast.get_docstring(node) is not None:
            lines -= set(range(node.body[0].lineno, node.body[0].end_lineno + 1))
    return len(lines)


def statements(function):
    """Count the statements of a function, those of its inner functions included."""
    return sum(isinstance(node, ast.stmt) for node in ast.walk(function)) - 1


def hint_nodes(tree):
    """Count the syntax nodes of a module's type hints of arguments and returned values."""
    hints = [node.annotation for node in ast.walk(tree) if isinstance(node, ast.arg)]
    hints += [node.returns for node in ast.walk(tree) if isinstance(node, FUNCTIONS)]
    return sum(1 for hint in hints if hint for _ in ast.walk(hint))


def nesting(node):
    """Count how many blocks lie within one another; an elif is no deeper than its if."""
    deepest = 0
    for child in ast.iter_child_nodes(node):
        chained = isinstance(node, ast.If) and node.orelse == [child] and isinstance(child, ast.If)
        deepest = max(deepest, nesting(child) + (isinstance(child, BLOCKS) and not chained))
    return deepest


def in_paragraphs(function, lines):
    """Whether a function of more than LONG code lines has paragraphs and comments of their own."""
    body = lines[function.body[0].lineno - 1 : function.end_lineno]
    if ast.get_docstring(function) is not None:
        body = lines[function.body[0].end_lineno : function.end_lineno]
    empty = sum(not line.strip() for line in body)
    comments = sum(line.lstrip().startswith("#") for line in body)
    return len(body) - empty - comments <= LONG or (empty > 0 and comments > 0)


def public(node, owner=""):
    """Yield every public function, class and method as (dotted name, node)."""
    for child in node.body:
        if isinstance(child, DEFINITIONS) and not child.name.startswith("_"):
            name = f"{owner}{child.name}"
            yield name, child
            if isinstance(child, ast.ClassDef):
                yield from public(child, f"{name}.")


def undocumented(tree):
    """Return the public names of a module that have no docstring; "module" is the module itself."""
    names = [("module", tree), *public(tree)]
    return [name for name, node in names if ast.get_docstring(node) is None]


def unhinted(tree):
    """Return the public functions of a module, methods and __init__ included, that lack a hint of
    an argument or of what they return.
    """
    functions = [(name, node) for name, node in public(tree) if isinstance(node, FUNCTIONS)]
    for owner, node in public(tree):
        if isinstance(node, ast.ClassDef):
            functions += [
                (f"{owner}.__init__", child)
                for child in node.body
                if isinstance(child, FUNCTIONS) and child.name == "__init__"
            ]

    bare = []
    for name, function in functions:
        arguments = function.args
        every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
        every += [each for each in (arguments.vararg, arguments.kwarg) if each]
        missing = [
            each for each in every if not each.annotation and each.arg not in ("self", "cls")
        ]
        if missing or (function.returns is None and function.name != "__init__"):
            bare.append(name)
    return bare


# --- What is measured of packages ---


def measured(name, paths):
    """Measure the modules of one package."""
    totals = Counter()  # over the modules
    worst = Counter()  # of any line or function
    lacking: dict = {"docstring": [], "hint": [], "paragraphs": []}

    for path in paths:
        source = path.read_text(encoding="utf-8")
        tree = ast.parse(source)
        totals["nodes"] += sum(1 for _ in ast.walk(tree))
        totals["hints"] += hint_nodes(tree)
        totals["lines"] += code_lines(source, tree)

        worst["width"] = max(worst["width"], *map(len, source.splitlines()), 0)
        for node in ast.walk(tree):
            if isinstance(node, FUNCTIONS):
                worst["statements"] = max(worst["statements"], statements(node))
                worst["nesting"] = max(worst["nesting"], nesting(node))
                if not in_paragraphs(node, source.splitlines()):
                    lacking["paragraphs"].append(f"{path.stem}: {node.name}")

        # Names that a reader cannot look up.
        lacking["docstring"] += [f"{path.stem}: {each}" for each in undocumented(tree)]
        if name in HINTED:
            lacking["hint"] += [f"{path.stem}: {each}" for each in unhinted(tree)]
    return Room(
        name=name,
        nodes=totals["nodes"],
        hints=totals["hints"],
        lines=totals["lines"],
        widest=worst["width"],
        statements=worst["statements"],
        nesting=worst["nesting"],
        undocumented=lacking["docstring"],
        unhinted=lacking["hint"],
        packed=lacking["paragraphs"],
    )


def rooms(root):
    """Measure every package of refsnn, its modules outside packages, and what lies beside it."""
    package = root / "refsnn"
    found = [measured("refsnn/*.py", sorted(package.glob("*.py")))]
    for init in sorted(package.glob("*/__init__.py")):
        paths = sorted(init.parent.rglob("*.py"))
        found.append(measured(f"refsnn/{init.parent.name}", paths))
    for name in OUTSIDE:
        if paths := sorted((root / name).rglob("*.py")):
            found.append(measured(name, paths))
    return found


def repeated(paths):
    """Return the names that several files have."""
    names = Counter(path.stem for path in paths)
    return sorted(name for name, n in names.items() if n > 1 and name not in REPEATED_BY_DESIGN)


def broken(found, root):
    """Return a sentence for every limit that is broken."""
    sentences = []

    # What each package holds to.
    for room in found:
        limits = [("characters in a line", room.widest, WIDTH)]
        limits.append(("statements in a function", room.statements, STATEMENTS))
        limits.append(("blocks within one another", room.nesting, NESTING))
        if room.name.startswith("refsnn"):
            density = round(room.density, 1)
            limits.append(
                ("syntax nodes per code line", density, DENSITY_OF.get(room.name, DENSITY))
            )
        sentences += [
            f"{room.name}: {value} {what}, at most {limit} are allowed"
            for what, value, limit in limits
            if value > limit
        ]
        if room.name != "figures":  # compute and draw are the same in every script
            sentences += [f"{room.name}: no docstring: {name}" for name in room.undocumented]
        sentences += [f"{room.name}: hints are missing: {name}" for name in room.unhinted]
        sentences += [f"{room.name}: no paragraphs or comments: {name}" for name in room.packed]

    # The library as a whole, and names that several files have.
    nodes = sum(room.nodes - room.hints for room in found if room.name.startswith("refsnn"))
    if nodes > NODES:
        sentences.append(
            f"refsnn: {nodes:,} syntax nodes without hints, at most {NODES:,} are allowed"
        )
    for folder, pattern in (("refsnn", "*.py"), ("tests", "test_*.py")):
        for name in repeated((root / folder).rglob(pattern)):
            sentences.append(f"{folder}: several files are called {name}.py")
    return sentences


def table(found):
    """Return the measurements as lines of text."""
    head = "nodes lines nodes/line widest statements blocks undocumented unhinted".split()
    rows = [
        (
            room.name,
            f"{room.nodes:,}",
            f"{room.lines:,}",
            f"{room.density:.1f}",
            str(room.widest),
            str(room.statements),
            str(room.nesting),
            str(len(room.undocumented)),
            str(len(room.unhinted)) if room.name in HINTED else "",
        )
        for room in found
    ]
    columns = "{:16}" + "{:>13}" * len(head)
    return [columns.format(*row).rstrip() for row in [("", *head), *rows]]


def main(root=ROOT):
    """Print the table and what is broken; return the exit status."""
    found = rooms(root)
    library = [room for room in found if room.name.startswith("refsnn")]
    nodes, hints, lines = (
        sum(getattr(room, key) for room in library) for key in ("nodes", "hints", "lines")
    )
    print("\n".join(table(found)))
    print(
        f"refsnn as a whole: {nodes:,} syntax nodes, {nodes / lines:.1f} per code line; "
        f"{hints:,} of them are type hints, {nodes - hints:,} are not"
    )

    sentences = broken(found, root)
    for sentence in sentences:
        print(sentence, file=sys.stderr)
    return 1 if sentences else 0


if __name__ == "__main__":
    sys.exit(main())
