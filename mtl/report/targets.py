"""The tables of targets: every arm on every target, and each target in every language."""

import re
from collections.abc import Mapping, Sequence
from typing import Protocol

from mtl.languages import ENGLISH, find_language
from mtl.report.results import Measure, Results, difference, mean_of
from mtl.report.rows import arm_row, gain_words, measure_row, seeds_note, zero_shot_notes
from mtl.report.tables import METRICS, MINUS, Column, Table

OTHER = "other targets"
INTERVAL = "interval"
"""The number of a language that says how far its score may be off."""
WITHIN = (
    " Of one seed, ±: half of Wilson's 95 % interval, which the number of items leaves; the middle of "
    "that interval is nearer to 50 than the score."
)


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
        title="Every target, mean over its languages, English included",
        caption=seeds_note(results),
        corner="arm",
        columns=tuple(columns),
        rows=tuple(arm_row(results, arm, measures) for arm in results.arms),
        delta=gain_words(results),
        notes=zero_shot_notes(results),
    )


def language_table(results: Results, task: str) -> Table:
    """A target in every language, for every arm that has it; first its mean and the gap to English."""
    results = results.with_task(task)
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
                interval=results.of_language(task, code, INTERVAL),
            )
        )
    return Table(
        name=re.sub(r"[^\w-]", "_", task),
        title=task,
        caption=f"{METRICS.get(metric, metric)}, in {len(languages)} languages."
        + _intervals_note(results, task),
        corner="language",
        columns=tuple(Column(label=arm) for arm in results.arms),
        rows=tuple(rows),
        delta=gain_words(results)
        if results.baseline
        else ("gap to English" if ENGLISH in languages and others else ""),
    )


def _intervals_note(results: Results, task: str) -> str:
    """What ± is where an arm has one seed and its scores are shares of items."""
    some = any(
        len(results.arms[arm]) == 1 and results.sample(arm, results.of_language(task, code, INTERVAL))
        for arm in results.arms
        for code in results.tasks[task]
    )
    return WITHIN if some else ""


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
    known = find_language(code)
    return code if known is None else known.name
