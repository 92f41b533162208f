"""The code is as readable as it says it is, and each measure of tools/readability.py can fail."""

import ast

import pytest

from tools import readability

SOUND = '''"""A module."""


def scan(current: list, v: float = 0.0) -> list:
    """Fire."""
    spikes = []
    for each in current:
        v += each    # integrate
    return spikes


class Layer:
    """A layer."""

    def __init__(self, size: int):
        self.size = size

    def forward(self, x: list) -> list:
        """Pass on."""
        return x

    def _private(self, x):
        return x
'''


@pytest.fixture
def checkout(tmp_path):
    """A small library and a test: nothing of it breaks a limit."""
    for name, text in (
        ("refsnn/__init__.py", '"""The library."""\n'),
        ("refsnn/nn/__init__.py", '"""Layers."""\n'),
        ("refsnn/nn/layer.py", SOUND),
        ("refsnn/theory/__init__.py", '"""Formulas."""\n'),
        ("tests/nn/test_layer.py", ""),
        ("tests/theory/test_norms.py", ""),
        ("studies/l4/results.py", '"""What came out."""\n'),
        ("studies/events/results.py", '"""What came out."""\n'),
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def said(checkout):
    """The sentences on a checkout."""
    return readability.broken(readability.rooms(checkout), checkout)


def test_a_sound_checkout_breaks_no_limit(checkout, capsys):
    assert said(checkout) == []
    assert readability.main(checkout) == 0
    assert "refsnn/nn" in capsys.readouterr().out


DEEP = "".join("    " * (k + 1) + "if v:\n" for k in range(7)) + "    " * 8 + "v = 1\n"


@pytest.mark.parametrize(
    "added, sentence",
    [
        ("def _long():\n" + "    pass; pass\n" * 20 + "    pass\n", "41 statements in a function"),
        ("def _packed():\n" + "    v = 1\n" * 26, "no paragraphs or comments: layer: _packed"),
        (f"def _deep(v):\n{DEEP}", "7 blocks within one another"),
        ("x = 1" + " " * 96 + "#\n", "102 characters in a line"),
        (("x = [" + "[0, 1], " * 11 + "]\n") * 9, "syntax nodes per code line, at most 11"),
        ("def bare() -> int:\n    return 1\n", "no docstring: layer: bare"),
        ("class Bare:\n    pass\n", "no docstring: layer: Bare"),
        ("class _B:\n    pass\n\n\nclass C:\n    'C.'\n    def f(self) -> int:\n        return 1\n",
         "no docstring: layer: C.f"),
        ("def f(x) -> int:\n    'F.'\n", "hints are missing: layer: f"),
        ("def f(*, x: int):\n    'F.'\n", "hints are missing: layer: f"),
        ("class C:\n    'C.'\n    def __init__(self, x):\n        pass\n",
         "hints are missing: layer: C.__init__"),
        ("class C:\n    'C.'\n    def f(self, *x) -> int:\n        'F.'\n",
         "hints are missing: layer: C.f"),
    ],
)  # fmt: skip
def test_each_limit_is_seen_when_it_is_broken(checkout, capsys, added, sentence):
    module = checkout / "refsnn" / "nn" / "layer.py"
    module.write_text(SOUND + "\n\n" + added)
    (found,) = said(checkout)
    assert sentence in found
    assert readability.main(checkout) == 1
    assert found in capsys.readouterr().err


def test_a_function_of_40_statements_and_a_chain_of_elif_are_let_through():
    assert readability.statements(ast.parse("def f():\n" + "    pass; pass\n" * 20).body[0]) == 40
    chain = "if x == 0:\n    pass\n" + "".join(f"elif x == {k}:\n    pass\n" for k in range(1, 9))
    assert readability.nesting(ast.parse(chain)) == 1


def test_a_long_function_in_paragraphs_with_comments_is_let_through():
    paragraph = "    # A step.\n" + "    v = 1\n" * 13
    source = f"def f():\n{paragraph}\n{paragraph}"
    (function,) = ast.parse(source).body
    assert readability.in_paragraphs(function, source.splitlines())
    assert not readability.in_paragraphs(function, source.replace("    # A step.", "").splitlines())


def test_theory_may_be_denser_and_the_whole_has_a_limit(checkout, monkeypatch):
    line = "x = [0, 1, 2, 3, 4, 5]\n"  # 11 nodes: statement, name, store, list, load, 6 numbers
    (checkout / "refsnn" / "theory" / "norms.py").write_text(
        '"""Norms."""\n' + line * 40
    )  # 11.2 a line
    assert said(checkout) == []
    monkeypatch.setattr(readability, "NODES", 300)
    (found,) = said(checkout)
    assert "syntax nodes without hints, at most 300" in found


def test_hints_are_counted():
    assert (
        readability.hint_nodes(ast.parse("def f(x: int, *, y: list[int] = ()) -> None: ...")) == 9
    )


def test_comments_docstrings_and_empty_lines_are_no_code():
    assert readability.code_lines(SOUND, ast.parse(SOUND)) == 12


@pytest.mark.parametrize("name", ["refsnn/theory/layer.py", "tests/theory/test_layer.py"])
def test_two_files_of_one_name_are_seen_outside_studies(checkout, name):
    (checkout / name).write_text('"""Another."""\n')
    stem = name.rpartition("/")[2]
    assert said(checkout) == [f"{name.partition('/')[0]}: several files are called {stem}"]


def test_the_repository_breaks_no_limit():
    assert readability.broken(readability.rooms(readability.ROOT), readability.ROOT) == []
