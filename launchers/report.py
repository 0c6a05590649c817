"""Tables, pictures and one HTML page of runs: `python launchers/report.py RUN ... [--out DIR]`."""

import argparse
import sys
from pathlib import Path

from mtl.errors import run_verb
from mtl.tasks.benchmarks import BENCHMARKS


def main() -> None:
    """Read the arguments, write the report, and print its first tables."""
    parser = _parser()
    args = parser.parse_args()
    if len(args.runs) > 1 and args.out is None:
        parser.error("name a folder for the report of several runs with --out")

    from rich.console import Console

    from mtl.report import terminal
    from mtl.report.report import read_report
    from mtl.report.write import write_report

    report = read_report(args.runs, benchmarks=BENCHMARKS.values(), baseline=args.baseline)
    files = write_report(report, args.out or args.runs[0])
    width = None if sys.stdout.isatty() else terminal.LOG_WIDTH
    console = Console(highlight=False, soft_wrap=True, width=width)
    for table in report.tables if args.all else report.summary:
        for grid in terminal.render(table, width=console.width):
            console.print(grid)
    for problem in report.results.problems:
        console.print(f"problem: {problem}", markup=False)
    console.print(f"written: {files[0]} and {len(files) - 1} more files beside it", markup=False)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="report.py", description=__doc__)
    parser.add_argument(
        "runs",
        type=Path,
        nargs="+",
        metavar="RUN",
        help="a run's folder, runs/<name>; several make one report",
    )
    parser.add_argument("--out", type=Path, metavar="DIR", help="where to write (default: the run's folder)")
    parser.add_argument(
        "--baseline", metavar="ARM", help="the arm that gains are counted from (default: none)"
    )
    parser.add_argument("--all", action="store_true", help="print every table, also those of single targets")
    return parser


if __name__ == "__main__":
    run_verb(main)
