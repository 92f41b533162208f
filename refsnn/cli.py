"""The command `refsnn`: figures and data sets."""

import argparse
import sys
from pathlib import Path


def main(arguments=None):
    """Run the command line and return its exit code.

    Parameters
    ----------
    arguments : list of str, optional
        Default: what the shell handed over.

    Returns
    -------
    int
        0; 1 if the work failed or its input was refused, with one sentence on stderr; 130 if it was
        interrupted.

    Raises
    ------
    SystemExit
        With code 2 if the command itself is not understood.
    """
    options = _parser().parse_args(arguments)
    try:
        return options.run(options)
    except KeyboardInterrupt:
        print(
            "refsnn: interrupted; what was finished is kept, and the same command goes on from "
            "there.",
            file=sys.stderr,
        )
        return 130
    except (ValueError, TypeError, OSError, ImportError) as error:
        print(f"refsnn: {sentence(error)}", file=sys.stderr)
        return 1


def _parser():
    parser = argparse.ArgumentParser(prog="refsnn", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="figures | data")

    figures = commands.add_parser("figures", help="draw the figures")
    figures.add_argument("--only", metavar="SLUG", help="draw this one only")
    figures.add_argument("--list", action="store_true", help="list the figures and draw none")
    figures.add_argument(
        "--folder",
        type=Path,
        default=Path("figures"),
        help="folder of the scripts; figures appear in its out/ (default: figures)",
    )
    figures.set_defaults(run=_figures)

    data = commands.add_parser("data", help="fetch a data set")
    data = data.add_subparsers(required=True, metavar="fetch | list")
    fetch = data.add_parser("fetch", help="download the official files of a data set")
    fetch.add_argument("name", metavar="NAME")
    fetch.set_defaults(run=_data_fetch)
    data.add_parser("list", help="list the data sets").set_defaults(run=_data_list)
    return parser


def _figures(options):
    from refsnn import gallery

    if options.list:
        print_table(
            [
                (gallery.slug(script), gallery.load(script).TITLE)
                for script in gallery.scripts(options.folder)
            ]
        )
        return 0
    outcomes = gallery.draw_all(options.folder, only=options.only)
    written = [outcome for outcome in outcomes if outcome.error is None]
    print_table(
        [
            (str(outcome.path), f"{outcome.bytes / 1000:.0f} kB", f"{outcome.seconds:.1f} s")
            for outcome in written
        ]
    )
    for outcome in outcomes:
        if outcome.error is not None:
            print(f"refsnn: {outcome.error}", file=sys.stderr)
    return 0 if len(written) == len(outcomes) else 1


def _data_list(options):
    from refsnn import datasets

    print_table(datasets.listing())
    return 0


def _data_fetch(options):
    from refsnn import datasets

    print(*datasets.fetch(options.name), sep="\n")
    return 0


def print_table(rows):
    """Rows of text in columns as wide as their widest entry."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        print(
            "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip()
        )


def sentence(error):
    """An error's message on one line; OSError's own text names errno first, which helps nobody."""
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    return " ".join(str(error).split())
