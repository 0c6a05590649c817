"""A report of one run or of several: what was read, and the tables made of it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from mtl.errors import UserError
from mtl.report.dev import dev_table
from mtl.report.gather import gather
from mtl.report.kinship import kinship_tables
from mtl.report.published import benchmark_table
from mtl.report.results import Results
from mtl.report.runs import Run, read_run
from mtl.report.tables import Table
from mtl.report.targets import Benchmark, answer_table, language_table


@dataclass(frozen=True, kw_only=True)
class Report:
    """Runs, their results, and the tables made of them; no table where nothing has been scored yet."""

    runs: tuple[Run, ...]
    results: Results
    answer: Table | None
    benchmarks: tuple[Table, ...]
    kinship: tuple[Table, ...]
    languages: tuple[Table, ...]
    dev: Table | None

    @property
    def title(self) -> str:
        """The names of the runs."""
        return ", ".join(run.name for run in self.runs)

    @property
    def summary(self) -> tuple[Table, ...]:
        """The answer, and how it stands beside what others have published."""
        return (*(() if self.answer is None else (self.answer,)), *self.benchmarks)

    @property
    def tables(self) -> tuple[Table, ...]:
        """All tables, the answer first."""
        return (*self.summary, *self.kinship, *self.languages, *(() if self.dev is None else (self.dev,)))


def read_report(
    folders: Sequence[Path], *, benchmarks: Iterable[Benchmark], baseline: str | None = None
) -> Report:
    """Read run folders and make their tables."""
    paths = list(dict.fromkeys(folder.resolve() for folder in folders))
    runs = tuple(read_run(path) for path in paths)
    if len({run.name for run in runs}) < len(runs):
        raise UserError(
            f"{', '.join(map(str, folders))}: two runs of one name; rename a folder to tell them apart"
        )
    results = gather(runs, baseline=baseline)
    known = tuple(benchmarks)
    return Report(
        runs=runs,
        results=results,
        answer=answer_table(results, known) if results.arms else None,
        benchmarks=tuple(table for each in known if (table := benchmark_table(results, each)) is not None),
        kinship=tuple(kinship_tables(results)),
        languages=tuple(language_table(results, task) for task in results.tasks),
        dev=dev_table(runs, results, known),
    )
