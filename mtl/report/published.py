"""A benchmark's table by its own rules, with the rows that others have published beside ours.

The published numbers are data, in published.json, each with its source; one without is marked as unverified.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from mtl.report.results import Measure, Results, mean_of
from mtl.report.rows import arm_row, gain_words, seeds_note, zero_shot_notes
from mtl.report.tables import METRICS, MISSING, Cell, Column, Row, Table
from mtl.report.targets import Benchmark, Member

UNVERIFIED = "?"
OVERALL = ("overall", "mean")


@dataclass(frozen=True, kw_only=True)
class Published:
    """What others have published for a benchmark."""

    benchmark: str
    what: str
    sources: Mapping[str, str]
    notes: tuple[str, ...]
    models: Mapping[str, Mapping[tuple[str, str], tuple[float, str | None]]]
    """By model, by task and metric: the number and the key of its source, if it has one."""


def read_published() -> Published:
    """The rows that come with this package."""
    facts = json.loads(Path(__file__).with_name("published.json").read_text(encoding="utf-8"))
    models = {
        model["model"]: {
            (task, metric): (value, source)
            for task, by_metric in model["numbers"].items()
            for metric, (value, source) in by_metric.items()
        }
        for model in facts["models"]
    }
    return Published(
        benchmark=facts["benchmark"],
        what=facts["what"],
        sources=facts["sources"],
        notes=tuple(facts["notes"]),
        models=models,
    )


def benchmark_table(results: Results, benchmark: Benchmark) -> Table | None:
    """The benchmark's own table; None where no task of it was scored in all of its languages.

    A task's number is its mean over the benchmark's languages, whatever else was scored, so that it can stand
    beside what others have published.
    """
    members = [member for group in benchmark.groups.values() for member in group]
    complete = [member for member in members if _complete(results, member)]
    if not complete:
        return None
    columns = [
        Column(label=METRICS.get(metric, metric), group=member.task)
        for member in complete
        for metric in member.main
    ]
    keys = [(member.task, metric) for member in complete for metric in member.main]
    measures = [
        results.of_task(member.task, member.languages, metric)
        for member in complete
        for metric in member.main
    ]
    if len(complete) == len(members):
        columns.append(Column(label=OVERALL[1], group=OVERALL[0]))
        keys.append(OVERALL)
        measures.append(_overall(results, members))
    published = read_published()
    ours = [arm_row(results, arm, measures) for arm in results.arms]
    theirs = _rows(published, keys) if published.benchmark == benchmark.name else []
    missing = [member.task for member in members if member not in complete]
    return Table(
        name=benchmark.name,
        title=f"By the rules of {benchmark.name}",
        caption=seeds_note(results),
        corner="model",
        columns=tuple(columns),
        rows=(*ours, *theirs),
        delta=gain_words(results),
        notes=(
            *zero_shot_notes(results),
            *([f"Not scored in all languages: {', '.join(missing)}."] if missing else []),
            *(_notes(published) if theirs else []),
        ),
    )


def _complete(results: Results, member: Member) -> bool:
    return set(member.languages) <= set(results.tasks.get(member.task, ()))


def _overall(results: Results, members: Sequence[Member]) -> Measure:
    """The mean over tasks, a task's score being the mean of its main metrics."""
    return mean_of(
        [
            mean_of([results.of_task(member.task, member.languages, metric) for metric in member.main])
            for member in members
        ]
    )


def _rows(published: Published, keys: Sequence[tuple[str, str]]) -> list[Row]:
    return [
        Row(
            label=model,
            kind="published",
            title=f"published, {published.what}",
            cells=tuple(_cell(numbers.get(key)) for key in keys),
        )
        for model, numbers in published.models.items()
        if any(key in numbers for key in keys)
    ]


def _cell(number: tuple[float, str | None] | None) -> Cell:
    if number is None:
        return Cell(text=MISSING)
    value, source = number
    return Cell(text=f"{value:.1f}{'' if source else UNVERIFIED}")


def _notes(published: Published) -> list[str]:
    return [
        f"Published rows are {published.benchmark} {published.what}; {UNVERIFIED} marks a number for "
        "which no source could be read.",
        f"Sources: {'; '.join(published.sources.values())}.",
        *published.notes,
    ]
