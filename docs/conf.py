"""Sphinx configuration of the book: `make book` builds it without a network into docs/_build/html.

Sources are relative to the repository: the pages in docs/ and the chapters in chapters/, each
executed in its folder.
"""

import re
import sys
from pathlib import Path

import refsnn

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from tools import chapters, equation_index, theorem_index  # noqa: E402

project = "refsnn"
author = "the refsnn authors"
copyright = "the refsnn authors"
release = refsnn.__version__
language = "en_GB"

extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx_exercise",
    "sphinx_proof",
    "sphinx_togglebutton",
    "sphinxcontrib.bibtex",
    "sphinx-mathjax-offline",
    "docs.equation_links",
]
root_doc = "docs/index"
# The chapters are read from their MyST source; their .ipynb are generated from it.
include_patterns = ["docs/*.md", "chapters/*.md"]
exclude_patterns = ["docs/_build", ".*", "**/.*"]

myst_enable_extensions = ["amsmath", "attrs_inline", "colon_fence", "deflist", "dollarmath"]
myst_heading_anchors = 3
# The notebook cache does not see changes of the package, so every chapter is executed every time.
nb_execution_mode = "force"
# A cell that fails is a warning with its traceback, and `make book` makes warnings errors.
nb_execution_show_tb = True
nb_execution_timeout = 120
nb_merge_streams = True
# The default loads a widget manager from elsewhere; no chapter uses widgets.
nb_ipywidgets_js = {}

bibtex_bibfiles = ["references.bib"]
bibtex_reference_style = "author_year"
numfig = True
math_numfig = True
math_eqref_format = "({number})"

# Docstrings write mathematics between dollars and names between single backticks, as the chapters
# do.
default_role = "code"
autodoc_member_order = "bysource"
autodoc_typehints = "none"
napoleon_google_docstring = False
napoleon_use_rtype = False
napoleon_custom_sections = [("Source", "notes_style"), ("Equation", "notes_style")]

html_theme = "sphinx_book_theme"
html_title = "refsnn"
html_theme_options = {
    "show_toc_level": 2,
    "use_download_button": False,
    "use_fullscreen_button": False,
    "navbar_persistent": [],
}
# The book begins at docs/index.html; a page at its top leads there.
templates_path = ["templates"]
html_additional_pages = {"index": "redirect.html"}
html_static_path = ["static"]
html_css_files = ["book.css"]
html_copy_source = False
html_show_sourcelink = False


# |z| in a sentence would be a substitution; mathematics, code and examples keep their bars.
BARS = re.compile(
    r"\$\$.+?\$\$|\$[^$]+\$|`[^`]*`|^[ ]*(?:>>>|\.\.\.)[^\n]*|\|(\w[^|\n]*)\|",
    re.DOTALL | re.MULTILINE,
)


def dollars_to_roles(app, what, name, obj, options, lines):
    """Turn $...$ and $$...$$ of a docstring into what reStructuredText calls mathematics."""
    text = BARS.sub(lambda m: rf"\|{m[1]}\|" if m[1] else m[0], "\n".join(lines))
    text = re.sub(
        r"(?m)^([ ]*)\$\$(.+?)\$\$$", lambda m: display(m[1], m[2]), text, flags=re.DOTALL
    )
    text = re.sub(r"(?<![\\$`])\$([^$`]+?)\$", lambda m: f":math:`{' '.join(m[1].split())}`", text)
    lines[:] = text.split("\n")


def display(indent, formula):
    """Return a math directive, at an indentation, that holds a formula."""
    body = [f"{indent}   {line.strip()}" for line in formula.strip().split("\n")]
    return "\n".join(["", f"{indent}.. math::", "", *body, ""])


def fields_without_words(app, what, name, obj, skip, options):
    """Skip the fields of a NamedTuple: Python documents them as aliases for field numbers."""
    return True if type(obj).__name__ == "_tuplegetter" else None


def alt_texts(app, name, source):
    """Give the figures of a page the alt texts of their scripts."""
    source[0] = chapters.with_alt_texts(source[0])


def write_indexes(app):
    """Write the pages that are made from tests and code, before sources are looked for."""
    theorem_index.write()
    equation_index.write()


def setup(app):
    """Write what is generated; alt texts come from the figures' scripts; rewrite docstrings before
    napoleon reads them.
    """
    app.connect("builder-inited", write_indexes)
    app.connect("source-read", alt_texts)
    app.connect("autodoc-skip-member", fields_without_words)
    app.connect("autodoc-process-docstring", dollars_to_roles, priority=400)
