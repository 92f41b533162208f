"""The check behind `make book` notices a page that needs a network."""

import pytest

from tools import book_offline

PAGE = """<html><head><link rel="stylesheet" href="style.css"><link rel="canonical" href="https://example.org/">
{head}</head>
<body><a href="https://example.org/paper">a paper</a>
<img src="data:image/png;base64,AA=="></body></html>"""


@pytest.fixture
def book(tmp_path):
    """A built book of one page and one style, to which a line of its head can be added."""

    def make(head="", style="body { color: black }"):
        (tmp_path / "index.html").write_text(PAGE.format(head=head))
        (tmp_path / "style.css").write_text(style)
        return str(tmp_path)

    return make


def test_links_to_other_places_are_no_loads(book, capsys):
    assert book_offline.main(book()) == 0
    assert capsys.readouterr().out.startswith("1 pages, complete without a network")


@pytest.mark.parametrize(
    "head",
    [
        '<script src="https://example.org/mathjax.js"></script>',
        '<script src="//example.org/mathjax.js"></script>',
        '<link rel="preload stylesheet" href="http://example.org/font.css">',
        '<img src="https://example.org/badge.svg">',
        '<script src="gone.js?v=1"></script>',
    ],
)
def test_a_page_that_loads_from_elsewhere_or_lacks_a_file_is_seen(book, head):
    assert book_offline.main(book(head)) == 1


@pytest.mark.parametrize(
    "style", ["@import 'https://example.org/a.css';", "a { background: url(//example.org/a.png) }"]
)
def test_a_style_that_loads_from_elsewhere_is_seen(book, style):
    assert book_offline.main(book(style=style)) == 1


def test_an_empty_folder_is_no_book(tmp_path):
    assert book_offline.main(str(tmp_path)) == 1
