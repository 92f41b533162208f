"""The command `refsnn`: data sets."""

import argparse
import sys


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
    commands = parser.add_subparsers(required=True, metavar="data")

    data = commands.add_parser("data", help="fetch a data set")
    data = data.add_subparsers(required=True, metavar="fetch | list")
    fetch = data.add_parser("fetch", help="download the official files of a data set")
    fetch.add_argument("name", metavar="NAME")
    fetch.set_defaults(run=_data_fetch)
    data.add_parser("list", help="list the data sets").set_defaults(run=_data_list)
    return parser


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
