"""The command `refsnn`: which data sets there are, and fetching one.

`python -m studies` and `python -m figures` answer in the same way.
"""

import argparse
import sys

from refsnn import __version__

SPEAKING = (ValueError, TypeError, OSError, ImportError, RuntimeError)  # their messages say it all


def main(arguments=None):
    """Run the command line and return its exit code.

    Parameters
    ----------
    arguments : list of str, optional
        Default: what the shell handed over.

    Returns
    -------
    int
        As `answer`.

    Raises
    ------
    SystemExit
        With code 2 if the command itself is not understood.
    """
    options = _parser().parse_args(arguments)
    return answer("refsnn", lambda: options.run(options))


def answer(program, run):
    """Run a command: its exit code is 0, or what `run()` returns; 1 if its input was refused or its
    work failed; 130 if it was interrupted. What went wrong is one sentence on stderr.
    """
    try:
        code = run() or 0
        _flush()
        return code
    except KeyboardInterrupt:
        print(f"{program}: interrupted; what was finished is kept.", file=sys.stderr)
        return 130
    except Exception as error:
        print(f"{program}: {_sentence(error)}", file=sys.stderr)
        return 1


def print_table(rows):
    """Print rows of text in columns as wide as their widest entry."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        padded = [text.ljust(width) for text, width in zip(row, widths, strict=True)]
        print("  ".join(padded).rstrip())


def _flush():
    """Write what was printed; what a closed pipe or a full disk does not take, Python is not to try
    again at its end.
    """
    try:
        sys.stdout.flush()
    except OSError:
        sys.stdout = None
        raise


def _sentence(error):
    """An error's message on one line, after its kind if that is not told by the message. OSError's
    own text names errno first, which helps nobody.
    """
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    kind = "" if isinstance(error, SPEAKING) else f"{type(error).__name__}: "
    return kind + " ".join(str(error).split())


def _parser():
    parser = argparse.ArgumentParser(prog="refsnn", description="Data sets of refsnn.")
    parser.add_argument("--version", action="version", version=f"refsnn {__version__}")
    commands = parser.add_subparsers(required=True, metavar="data")

    data = commands.add_parser("data", help="list the data sets, or fetch one")
    data_commands = data.add_subparsers(required=True, metavar="list | fetch")
    listing = data_commands.add_parser("list", help="list the data sets, and where they are")
    listing.set_defaults(run=_list)
    fetching = data_commands.add_parser("fetch", help="download the official files of a data set")
    fetching.add_argument("name", metavar="NAME")
    fetching.set_defaults(run=_fetch)
    return parser


def _list(options):
    from refsnn import datasets

    print_table(datasets.listing())


def _fetch(options):
    from refsnn import datasets

    print(*datasets.fetch(options.name), sep="\n")
