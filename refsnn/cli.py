"""The command `refsnn`: figures, studies and data sets."""

import argparse
import sys
import time
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
        print(f"refsnn: {_sentence(error)}", file=sys.stderr)
        return 1


def _parser():
    parser = argparse.ArgumentParser(prog="refsnn", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="figures | study | data")

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

    study = commands.add_parser("study", help="run a study")
    study = study.add_subparsers(required=True, metavar="run | list")
    run = study.add_parser("run", help="run a study, or what is missing of it")
    run.add_argument("name", metavar="NAME")
    run.add_argument("--data", metavar="D", help="data set (default: the study's first)")
    run.add_argument(
        "--seeds", type=int, metavar="N", help="number of seeds (default: the study's own)"
    )
    run.add_argument(
        "--jobs", type=int, default=1, metavar="N", help="processes on this machine (default 1)"
    )
    run.add_argument(
        "--dask", metavar="ADDRESS", help="run the jobs on the cluster of this Dask scheduler"
    )
    run.add_argument(
        "--folder",
        type=Path,
        default=Path("figures/results"),
        help="where the table appears (default: figures/results)",
    )
    run.set_defaults(run=_study_run)
    study.add_parser("list", help="list the studies").set_defaults(run=_study_list)

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
        _print_table(
            [
                (gallery.slug(script), gallery.load(script).TITLE)
                for script in gallery.scripts(options.folder)
            ]
        )
        return 0
    outcomes = gallery.draw_all(options.folder, only=options.only)
    written = [outcome for outcome in outcomes if outcome.error is None]
    _print_table(
        [
            (str(outcome.path), f"{outcome.bytes / 1000:.0f} kB", f"{outcome.seconds:.1f} s")
            for outcome in written
        ]
    )
    for outcome in outcomes:
        if outcome.error is not None:
            print(f"refsnn: {outcome.error}", file=sys.stderr)
    return 0 if len(written) == len(outcomes) else 1


def _study_run(options):
    from refsnn import study

    started = time.perf_counter()
    table = study.run(
        options.name,
        data=options.data,
        seeds=options.seeds,
        jobs=options.jobs,
        dask=options.dask,
        folder=options.folder,
    )
    rows = len(table.read_bytes().splitlines()) - 1
    print(f"{table}: {rows} rows after {time.perf_counter() - started:.0f} s")
    return 0


def _study_list(options):
    from refsnn import study

    _print_table(
        [
            (
                entry.name,
                ", ".join(entry.data),
                f"{entry.seeds} seeds",
                f"at most {entry.budget_minutes:g} min",
                entry.title,
            )
            for entry in study.listing()
        ]
    )
    return 0


def _data_list(options):
    from refsnn import datasets

    _print_table(datasets.listing())
    return 0


def _data_fetch(options):
    from refsnn import datasets

    print(*datasets.fetch(options.name), sep="\n")
    return 0


def _print_table(rows):
    """Rows of text in columns as wide as their widest entry."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        print(
            "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip()
        )


def _sentence(error):
    """An error's message on one line; OSError's own text names errno first, which helps nobody."""
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    return " ".join(str(error).split())
