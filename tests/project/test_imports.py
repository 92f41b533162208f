"""Who may import whom, held by import-linter; what importing refsnn loads and compiles."""

import ast
import json
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "refsnn"
MODULES = sorted(PACKAGE.rglob("*.py"))
RUNTIME = {"numpy", "numba", "scipy", "matplotlib", "threadpoolctl", "tqdm"}


# --- The contract of pyproject.toml ---


LINT = (
    "import sys; from importlinter.cli import lint_imports as lint; sys.exit(lint(no_cache=True))"
)


def contract(folder):
    """What import-linter says of a checkout: exit status and output."""
    command = [sys.executable, "-c", LINT]
    ran = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    return ran.returncode, ran.stdout + ran.stderr


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    """The part of the checkout that the contract speaks of, to be broken."""
    folder = tmp_path_factory.mktemp("checkout")
    shutil.copy(ROOT / "pyproject.toml", folder)
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    for package in settings["root_packages"]:
        shutil.copytree(ROOT / package, folder / package)
    return folder


def test_the_import_contract_is_kept():
    status, said = contract(ROOT)
    assert status == 0, said


@pytest.mark.parametrize(
    "line, path, sentence",
    [
        (
            "from refsnn import snn",
            "nn/training.py",
            "refsnn.nn is not allowed to import refsnn.snn",
        ),
        ("from refsnn.convert import scaling", "snn/simulate.py", "refsnn.snn is not allowed"),
        ("from ..datasets import load_digits", "snn/simulate.py", "refsnn.snn is not allowed"),
        ("from refsnn.nn import Dense", "kernels/sparse_sum.py", "refsnn.kernels is not allowed"),
        ("from refsnn.nn.layer import Run", "theory/moments.py", "refsnn.theory is not allowed"),
        ("from refsnn import nn", "datasets/frames.py", "refsnn.datasets is not allowed"),
        ("from refsnn.nn.training import fit", "nn/layer.py", "No cycles are allowed in refsnn.nn"),
        ("from studies import table", "metrics.py", "refsnn is not allowed to import studies"),
        ("import matplotlib.pyplot", "metrics.py", "refsnn is not allowed to import matplotlib"),
        ("import torch", "convert/to_spiking.py", "refsnn is not allowed to import torch"),
    ],
)
def test_a_forbidden_import_is_seen_inside_a_function(copy, line, path, sentence):
    module = copy / "refsnn" / path
    sound = module.read_text(encoding="utf-8")
    module.write_text(f"{sound}\n\ndef inside():\n    {line}\n", encoding="utf-8")
    try:
        status, said = contract(copy)
    finally:
        module.write_text(sound, encoding="utf-8")
    assert status == 1 and sentence in said


# --- What may be imported at the top level: what is installed with the package ---


def top_level(source):
    """The first names of what a module imports outside functions."""
    tree = ast.parse(source)
    inside = {
        child
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        for child in ast.walk(node)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Import) and node not in inside:
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node not in inside and not node.level:
            yield node.module.split(".")[0]


def extras(source):
    """What a module imports at the top level that may not be installed."""
    return set(top_level(source)) - set(sys.stdlib_module_names) - RUNTIME - {"refsnn"}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_imports_extras_inside_functions_only(path):
    assert extras(path.read_text(encoding="utf-8")) == set()


def test_an_extra_at_the_top_level_is_seen():
    assert extras("import pooch") == {"pooch"}
    assert extras("try:\n    import joblib\nexcept ImportError:\n    pass") == {"joblib"}
    assert extras("from dask import distributed") == {"dask"}
    assert extras("from .layer import Run\ndef load():\n    import pooch") == set()


def test_what_may_be_imported_at_the_top_level_is_what_pyproject_installs():
    dependencies = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    assert {d.split(">=")[0] for d in dependencies} == RUNTIME


# --- What an import loads and compiles ---

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
EVERYTHING = "from refsnn import convert, datasets, metrics, nn, predict, snn, theory"
HEAVY = {
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
    assert HEAVY & set(seen["modules"]) == set()


def test_a_kernel_that_was_compiled_is_seen():
    statement = (
        "import numba; from refsnn import kernels as k; "
        "k.probe = numba.njit(lambda x: x + 1); k.probe(1)"
    )
    assert seen_after(statement)["compiled"] == ["refsnn.kernels.probe"]
