"""Draw the figures of the book: `python -m figures [--only SLUG] [--list]`."""

import argparse
import sys

import matplotlib

from figures import gallery
from refsnn.cli import answer, print_table


def main(arguments=None, folder=gallery.FOLDER):
    """Draw the figures, or list them; return the exit code.

    Parameters
    ----------
    arguments : list of str, optional
        Default: what the shell handed over.
    folder : path-like
        Where the scripts are; figures appear in its `out/`.

    Returns
    -------
    int
        As `refsnn.cli.answer`: 0 if every figure was drawn.
    """
    parser = argparse.ArgumentParser(prog="python -m figures", description=__doc__)
    parser.add_argument("--only", metavar="SLUG", help="draw this one only")
    parser.add_argument(
        "--list", action="store_true", help="list the figures and draw none"
    )
    options = parser.parse_args(arguments)

    matplotlib.use("Agg")  # a program of its own: nothing is to be shown on a screen
    return answer(
        "figures",
        lambda: _list(folder) if options.list else _draw(folder, options.only),
    )


def _list(folder):
    slugs = gallery.scripts(folder)
    print_table([(slug, gallery.load(slug, folder).TITLE) for slug in slugs])
    return 0


def _draw(folder, only):
    drawings = gallery.draw_all(folder, only=only)
    drawn = [drawing for drawing in drawings if drawing.error is None]
    rows = [
        (
            drawing.path.name,
            f"{drawing.path.stat().st_size / 1000:.0f} kB",
            f"{drawing.seconds:.1f} s",
        )
        for drawing in drawn
    ]
    if rows:
        print_table(rows)
    for drawing in drawings:
        if drawing.error is not None:
            print(f"figures: {drawing.error}", file=sys.stderr)
    return 0 if len(drawn) == len(drawings) else 1


if __name__ == "__main__":
    sys.exit(main())
