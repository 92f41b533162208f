"""Every chapter's notebook is what its MyST source gives, byte for byte."""

import json
import re
import shutil

import pytest

from tools import chapters

SOURCES = sorted(chapters.CHAPTERS.glob("*.md"))
EXAMPLE = """\
---
kernelspec:
  display_name: Python 3
  language: python
  name: python3
---

# Title

```{code-cell} ipython3
1 + 1
```

Text with $v_\\theta$ and an umlaut: ü.
"""


def test_every_notebook_is_what_its_source_gives():
    assert SOURCES, "there are no chapters"
    assert chapters.out_of_step() == {}


def test_chapters_are_numbered_from_00_without_gaps():
    assert all(re.fullmatch(r"\d\d_[a-z0-9_]+", source.stem) for source in SOURCES)
    assert [int(source.stem[:2]) for source in SOURCES] == list(range(len(SOURCES)))


def test_generating_twice_gives_the_same_bytes_and_names_cells_by_file_and_position():
    text = chapters.notebook_text(EXAMPLE, "00_try")
    assert text == chapters.notebook_text(EXAMPLE, "00_try")
    notebook = json.loads(text)
    assert [cell["id"] for cell in notebook["cells"]] == ["00_try-000", "00_try-001", "00_try-002"]
    assert [cell["cell_type"] for cell in notebook["cells"]] == ["markdown", "code", "markdown"]
    assert notebook["cells"][1]["outputs"] == [] and notebook["cells"][1]["execution_count"] is None
    assert "ü" in text


@pytest.fixture
def folder(tmp_path):
    """A folder with one chapter, in step."""
    (tmp_path / "00_try.md").write_text(EXAMPLE, encoding="utf-8")
    assert chapters.main([], tmp_path) == 0
    assert chapters.main(["--check"], tmp_path) == 0
    return tmp_path


def test_a_changed_source_is_seen(folder):
    source = folder / "00_try.md"
    source.write_text(
        source.read_text(encoding="utf-8").replace("1 + 1", "1 + 2"), encoding="utf-8"
    )
    assert list(chapters.out_of_step(folder)) == ["00_try.ipynb"]
    assert chapters.main(["--check"], folder) == 1
    assert chapters.main([], folder) == 0
    assert chapters.out_of_step(folder) == {}


def test_a_notebook_saved_with_outputs_is_seen(folder):
    notebook = json.loads((folder / "00_try.ipynb").read_text(encoding="utf-8"))
    notebook["cells"][1]["execution_count"] = 1
    (folder / "00_try.ipynb").write_text(json.dumps(notebook, indent=1) + "\n", encoding="utf-8")
    assert list(chapters.out_of_step(folder)) == ["00_try.ipynb"]


def test_a_missing_notebook_and_a_notebook_without_source_are_seen(folder, capsys):
    shutil.move(folder / "00_try.ipynb", folder / "01_other.ipynb")
    differing = chapters.out_of_step(folder)
    assert sorted(differing) == ["00_try.ipynb", "01_other.ipynb"]
    assert differing["01_other.ipynb"] is None
    assert chapters.main([], folder) == 1
    assert "chapters/01_other.ipynb has no source chapters/01_other.md" in capsys.readouterr().err


def test_a_wrong_option_is_answered_with_the_usage(capsys):
    assert chapters.main(["--chek"]) == 2
    assert capsys.readouterr().err.startswith("usage:")


def test_code_cells_are_laid_out_and_nothing_else_is(tmp_path):
    untidy = EXAMPLE.replace("1 + 1", "---\ntags: [hide-input]\n---\nx = f( 1,2 )  # sum")
    source = tmp_path / "00_try.md"
    source.write_text(untidy, encoding="utf-8")
    assert chapters.main(["--layout"], tmp_path) == 0
    text = source.read_text(encoding="utf-8")
    assert text == untidy.replace("f( 1,2 )", "f(1, 2)")
    assert chapters.out_of_step(tmp_path) == {}
