"""Sphinx extension: from an equation to its lines of code, and back.

Under the number of every labelled equation stands its label, which leads to its row on the page of
equations. Each file of the library that realises an equation gets a page; on it the labels in
comments lead to the same row.
"""

import re

from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

from tools.equation_index import IN_COMMENT, ROOT, lines_of_code, modules

PAGE = "docs/equations"
SOURCES = "docs/source"
COMMENT = re.compile(r'<span class="c1">.*?</span>')
FORMAT = HtmlFormatter(linenos="inline", linespans="line", cssclass="highlight")


def with_label(visit):
    """Return a visitor of displayed formulas that writes the label below the number."""

    def visit_display(translator, node):
        start = len(translator.body)
        try:
            visit(translator, node)
        finally:  # the visitor ends with an exception: it has written the children, too
            if node["number"]:
                written = translator.body[start:]
                number = next(k for k, text in enumerate(written) if "eqno" in text)
                after = start + number + written[number:].index("</span>")
                translator.body.insert(after, link(translator, node["label"]))

    return visit_display


def link(translator, label):
    """Return the link from an equation to its row."""
    page = translator.builder.get_relative_uri(translator.docnames[0], PAGE)
    title = "The lines of code that realise this equation"
    return f'<a class="eqlabel" href="{page}#eq-{label}" title="{title}">{label}</a>'


def labels_linked(html, page):
    """Make every label in the comments of highlighted code a link."""

    def linked(comment):
        return IN_COMMENT.sub(
            lambda found: found[0].replace(
                found[1], re.sub(r"[\w-]+", rf'<a href="{page}#eq-\g<0>">\g<0></a>', found[1])
            ),
            comment[0],
        )

    return COMMENT.sub(linked, html)


def source_pages(app):
    """Yield a page for each file that realises an equation."""
    code = lines_of_code(modules(ROOT))
    for path in sorted({line.path for lines in code.values() for line in lines}):
        name = path.relative_to(ROOT).as_posix()
        document = f"{SOURCES}/{name}"
        page = app.builder.get_relative_uri(document, PAGE)
        text = highlight(path.read_text(encoding="utf-8"), PythonLexer(), FORMAT)
        body = f'<h1>{name}</h1>\n<div class="source">{labels_linked(text, page)}</div>'
        yield document, {"title": name, "body": body}, "page.html"


def wrap_renderer(app):
    """Put labels into the displayed formulas of the renderer in use."""
    renderers = app.registry.html_block_math_renderers
    visit, depart = renderers["mathjax"]
    renderers["mathjax"] = (with_label(visit), depart)


def setup(app):
    """Wrap the renderer of formulas, after MyST has, and add the pages of code."""
    app.connect("builder-inited", wrap_renderer, priority=900)
    app.connect("html-collect-pages", source_pages)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
