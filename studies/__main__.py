"""The studies from a shell: `python -m studies list`, `python -m studies run NAME`."""

import argparse
import sys
import time
from pathlib import Path

from refsnn.cli import answer, print_table
from studies import runner


def main(arguments=None):
    """Run the command line and return its exit code.

    Parameters
    ----------
    arguments : list of str, optional
        Default: what the shell handed over.

    Returns
    -------
    int
        As `refsnn.cli.answer`: 0 if all went well.

    Raises
    ------
    SystemExit
        With code 2 if the command itself is not understood.
    """
    options = _parser().parse_args(arguments)
    return answer("studies", lambda: options.run(options))


def _parser():
    parser = argparse.ArgumentParser(prog="python -m studies", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="run | list")

    run = commands.add_parser("run", help="run a study, or what is missing of it")
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
        "--folder", type=Path, help="where the table appears (default: the study's own folder)"
    )
    run.set_defaults(run=_run)

    commands.add_parser("list", help="list the studies").set_defaults(run=_list)
    return parser


def _run(options):
    started = time.perf_counter()
    table = runner.run(
        options.name,
        data=options.data,
        seeds=options.seeds,
        jobs=options.jobs,
        dask=options.dask,
        folder=options.folder,
    )
    rows = len(table.read_bytes().splitlines()) - 1
    print(f"{table}: {rows} rows after {time.perf_counter() - started:.0f} s")


def _list(options):
    rows = [
        (
            study.name,
            ", ".join(study.data),
            f"{study.seeds} seeds",
            f"at most {study.budget_minutes:g} min",
            study.title,
        )
        for study in runner.listing()
    ]
    print_table(rows)


if __name__ == "__main__":
    sys.exit(main())
