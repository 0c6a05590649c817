"""Scores of a folder of predictions against a folder of labels: tasks, languages, the benchmark's means.

Everything that can be scored is; whatever is missing or wrong is a problem, one line each, and the caller
decides whether problems are an error. A group's mean and the overall exist only where every language of every
task of theirs has been scored.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

from mtl.errors import UserError
from mtl.evaluate.intervals import half_width
from mtl.evaluate.layouts import LAYOUTS, Aligned
from mtl.evaluate.metrics import METRICS
from mtl.evaluate.metrics.arithmetic import mean
from mtl.tasks.benchmarks import Benchmark, Member

Numbers = Mapping[str, float]


@dataclass(frozen=True, kw_only=True)
class TaskScore:
    """A task's numbers per language and their averages, in percent."""

    member: Member
    languages: Mapping[str, Numbers]
    avg: Numbers
    intervals: Numbers
    """Half of each language's 95 % interval, where a score is the share of items that are right."""

    @property
    def score(self) -> float:
        """The task's one number."""
        return self.avg[METRICS[self.member.metric].main]

    def as_json(self) -> dict[str, dict[str, float]]:
        """`{"avg": numbers, language: numbers}`."""
        return {"avg": dict(self.avg), **{lang: dict(numbers) for lang, numbers in self.languages.items()}}

    @property
    def complete(self) -> bool:
        """Whether every language of the task has been scored."""
        return len(self.languages) == len(self.member.languages)


@dataclass(frozen=True, kw_only=True)
class Scores:
    """What a folder of predictions is worth."""

    benchmark: Benchmark
    tasks: Mapping[str, TaskScore]
    problems: tuple[str, ...]
    """What could not be scored, or only as wrong, and why."""
    ignored: tuple[str, ...]
    """What lies among the predictions but is no part of the benchmark."""

    @property
    def groups(self) -> Mapping[str, float | None]:
        """The mean score of each group's tasks; None where it is not complete."""
        return {name: self._mean(members) for name, members in self.benchmark.groups.items()}

    @property
    def overall(self) -> float | None:
        """The mean score of all tasks; None where it is not complete."""
        return self._mean(self.benchmark.members)

    def demand_complete(self) -> None:
        """Raise the first problem, if there is any."""
        if self.problems:
            raise UserError(f"{first_of(self.problems)}; --partial scores what can be scored")

    def as_json(self) -> dict[str, Any]:
        """`{task: {"avg": numbers, language: numbers}}`, and the benchmark's means under its own name."""
        result: dict[str, Any] = {name: task.as_json() for name, task in self.tasks.items()}
        result[self.benchmark.name] = {
            "overall": self.overall,
            "groups": dict(self.groups),
            "tasks": {name: task.score for name, task in self.tasks.items()},
            "incomplete": [m.task for m in self.benchmark.members if not self._complete(m)],
            "problems": list(self.problems),
            "ignored": list(self.ignored),
        }
        return result

    def _complete(self, member: Member) -> bool:
        return member.task in self.tasks and self.tasks[member.task].complete

    def _mean(self, members: Sequence[Member]) -> float | None:
        if not all(map(self._complete, members)):
            return None
        return mean([self.tasks[member.task].score for member in members])


def score_folder(predictions: Path, labels: Path, benchmark: Benchmark) -> Scores:
    """Score all that two folders of the benchmark's layout hold."""
    for folder, what in ((predictions, "predictions"), (labels, "labels")):
        if not folder.is_dir():
            raise UserError(f"{folder}: no such folder of {what}; name one that has a folder for each task")
    tasks: dict[str, TaskScore] = {}
    problems: list[str] = []
    for member in benchmark.members:
        task = score_task(member, predictions, labels, problems)
        if task is not None:
            tasks[member.task] = task
    if not tasks:
        raise UserError(f"nothing of {benchmark.name} can be scored: {problems[0]}")
    return Scores(
        benchmark=benchmark,
        tasks=tasks,
        problems=tuple(problems),
        ignored=tuple(strangers(predictions, benchmark)),
    )


def score_files(member: Member, language: str, found: Path, wanted: Path) -> tuple[dict[str, float], Aligned]:
    """The numbers of one language's two files, and what they hold."""
    layout = LAYOUTS[member.layout]
    aligned = layout.align(layout.read(found, member), layout.read_golds(wanted, member), found, wanted)
    return _compute(member, aligned.predictions, aligned.golds, language), aligned


def first_of(problems: Sequence[str]) -> str:
    """The first problem, and how many more there are, in one line."""
    more = len(problems) - 1
    return f"{problems[0]} (and {more} more problem{'s' * (more > 1)})" if more else problems[0]


def missing_files(member: Member, folder: Path) -> list[str]:
    """One line for a task's languages that have no file in the folder, or none."""
    if not (folder / member.folder).is_dir():
        return [f"{folder}: no folder {member.folder}"]
    missing = [lang for lang in member.languages if not (folder / member.file(lang)).is_file()]
    if not missing:
        return []
    return [f"{folder / member.file(missing[0])}: no such file; {member.task} lacks {' '.join(missing)}"]


def strangers(folder: Path, benchmark: Benchmark) -> list[str]:
    """What lies in a folder of predictions without being a file of the benchmark."""
    expected = {member.folder for member in benchmark.members}
    expected |= {member.file(language) for member in benchmark.members for language in member.languages}
    tasks = [entry for entry in sorted(folder.iterdir()) if entry.is_dir() and entry.name in expected]
    entries = chain(sorted(folder.iterdir()), *(sorted(task.iterdir()) for task in tasks))
    names = (entry.relative_to(folder).as_posix() for entry in entries)
    return [name if name.isprintable() else ascii(name) for name in names if name not in expected]


def score_task(member: Member, predictions: Path, labels: Path, problems: list[str]) -> TaskScore | None:
    """A task's numbers in all languages that are there; what is missing or wrong goes to `problems`."""
    metric = METRICS[member.metric]
    problems += missing_files(member, predictions) + missing_files(member, labels)
    languages: dict[str, Numbers] = {}
    intervals: dict[str, float] = {}
    everything = Aligned([], [])
    for language in member.languages:
        found, wanted = predictions / member.file(language), labels / member.file(language)
        if not (found.is_file() and wanted.is_file()):
            continue
        try:
            languages[language], aligned = score_files(member, language, found, wanted)
        except UserError as error:
            problems.append(str(error))
            continue
        problems += aligned.problems
        if metric.is_share_of_items:
            intervals[language] = half_width(languages[language][metric.main], len(aligned.golds))
        if member.pooled:
            everything.predictions.extend(aligned.predictions)
            everything.golds.extend(aligned.golds)
    if not languages:
        return None
    if member.pooled:
        avg = _compute(member, everything.predictions, everything.golds, language="en")
    else:
        # A language whose questions all have an answer, or none, has no numbers of the others.
        first, *others = languages.values()
        keys = [key for key in first if all(key in other for other in others)]
        avg = {key: mean([numbers[key] for numbers in languages.values()]) for key in keys}
    # The benchmarks average exact match and F1 over languages first: the other order has another last digit.
    avg[metric.main] = mean([avg[key] for key in member.main])
    return TaskScore(member=member, languages=languages, avg=avg, intervals=intervals)


def _compute(member: Member, predictions: list[Any], golds: list[Any], language: str) -> dict[str, float]:
    return METRICS[member.metric].compute(predictions, golds, language=language)
