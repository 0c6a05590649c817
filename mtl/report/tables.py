"""The tables of a report, as values that every writer renders: a cell is a text, and what it is above.

Arms are compared to the baseline arm. Where there is none, languages are compared to English.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from mtl.errors import UserError
from mtl.languages import language
from mtl.report.results import Measure, Results, difference, mean_of

ENGLISH = "en"
MISSING = "\N{EN DASH}"
MINUS = "\N{MINUS SIGN}"
OTHER = "other targets"


class Member(Protocol):
    """A task of a benchmark."""

    @property
    def task(self) -> str:
        """Its name."""

    @property
    def languages(self) -> Sequence[str]:
        """The languages that it is scored in."""

    @property
    def main(self) -> Sequence[str]:
        """The metrics whose mean is its score."""


class Benchmark(Protocol):
    """A named set of tasks in groups."""

    @property
    def name(self) -> str:
        """Its name."""

    @property
    def groups(self) -> Mapping[str, Sequence[Member]]:
        """Its tasks."""


@dataclass(frozen=True, kw_only=True)
class Cell:
    """A number as it is written, and how far it is above what it is compared to."""

    text: str
    delta: float | None = None


@dataclass(frozen=True, kw_only=True)
class Row:
    """A line of a table."""

    label: str
    cells: tuple[Cell, ...]
    kind: Literal["arm", "summary", "language", "published"] = "arm"
    title: str = ""
    """The label in full, where it is short for something."""


@dataclass(frozen=True, kw_only=True)
class Column:
    """A column's name, and the name above it and its neighbours."""

    label: str
    group: str = ""


@dataclass(frozen=True, kw_only=True)
class Table:
    """A table, its caption, and what its small numbers mean."""

    name: str
    """A word for file names and anchors."""
    title: str
    caption: str
    corner: str
    """What the rows are."""
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    delta: str = ""
    """What a delta is; empty where no cell has one."""
    notes: tuple[str, ...] = ()
    """What a reader has to know, a line each."""


def answer_table(results: Results, benchmarks: Sequence[Benchmark]) -> Table:
    """Every arm on every target, the means of groups of targets, and the mean of all."""
    groups = group_tasks(tuple(results.tasks), benchmarks)
    columns: list[Column] = []
    measures: list[Measure] = []
    for group, tasks in groups.items():
        own = [results.of_task(task) for task in tasks]
        columns += [Column(label=task, group=group) for task in tasks]
        measures += own
        if len(tasks) > 1:
            columns.append(Column(label="mean", group=group))
            measures.append(mean_of(own))
    if len(groups) > 1:
        columns.append(Column(label="all targets", group="mean"))
        measures.append(mean_of([results.of_task(task) for task in results.tasks]))
    return Table(
        name="targets",
        title="Every target, mean over its languages",
        caption=f"English included. {seeds_note(results)}",
        corner="arm",
        columns=tuple(columns),
        rows=tuple(arm_row(results, arm, measures) for arm in results.arms),
        delta=gain_words(results),
    )


def language_table(results: Results, task: str) -> Table:
    """A target in every language, for every arm; first its mean and how far the others are from English."""
    languages = results.tasks[task]
    others = [code for code in languages if code != ENGLISH]
    metric = results.main(task)
    ordered = [*(code for code in languages if code == ENGLISH), *sorted(others)]
    rows = [measure_row(results, "mean", results.of_task(task), kind="summary", title="mean over languages")]
    english = results.of_language(task, ENGLISH)
    if others and len(others) < len(languages):
        gap = difference(results.of_task(task, others), english)
        title = "mean of the other languages, less English"
        rows.append(measure_row(results, f"others {MINUS} en", gap, kind="summary", title=title))
    compared = english if results.baseline is None else None
    for code in ordered:
        measure = results.of_language(task, code)
        rows.append(
            measure_row(
                results,
                code,
                measure,
                kind="language",
                title=name_of(code),
                less=compared if code != ENGLISH else None,
            )
        )
    return Table(
        name=f"languages-{task}",
        title=task,
        caption=f"{metric}, in {len(languages)} languages.",
        corner="language",
        columns=tuple(Column(label=arm) for arm in results.arms),
        rows=tuple(rows),
        delta=gain_words(results) if results.baseline else ("gap to English" if len(rows) > 1 else ""),
    )


def group_tasks(tasks: Sequence[str], benchmarks: Sequence[Benchmark]) -> dict[str, list[str]]:
    """The tasks by the group in which a benchmark has them; the others last."""
    found: dict[str, list[str]] = {}
    for benchmark in benchmarks:
        for group, members in benchmark.groups.items():
            known_already = {task for each in found.values() for task in each}
            new = [m.task for m in members if m.task in tasks and m.task not in known_already]
            if new:
                found.setdefault(group, []).extend(new)
    rest = [task for task in tasks if not any(task in each for each in found.values())]
    return {**found, OTHER: rest} if rest else found


def name_of(code: str) -> str:
    """The name of a language; its code where the table of languages does not have it."""
    try:
        return language(code).name
    except UserError:
        return code


def seeds_note(results: Results) -> str:
    """How many seeds each arm has."""
    counts = {arm: len(seeds) for arm, seeds in results.arms.items()}
    if set(counts.values()) == {1}:
        return "One seed an arm: no deviation can be given."
    each = ", ".join(f"{arm} {count}" for arm, count in counts.items())
    return f"Mean ± standard deviation over seeds (seeds: {each})."


def signed(value: float) -> str:
    """A difference with its sign; one that rounds to nothing has none."""
    text = f"{abs(value):.1f}"
    return text if text == "0.0" else f"{'+' if value > 0 else MINUS}{text}"


def arm_row(results: Results, arm: str, measures: Sequence[Measure]) -> Row:
    """An arm's measures, and their gains."""
    return Row(label=arm, cells=tuple(_cell(results, arm, measure) for measure in measures))


def measure_row(
    results: Results,
    label: str,
    measure: Measure,
    *,
    kind: Literal["summary", "language"],
    title: str,
    less: Measure | None = None,
) -> Row:
    """A measure of every arm."""
    cells = tuple(_cell(results, arm, measure, less=less) for arm in results.arms)
    return Row(label=label, cells=cells, kind=kind, title=title)


def _cell(results: Results, arm: str, measure: Measure, *, less: Measure | None = None) -> Cell:
    """A measure of an arm, beside its gain over the baseline or, where `less` is given, over that measure."""
    sample = results.sample(arm, measure)
    if sample is None:
        return Cell(text=MISSING)
    text = f"{sample.mean:.1f}".replace("-", MINUS)
    if sample.deviation is not None:
        text += f" ± {sample.deviation:.1f}"
    if 1 < len(results.arms[arm]) != len(sample.values):
        text += f" ({len(sample.values)})"
    if less is None:
        return Cell(text=text, delta=results.gain(arm, measure))
    compared = results.sample(arm, difference(measure, less))
    return Cell(text=text, delta=None if compared is None else compared.mean)


def gain_words(results: Results) -> str:
    """What the deltas of arms are."""
    return f"gain over {results.baseline}" if results.baseline else ""
