"""Who may import whom, read from the source; what importing refsnn loads and compiles."""

import ast
import json
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "refsnn"
MODULES = sorted(PACKAGE.rglob("*.py"))

# Part of the package -> the parts it may import besides itself. A part that is not listed may
# import all.
MAY_IMPORT = {
    "validate": set(),
    "disk": set(),
    "metrics": {"validate"},
    "kernels": {"validate"},
    "theory": {"validate"},
    "datasets": {"validate", "disk"},
    "nn": {"kernels", "validate", "metrics", "disk"},
    "snn": {"nn", "theory", "kernels", "validate", "metrics"},
    "convert": {"nn", "snn", "theory", "kernels", "validate", "metrics"},
}
MATPLOTLIB_IN = {"event_plots", "plots", "gallery"}
NOWHERE = {"torch", "sklearn", "pandas"}
RUNTIME = {"numpy", "numba", "scipy", "matplotlib", "threadpoolctl", "tqdm"}


def part_of(path):
    """The part of the package that a module belongs to: ``nn`` for ``refsnn/nn/training.py``."""
    return Path(path).relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports(tree, package):
    """Every import of a module as (absolute dotted name, at the top level or not)."""
    inside = {
        id(child)
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        for child in ast.walk(node)
    }
    for node in ast.walk(tree):
        top = id(node) not in inside
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, top
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(package[: len(package) + 1 - node.level]) if node.level else ""
            base = ".".join(filter(None, [base, node.module]))
            if base == "refsnn":
                for alias in node.names:
                    yield f"refsnn.{alias.name}", top
            else:
                yield base, top


def violations(source, path):
    """What a module imports and may not."""
    part, found = part_of(path), []
    package = ("refsnn", *Path(path).relative_to(PACKAGE).parts[:-1])
    for name, top in imports(ast.parse(source), package):
        first, *rest = name.split(".")
        if first == "refsnn" and rest:
            if part in MAY_IMPORT and rest[0] not in MAY_IMPORT[part] | {part, "__version__"}:
                found.append(f"{part} imports {name}")
        elif first in NOWHERE:
            found.append(f"{part} imports {first}")
        elif first == "matplotlib" and part not in MATPLOTLIB_IN:
            found.append(f"{part} imports matplotlib")
        elif top and first not in sys.stdlib_module_names | RUNTIME | {"refsnn"}:
            found.append(f"{part} imports {first} at the top level")
    return found


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_module_imports_only_what_its_layer_allows(path):
    assert violations(path.read_text(encoding="utf-8"), path) == []


@pytest.mark.parametrize(
    "line, path",
    [
        ("from refsnn import snn", "nn/training.py"),
        ("import refsnn.convert.scaling", "snn/simulate.py"),
        ("from ..datasets import load_digits", "snn/simulate.py"),
        ("from refsnn.nn import Dense", "kernels/sparse_sum.py"),
        ("from refsnn.nn.layer import Run", "theory/moments.py"),
        ("def f():\n    import matplotlib.pyplot", "metrics.py"),
        ("def f():\n    import torch", "convert/to_spiking.py"),
        ("import pooch", "datasets/download.py"),
        ("try:\n    import joblib\nexcept ImportError:\n    pass", "study.py"),
        ("from dask import distributed", "study.py"),
    ],
)
def test_a_forbidden_import_is_seen(line, path):
    assert len(violations(line, PACKAGE / path)) == 1


@pytest.mark.parametrize(
    "line, path",
    [
        ("from refsnn import metrics, validate", "nn/training.py"),
        ("from .layer import Run", "nn/training.py"),
        ("def f():\n    import pooch", "datasets/download.py"),
        ("import matplotlib", "plots.py"),
    ],
)
def test_an_allowed_import_is_let_through(line, path):
    assert violations(line, PACKAGE / path) == []


def test_what_may_be_imported_at_the_top_level_is_what_pyproject_installs():
    dependencies = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    assert {d.split(">=")[0] for d in dependencies} == RUNTIME


REPORT = """
import json, sys
{statement}
from numba.core.dispatcher import Dispatcher
from numba.np.ufunc.dufunc import DUFunc
compiled = sorted(
    f"{{module}}.{{name}}"
    for module in [m for m in sys.modules if m.split(".")[0] == "refsnn"]
    for name, each in vars(sys.modules[module]).items()
    if (isinstance(each, Dispatcher) and each.signatures)
    or (isinstance(each, DUFunc) and each.types)
)
print(json.dumps({{"modules": sorted(sys.modules), "compiled": compiled}}))
"""
EVERYTHING = "from refsnn import convert, datasets, metrics, nn, snn, theory"


def seen_after(statement):
    """Modules loaded and kernels compiled after a statement, in a new process."""
    ran = subprocess.run(
        [sys.executable, "-c", REPORT.format(statement=statement)], capture_output=True, text=True
    )
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)


@pytest.mark.parametrize("statement", ["import refsnn", EVERYTHING])
def test_importing_compiles_nothing_and_loads_nothing_heavy(statement):
    seen = seen_after(statement)
    assert seen["compiled"] == []
    heavy = {
        "matplotlib",
        "scipy.stats",
        "torch",
        "joblib",
        "dask",
        "distributed",
        "pooch",
        "sympy",
        "pandas",
    }
    assert heavy & set(seen["modules"]) == set()


def test_a_kernel_that_was_compiled_is_seen():
    statement = (
        "import numba; from refsnn import kernels as k; "
        "k.probe = numba.njit(lambda x: x + 1); k.probe(1)"
    )
    assert seen_after(statement)["compiled"] == ["refsnn.kernels.probe"]
