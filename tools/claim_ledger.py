"""Write the book's claim ledger from the committed tables of the studies; a test compares page and
tables.

python -m tools.claim_ledger    writes docs/claims.md

A paper's lines come from the module `claims` of its folder in `studies`, which offers them as
`PAPER`, a `ledger.Paper`.
"""

import importlib

from refsnn import disk
from tools.theorem_index import CHAPTERS, ROOT, drawn, plain, title

PAGE = ROOT / "docs" / "claims.md"

INTRODUCTION = """\
What a paper claims, how sure we are that it does, what we measured, and what the number says of
the claim. The numbers are computed from the committed tables in `studies`, and a test compares
this page with them. Intervals are 95 % Student intervals over seeds of paired differences: two
methods on the same networks, images and random spikes (paper 1), or two networks of one seed
with the same initial weights and order of images (papers 2 and 3). They are not corrected for
their number: of twenty, one may leave out 0 by chance. A claimed size is *reached* if the whole
interval is at or above it, *not reached* if it is below, and *undecided* if the interval holds
it; a difference is a *gain* or a *loss* if its interval leaves 0 out, else there is *no
difference seen*. Where lines differ, the verdict counts them; it *depends* where some are gains
and others losses. The networks of paper 3 and of the surrogate on Fashion-MNIST and CIFAR-10 were
trained with momentum that began anew in every epoch, all others in one run."""


def papers():
    """The papers that the folders of `studies` offer, in the order of their headings."""
    folders = [path.parent.name for path in (ROOT / "studies").glob("*/claims.py")]
    offered = [importlib.import_module(f"studies.{folder}.claims").PAPER for folder in folders]
    return sorted(offered, key=lambda paper: paper.heading)


def entry(number, claim, figures):
    """One claim as Markdown."""
    return [
        f"### {number}. {plain(claim.claim)}",
        "",
        f"- Source: {plain(claim.source)}",
        "- Our numbers:",
        *(f"  - {plain(line)}" for line in claim.numbers),
        f"- Verdict: {plain(claim.verdict)}",
        *([f"- Figure: {{numref}}`{figures[claim.figure]}`"] if claim.figure else []),
        f"- Test: `{claim.test}`",
        "",
    ]


def page():
    """The whole ledger as Markdown, from the committed tables."""
    lines = ["# Claim ledger", "", INTRODUCTION, ""]
    for paper in papers():
        chapter, claims = CHAPTERS / paper.chapter, paper.claims()
        figures = drawn(chapter)
        lines += [
            f"## {paper.heading}",
            "",
            f"{{cite:t}}`{paper.citation}`, in [{title(chapter)}](../chapters/{paper.chapter}).",
            "",
            "| | Claim | Verdict |",
            "|---|---|---|",
            *(
                f"| {number} | {plain(claim.claim)} | {plain(claim.verdict)} |"
                for number, claim in enumerate(claims, start=1)
            ),
            "",
        ]
        for number, claim in enumerate(claims, start=1):
            lines += entry(number, claim, figures)
    return "\n".join(lines)


def write():
    """Write the page, at once."""
    disk.write_atomically(PAGE, page().encode())


if __name__ == "__main__":
    write()
    print(f"wrote {PAGE.relative_to(ROOT)}")
