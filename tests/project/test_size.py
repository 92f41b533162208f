"""Code is written to be read aloud: functions of few statements, flat, whatever the layout."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("refsnn", "figures", "tools", "benchmarks")
STATEMENTS, NESTING = 40, 6
BLOCKS = (ast.If, ast.For, ast.While, ast.With, ast.Try, ast.Match)


def functions(source):
    """Every function of a module, methods and inner ones included."""
    return [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef)]


def statements(function):
    """How many statements a function holds, those of its inner functions included."""
    return sum(isinstance(node, ast.stmt) for node in ast.walk(function)) - 1


def nesting(node):
    """How many blocks lie within one another; an elif is no deeper than its if."""
    deepest = 0
    for child in ast.iter_child_nodes(node):
        elif_ = isinstance(node, ast.If) and node.orelse == [child] and isinstance(child, ast.If)
        deepest = max(deepest, nesting(child) + (isinstance(child, BLOCKS) and not elif_))
    return deepest


def too_much(folder, measure, limit):
    """Functions below a folder beyond a limit: "path name" -> what was measured."""
    found = {
        f"{path.relative_to(folder)} {function.name}": measure(function)
        for path in sorted(folder.rglob("*.py"))
        for function in functions(path.read_text(encoding="utf-8"))
    }
    assert found, f"no function below {folder}"
    return {name: size for name, size in found.items() if size > limit}


@pytest.mark.parametrize("folder", FOLDERS)
def test_no_function_has_more_than_40_statements(folder):
    assert too_much(ROOT / folder, statements, STATEMENTS) == {}


@pytest.mark.parametrize("folder", FOLDERS)
def test_no_function_nests_more_than_6_blocks(folder):
    assert too_much(ROOT / folder, nesting, NESTING) == {}


def test_a_function_of_41_statements_is_seen_however_it_is_packed(tmp_path):
    (tmp_path / "long.py").write_text("def long():\n" + "    pass; pass\n" * 20 + "    pass\n")
    (tmp_path / "short.py").write_text("def short():\n" + "    pass\n" * 40)
    assert too_much(tmp_path, statements, STATEMENTS) == {"long.py long": 41}


def test_nesting_is_seen_and_a_chain_of_elif_is_flat(tmp_path):
    deep = "".join("    " * (k + 1) + "if x:\n" for k in range(7)) + "    " * 8 + "pass\n"
    chain = "    if x == 0:\n        pass\n"
    chain += "".join(f"    elif x == {k}:\n        pass\n" for k in range(1, 9))
    (tmp_path / "blocks.py").write_text(f"def deep(x):\n{deep}\ndef flat(x):\n{chain}")
    assert too_much(tmp_path, nesting, NESTING) == {"blocks.py deep": 7}
