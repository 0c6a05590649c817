"""A run's report: written into its folder, its table shown."""

from pathlib import Path

from mtl.run.terminal import Terminal
from mtl.tasks.benchmarks import BENCHMARKS


def report_run(root: Path, terminal: Terminal) -> None:
    """Write the report of the run in `root`, and show its table."""
    from mtl.report.report import read_report
    from mtl.report.terminal import render
    from mtl.report.write import write_report

    report = read_report([root], benchmarks=BENCHMARKS.values())
    write_report(report, root)
    for table in report.summary:
        for grid in render(table, width=terminal.console.width):
            terminal.table(grid)
