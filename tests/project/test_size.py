"""Modules stay short enough to be read in one sitting."""

import ast
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LONGEST, LONGEST_KERNEL = 300, 60


def too_long(folder):
    """Modules below a folder with more lines than the limit: path -> lines."""
    lengths = {
        path: len(path.read_text(encoding="utf-8").splitlines()) for path in folder.rglob("*.py")
    }
    assert lengths, f"no module below {folder}"
    return {
        str(path.relative_to(folder)): lines for path, lines in lengths.items() if lines > LONGEST
    }


def test_no_module_of_the_package_has_more_than_300_lines():
    assert too_long(ROOT / "refsnn") == {}


def test_no_tool_or_figure_has_more_than_300_lines():
    assert too_long(ROOT / "tools") == {}
    assert too_long(ROOT / "figures") == {}


def test_a_module_of_301_lines_is_seen(tmp_path):
    (tmp_path / "long.py").write_text("pass\n" * 301)
    (tmp_path / "short.py").write_text("pass\n" * 300)
    assert too_long(tmp_path) == {"long.py": 301}


def kernels(folder):
    """The lines of every function below a folder: name -> lines."""
    trees = {
        path.stem: ast.parse(path.read_text(encoding="utf-8")) for path in folder.rglob("*.py")
    }
    found = {
        f"{stem}.{node.name}": node.end_lineno - node.lineno + 1
        for stem, tree in trees.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef)
    }
    assert found, f"no function below {folder}"
    return found


def test_no_kernel_has_more_than_60_lines(tmp_path):
    assert max(kernels(ROOT / "refsnn" / "kernels").values()) <= LONGEST_KERNEL
    (tmp_path / "long.py").write_text("def scan():\n" + "    pass\n" * 60)
    assert kernels(tmp_path) == {"long.scan": 61}
