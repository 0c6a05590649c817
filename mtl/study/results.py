"""The results of a study, read from its folder: every score, and what is missing, with the reason."""

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from mtl.evaluate.exam import member_of
from mtl.phase_record import read_record
from mtl.report.runs import read_collapses, read_restarts
from mtl.run.phase_tasks import choose_tasks, known_tasks
from mtl.run.recipe.schema import Recipe
from mtl.runfolder import PhaseFolder, StudyFolder
from mtl.study.items import read_items
from mtl.study.matrix import Row, StudyCell, StudyMatrix
from mtl.study.statistics.paired import ItemScores
from mtl.study.zero_shot import Seen, find_seen
from mtl.tasks.benchmarks import Member
from mtl.tasks.task import Task


@dataclass(frozen=True, kw_only=True)
class Result:
    """A model's scores on a target, in percent."""

    cell: StudyCell
    member: Member
    by_language: Mapping[str, float]
    folder: PhaseFolder
    test_set: str
    """The first of the tasks that are tested on the same data."""

    def items(self) -> Mapping[str, ItemScores] | None:
        """By language, read anew each time; None where the metric knows no items."""
        read = {
            language: read_items(self.member, language, self.folder.predictions, self.folder.labels)
            for language in self.by_language
        }
        there = {
            language: replace(items, test_set=self.test_set)
            for language, items in read.items()
            if items is not None
        }
        return there if len(there) == len(read) else None


@dataclass(frozen=True, kw_only=True)
class StudyResults:
    """All that a study has found so far."""

    matrix: StudyMatrix
    by_cell: Mapping[tuple[str, str, int], Result]
    """By an arm's label, a target and a seed."""
    problems: tuple[str, ...]
    """What is missing, what has collapsed, and what was begun anew for that."""
    seconds: Mapping[str, float]
    """By phase that is done."""

    def get(self, label: str, target: str, seed: int) -> Result | None:
        """A result, if it is there."""
        return self.by_cell.get((label, target, seed))

    def over_seeds(self, label: str, target: str) -> list[Result]:
        """An arm's models on a target, each once: where a seed trains nothing anew, it has no other one."""
        models: dict[str, Result] = {}
        for seed in self.matrix.study.seeds:
            if (result := self.get(label, target, seed)) is not None:
                models.setdefault(result.cell.phases[-1], result)
        return list(models.values())

    def score(self, result: Result) -> float:
        """The mean over the target's languages, which all its results have.

        A benchmark may pool; with means gains by language add up to the gain.
        """
        codes = self.languages[result.cell.target]
        return sum(result.by_language[code] for code in codes) / len(codes)

    @cached_property
    def languages(self) -> Mapping[str, tuple[str, ...]]:
        """By target that has results: the languages that all of them have, in their order."""
        common: dict[str, tuple[str, ...]] = {}
        for (_, target, _), result in self.by_cell.items():
            known = common.get(target, tuple(result.by_language))
            common[target] = tuple(language for language in known if language in result.by_language)
        return {target: common[target] for target in self.matrix.study.targets if target in common}

    @cached_property
    def seen(self) -> Seen:
        """The languages in which each arm has seen labels before each target's test."""
        return find_seen(self.matrix)

    @property
    def rows(self) -> tuple[Row, ...]:
        """The arms that have a result."""
        return tuple(
            row for row in self.matrix.rows if any(row.label == label for label, _, _ in self.by_cell)
        )


def read_results(matrix: StudyMatrix) -> StudyResults:
    """Read what is done; phases that are not are problems, and nothing else is lost."""
    folder = StudyFolder(matrix.recipe.folder)
    records = {name: read_record(folder.phase(name)) for name in matrix.recipe.phases}
    seconds = {name: each.seconds for name, each in records.items() if each is not None and each.done}
    by_cell: dict[tuple[str, str, int], Result] = {}
    problems = [
        each
        for name in seconds
        for read in (read_restarts, read_collapses)
        for each in read(folder.phase(name), name)
    ]
    for cell in matrix.cells:
        test = cell.phases[-1]
        place = f"{cell.row.label}, {cell.target}, seed {cell.seed}"
        if test not in seconds:
            problems.append(f"{place}: phase {next(p for p in cell.phases if p not in seconds)} is not done")
            continue
        result = _read(matrix, cell, folder.phase(test))
        if result is None:
            problems.append(f"{place}: phase {test} has no scores, for want of labels")
        else:
            by_cell[cell.row.label, cell.target, cell.seed] = result
    problems += _lacking(by_cell.values())
    return StudyResults(matrix=matrix, by_cell=by_cell, problems=tuple(problems), seconds=seconds)


def _lacking(found: Collection[Result]) -> Iterator[str]:
    """A line for each result without a language that others have."""
    known: dict[str, dict[str, None]] = {}
    for result in found:
        known.setdefault(result.cell.target, {}).update(dict.fromkeys(result.by_language))
    for result in found:
        cell = result.cell
        if lost := [code for code in known[cell.target] if code not in result.by_language]:
            yield (
                f"{cell.row.label}, {cell.target}, seed {cell.seed}: phase {cell.phases[-1]} has no scores "
                f"in {', '.join(lost)}, so no mean and no test of {cell.target} has it"
            )


def _read(matrix: StudyMatrix, cell: StudyCell, folder: PhaseFolder) -> Result | None:
    scores = json.loads(folder.scores.read_text(encoding="utf-8")).get(matrix.study.task_of(cell.target))
    if scores is None:
        return None
    phase = matrix.recipe.phases[cell.phases[-1]]
    task = next(
        task for task in choose_tasks(matrix.recipe, phase) if task.name == matrix.study.task_of(cell.target)
    )
    languages = tuple(language for language in scores if language != "avg")
    member = replace(member_of(task, languages, phase.tested_split), languages=languages)
    by_language = {
        language: sum(scores[language][key] for key in member.main) / len(member.main)
        for language in languages
    }
    return Result(
        cell=cell,
        member=member,
        by_language=by_language,
        folder=folder,
        test_set=_test_set(matrix.recipe, task, phase.tested_split),
    )


def _test_set(recipe: Recipe, task: Task, split: str) -> str:
    """Tasks that differ in what they train on alone are tested on the same items, as Tatoeba's two."""

    def data(one: Task) -> tuple[object, ...]:
        return one.splits.get(split), one.searches.get(split), one.bitexts.get(split)

    return min(
        [task.name, *(name for name, other in known_tasks(recipe).items() if data(other) == data(task))]
    )
