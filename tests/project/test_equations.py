"""Every labelled equation has its line of code, every label in the code has its equation, and the
page of equations and the book lead from one to the other.
"""

import re
from pathlib import Path

import pytest

from docs import equation_links
from tools import equation_index as index

ROOT = Path(__file__).resolve().parents[2]
REFERENCE = re.compile(r"\{eq\}`(?:[^`<]*<)?([\w-]+)>?`")


def mismatches(root):
    """What does not match between the chapters and the code of a checkout, as sentences.

    Code names an equation that some chapter has; a chapter labels an equation once, and a line of
    the library or of a chapter's code cell is that equation.
    """
    chapters = sorted((root / "chapters").glob("*.md"))
    texts = [
        path.read_text(encoding="utf-8") for path in [*chapters, *(root / "docs").glob("*.md")]
    ]
    defined = [label for text in texts for label in index.defined(text)]
    referred = {label for text in texts for label in REFERENCE.findall(text)}

    library = set(index.lines_of_code(index.modules(root)))
    beside = set(index.lines_of_code(sorted((root / "figures").rglob("*.py"))))
    in_cells = set(index.chapters_with(root))

    found = {
        "code realises {}, which no chapter has": (library | beside | in_cells) - set(defined),
        "a sentence refers to {}, which no chapter has": referred - set(defined),
        "{} is defined twice": {label for label in defined if defined.count(label) > 1},
        "{} has no line of code": set(defined) - library - in_cells,
    }
    return [sentence.format(label) for sentence in found for label in sorted(found[sentence])]


CHAPTER = """# 00 A tour

$$
a = b
$$ (used)

```{math}
:label: shown
c = d
```

As {eq}`used` and {eq}`the sum <gone>` say.

$$ (idle)

$$ (twice)
$$ (twice)

```{code-cell} ipython3
---
tags: [hide-input]
---
c = d    # (N,), eq. shown
```
"""
MODULE = '''"""A module that says eq. nowhere."""

x = y    # eq. used


class Layer:
    def forward(self, x):
        # The step, eq. twice, lost:
        return "# eq. neither"
'''


@pytest.fixture
def checkout(tmp_path):
    """One chapter, one module, and what does not match between them."""
    for name, text in (
        ("chapters/00_tour.md", CHAPTER),
        ("refsnn/layer.py", MODULE),
        ("figures/fig_00_try.py", "z = 1    # eq. drawn\n"),
        ("docs/index.md", "# The book\n"),
    ):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_text(text)
    return tmp_path


def test_every_labelled_equation_has_its_line_and_every_label_in_code_its_equation():
    assert mismatches(ROOT) == []


def test_each_kind_of_mismatch_is_seen(checkout):
    assert mismatches(checkout) == [
        "code realises drawn, which no chapter has",
        "code realises lost, which no chapter has",
        "a sentence refers to gone, which no chapter has",
        "twice is defined twice",
        "idle has no line of code",
    ]


@pytest.mark.parametrize(
    "comment, labels",
    [
        ("# eq. staircase", ["staircase"]),
        ("# (T * N, n_out), eq. dense-forward", ["dense-forward"]),
        ("# eq. two-drifts, large-noise", ["two-drifts", "large-noise"]),
        ("# integrate, eq. neuron; then eq. charge", ["neuron", "charge"]),
        ("# see the equation", []),
    ],
)
def test_every_label_in_a_comment_is_seen(comment, labels):
    assert index.labels_of(comment) == labels


def test_the_page_has_every_equation_its_lines_and_their_functions(checkout):
    page = index.page(checkout)
    assert page.count("{#eq-") == 5 and "## 00 A tour" in page
    link = '<a href="source/refsnn/layer.py.html#line-{0}"><code>refsnn/layer.py:{0}</code></a>'
    assert f"| {{eq}}`used` | [`used`]{{#eq-used}} | {link.format(3)} |" in page
    assert f"[`twice`]{{#eq-twice}} | {link.format(8)} `Layer.forward` |" in page
    assert "[`shown`]{#eq-shown} | a code cell of [chapter 00](../chapters/00_tour.md) |" in page


def test_the_page_of_this_book_names_lines_that_say_so():
    page = index.page()
    places = re.findall(r"`\]\{#eq-([\w-]+)\} \|.*?<code>([\w/.]+):(\d+)</code>", page)
    assert len(places) > 70 and page == index.page()
    for label, path, number in places:
        line = (ROOT / path).read_text(encoding="utf-8").splitlines()[int(number) - 1]
        assert label in index.labels_of(line), f"{path}:{number} does not say {label}"


def test_labels_in_highlighted_comments_lead_to_the_page():
    html = '<span class="s2">eq. no</span> <span class="c1"># reset, eq. neuron, charge</span>'
    linked = equation_links.labels_linked(html, "../equations.html")
    assert linked.startswith('<span class="s2">eq. no</span>')
    for label in ("neuron", "charge"):
        assert f'<a href="../equations.html#eq-{label}">{label}</a>' in linked
