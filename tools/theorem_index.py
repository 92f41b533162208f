"""Write the book's theorem index from the tests in tests/theorems; the book's configuration calls
it before each build.

python tools/theorem_index.py    writes docs/theorems.md

A test is a theorem: its name says the kind and the claim, its docstring is the statement with
hypotheses. The functions of the package that it calls, through helpers of its module too, are its
closed forms; they lead to the chapter, the figures, and the last measured gap between closed form
and simulation (the study `gaps`).
"""

import ast
import importlib
import re
from collections import Counter, namedtuple
from pathlib import Path

from figures import gallery
from refsnn import disk
from studies.closed_forms.results import measured_gaps

ROOT = Path(__file__).resolve().parent.parent
TESTS, CHAPTERS, FIGURES = ROOT / "tests" / "theorems", ROOT / "chapters", ROOT / "figures"
PAGE = ROOT / "docs" / "theorems.md"
KINDS = {"theorem": "Theorem", "law": "Law", "lemma": "Lemma", "counterexample": "Counterexample"}
NAME = re.compile(rf"test_({'|'.join(KINDS)})_(\w+)")
PACKAGES = re.compile(r"(theory|predict|snn|nn|convert|datasets)\.[\w.]+$")
PROPER = (
    "Bernoulli",
    "Berry-Esseen",
    "Gaussian",
    "Jeffreys",
    "Jensen-Shannon",
    "Lundberg",
    "Monte Carlo",
    "Poisson",
    "Spitzer",
    "Siegmund",
)

# `functions` are dotted names below refsnn, such as "theory.membrane_std"; `catches`: it shows that
# it can fail.
Theorem = namedtuple("Theorem", "module test kind claim statement functions catches")


def imported(tree):
    """Names that a module takes from refsnn -> their dotted names below it."""
    names = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "refsnn":
            package = node.module.partition(".")[2]
            for alias in node.names:
                names[alias.asname or alias.name] = f"{package}.{alias.name}".strip(".")
    return names


def reached(node, tree):
    """A function of a module, and all functions and constants of the module that it uses, directly
    or not.
    """
    local = {}
    for other in tree.body:
        if isinstance(other, ast.FunctionDef | ast.ClassDef):
            local[other.name] = other
        elif isinstance(other, ast.Assign):
            local |= {target.id: other for target in other.targets if isinstance(target, ast.Name)}

    nodes, seen = [node], {node.name}
    for each in nodes:
        names = {child.id for child in ast.walk(each) if isinstance(child, ast.Name)}
        new = sorted((names & set(local)) - seen)
        nodes += [local[name] for name in new]
        seen |= set(new)
    return nodes


def used(nodes, tree):
    """Dotted names below refsnn that stand in nodes of a module, as the package exports them;
    constants are left out, for they are no closed forms.
    """
    names, dotted, owners = imported(tree), set(), set()
    for child in (child for node in nodes for child in ast.walk(node)):
        # The walk meets `theory.leak_sum` before the `theory` in it.
        if isinstance(child, ast.Attribute) and getattr(child.value, "id", None) in names:
            owners.add(child.value)
            dotted.add(f"{names[child.value.id]}.{child.attr}")
        elif isinstance(child, ast.Name) and child.id in names and child not in owners:
            dotted.add(names[child.id])

    functions = {public(name) for name in dotted if not name.rpartition(".")[2].isupper()}
    return sorted(name for name in functions if PACKAGES.match(name))


def public(name):
    """The short name of what its package exports: "theory.moments.leak_sum" is
    "theory.leak_sum".
    """
    package, _, rest = name.partition(".")
    last = rest.rpartition(".")[2]
    exported = "." in rest and hasattr(importlib.import_module(f"refsnn.{package}"), last)
    return f"{package}.{last}" if exported else name


def theorems(folder=TESTS):
    """Every theorem, law, lemma and counterexample of a folder of tests, in the order of the files.

    Raises
    ------
    ValueError
        A test's name has no kind, or its docstring is missing.
    """
    found = []
    for path in sorted(folder.glob("test_*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in tree.body:
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                found.append(read_theorem(path, node, tree))
    return found


def read_theorem(path, node, tree):
    """The theorem of one test."""
    named, statement = NAME.fullmatch(node.name), ast.get_docstring(node)
    if not named or not statement:
        raise ValueError(
            f"{path.name}: {node.name} must be called test_KIND_CLAIM (KIND one of "
            f"{', '.join(KINDS)}) and have its statement as docstring."
        )

    nodes = reached(node, tree)
    children = [child for each in nodes for child in ast.walk(each)]
    names = {getattr(child, "id", getattr(child, "attr", "")) for child in children}
    return Theorem(
        module=path.stem.removeprefix("test_"),
        test=node.name,
        kind=named[1],
        claim=in_words(named[2]),
        statement=statement,
        functions=used(nodes, tree),
        catches=bool(names & {"caught", "raises"}),
    )


def in_words(name):
    """The part of a test's name that is its claim, proper names in capitals."""
    claim = name.replace("_", " ")
    for proper in PROPER:
        claim = re.sub(rf"\b{proper.replace('-', ' ')}", proper, claim, flags=re.IGNORECASE)
    return claim


def mentions(folder, pattern):
    """Files of a folder -> the names that they call."""
    return {
        path: set(re.findall(r"(\w+)\(", path.read_text(encoding="utf-8")))
        for path in sorted(folder.glob(pattern))
    }


def title(chapter):
    """The heading of a chapter."""
    return re.search(r"^# (.+)$", chapter.read_text(encoding="utf-8"), re.MULTILINE)[1]


def plain(text):
    """A docstring as Markdown: formulas and code stay, every other sign means itself."""
    parts = re.split(r"(\$[^$]+\$|`[^`]+`)", " ".join(text.split()))
    return "".join(
        part if k % 2 else re.sub(r"([\\*_|<>\[\]#{}~^$])", r"\\\1", part)
        for k, part in enumerate(parts)
    )


def links(theorem, chapters, figures, measured):
    """The lines below a statement: closed forms, chapters, figures, gaps, test."""
    functions = theorem.functions
    forms = [name for name in functions if name.startswith(("theory.", "predict."))] or functions
    bare = {name.rpartition(".")[2] for name in forms}
    in_book = {slug: name for path in chapters for slug, name in drawn(path).items()}

    told = [path for path, words in chapters.items() if bare & words]
    shown = {
        slug: path for slug, path in gallery.scripts().items() if bare & figures.get(path, set())
    }
    names = [name.rpartition(".")[2] for name in functions]
    lines = {
        "Closed form": [f"{{py:obj}}`{name} <refsnn.{name}>`" for name in forms],
        "Chapter": [f"[{title(path)}](../chapters/{path.name})" for path in told],
        "Figure": [
            f"{{numref}}`{in_book[slug]}`" if slug in in_book else f"`{path.name}`"
            for slug, path in shown.items()
        ],
        "Measured gap": [f"`{name}`: {measured[name]}" for name in names if name in measured],
        "Test": [f"`{theorem.test}` in `tests/theorems/test_{theorem.module}.py`"],
    }
    return [
        f"- {key}: {('; ' if key == 'Measured gap' else ', ').join(values)}"
        for key, values in lines.items()
        if values
    ]


def drawn(chapter):
    """Figures of a chapter: slug -> the name by which the book refers to it."""
    text = chapter.read_text(encoding="utf-8")
    return dict(
        (slug, name)
        for name, slug in re.findall(
            r"^    name: (fig-[\w-]+)$(?:(?!^```).)*?gallery\.show\(\"(\w+)\"",
            text,
            re.MULTILINE | re.DOTALL,
        )
    )


def page():
    """The whole index as Markdown."""
    found, measured = theorems(), measured_gaps()
    chapters, figures = mentions(CHAPTERS, "*.md"), mentions(FIGURES, "fig_*.py")
    lines = ["# Theorem index", "", introduction(found), ""]
    for module in dict.fromkeys(theorem.module for theorem in found):
        lines += [f"## {module.replace('_', ' ').capitalize()}", ""]
        for theorem in (each for each in found if each.module == module):
            anchor = theorem.test.removeprefix("test_").replace("_", "-")
            lines += [
                f"({anchor})=",
                f"### {KINDS[theorem.kind]}: {theorem.claim}",
                "",
                plain(theorem.statement),
                "",
                *links(theorem, chapters, figures, measured),
                "",
            ]
    return "\n".join(lines)


def introduction(found):
    """How many theorems there are, and what the lines below each mean."""
    counts = Counter(theorem.kind for theorem in found)
    plural = {kind: "laws" if kind == "law" else f"{kind}s" for kind in KINDS}
    summary = ", ".join(f"{counts[kind]} {plural[kind]}" for kind in KINDS if counts[kind])
    return (
        f"{len(found)} statements, each a test: {summary}. {sum(each.catches for each in found)} "
        "of the tests also show that they catch a wrong statement. The measured gap is the "
        "largest difference between a closed form and a simulation, in the study `gaps` on "
        "neurons of a trained network. Where it is exact, the gap is the simulation's: a few "
        "standard errors."
    )


def write():
    """Write the page, at once."""
    disk.write_atomically(PAGE, page().encode())


if __name__ == "__main__":
    write()
    print(f"wrote {PAGE.relative_to(ROOT)}")
