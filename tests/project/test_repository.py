"""The repository speaks of the project alone: no host of a package registry, no path of a
machine.
"""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = "refsnn studies chapters tests figures docs tools benchmarks .ci".split()
GENERATED = {"__pycache__", "_build", "out", ".ipynb_checkpoints"}

# Put together from pieces, so that this file does not hold what it looks for.
HOSTS = [
    ("py", "pi.org"),
    ("python", "hosted.org"),
    ("npm", "js.org"),
    ("npm", "js.com"),
    ("deb.", "debian.org"),
    ("conda.", "anaconda.org"),
    ("download.", "pytorch.org"),
    ("js", "delivr.net"),
    ("cdnjs.", "cloudflare.com"),
]
PLACES = ["work", "root", "opt", "home", "Users", "tmp"]
FORBIDDEN = re.compile(
    "|".join(
        [
            *(re.escape(a + b) for a, b in HOSTS),
            r"(?<![\w.~:/-])/(?:"
            + "|".join(PLACES)
            + r")/\w",  # a path from the root of some machine
            r"file" + "://",
        ]
    )
)


def texts():
    """Every text of the repository: path -> content."""
    paths = [p for p in ROOT.iterdir() if p.is_file()]
    for folder in FOLDERS:
        paths += [
            p for p in (ROOT / folder).rglob("*") if p.is_file() and not GENERATED & set(p.parts)
        ]
    for path in paths:
        try:
            yield path, path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            pass  # a picture or an archive


def test_the_repository_names_no_registry_and_no_machine():
    read = dict(texts())
    assert ROOT / "pyproject.toml" in read and ROOT / "docs" / "conf.py" in read
    found = {str(path.relative_to(ROOT)): FORBIDDEN.findall(text) for path, text in read.items()}
    assert {path: matches for path, matches in found.items() if matches} == {}


@pytest.mark.parametrize(
    "text",
    [
        "https://" + "py" + "pi.org/simple",
        "pip install --index-url https://download." + "pytorch.org/whl/cpu",
        "open('" + "/wo" + "rk/main/x')",
        "cd " + "/ro" + "ot/refsnn",
        "fi" + "le:///etc/hosts",
    ],
)
def test_what_is_forbidden_is_seen(text):
    assert FORBIDDEN.search(text)


@pytest.mark.parametrize(
    "text", ["network/training", "~/.cache/refsnn", "/usr/share/datasets/fashion-mnist", "a/tmp/b"]
)
def test_what_is_allowed_is_let_through(text):
    assert not FORBIDDEN.search(text)
