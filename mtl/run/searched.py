"""What a retrieve phase searches: its tasks, and the languages that each is there in."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from mtl.data.bitext import bitext_files, bitext_languages
from mtl.data.searches import query_languages, search_files
from mtl.errors import UserError, unknown_name
from mtl.evaluate.exam import member_of
from mtl.run.phase_tasks import choose_languages, choose_tasks
from mtl.run.places import store_place
from mtl.run.recipe.schema import Phase, Recipe
from mtl.tasks.benchmarks import Member
from mtl.tasks.task import Kind, Source, Task


@dataclass(frozen=True, kw_only=True)
class KindReader:
    """What a kind's tasks are read from."""

    splits: Callable[[Task], Iterable[str]]
    named: Callable[[Task, str], Iterable[Source]]
    """Those whose files' names tell the languages."""
    languages: Callable[[Task, str, Path], tuple[str, ...]]
    files: Callable[[Task, str, str, Path], list[Path]]


READS: Mapping[Kind, KindReader] = {
    "bitext": KindReader(
        splits=lambda task: task.bitexts,
        named=lambda task, split: [one.foreign for one in task.bitexts[split].alternatives],
        languages=bitext_languages,
        files=bitext_files,
    ),
    "embed": KindReader(
        splits=lambda task: task.searches,
        named=lambda task, split: [task.searches[split].queries],
        languages=query_languages,
        files=search_files,
    ),
}
"""The kinds whose tasks a retrieve phase answers."""


def searched_tasks(recipe: Recipe, phase: Phase) -> tuple[Task, ...]:
    """The tasks, each of a kind whose vectors are searched, and after the training that it wants."""
    tasks = choose_tasks(recipe, phase)
    for task in tasks:
        if task.kind not in READS:
            raise UserError(
                f"phase {phase.name}: {task.name} is a {task.kind} task; a retrieve phase is "
                f"for tasks of the kinds {' and '.join(READS)}"
            )
        if task.kind == "embed":
            _check_head(task, recipe, phase)
        if task.train_on is not None:
            _check_start(task, task.train_on, recipe, phase)
    return tasks


def searched_members(phase: Phase, tasks: Iterable[Task]) -> dict[str, Member]:
    """By task: its languages, of those that are there; how its files look, and how they are scored."""
    root, where = store_place(phase).root, f"phase {phase.name}: retrieve.languages"
    members = {}
    for task in tasks:
        reads = READS[task.kind]
        found = reads.languages(task, phase.tested_split, root)
        if not found:
            raise UserError(f"{where}: {task.name} has no files below {root}; prepare them, or leave it out")
        chosen = choose_languages(task, found, phase.tested_languages, where=where)
        for split in reads.splits(task):
            for language in chosen:
                reads.files(task, split, language, root)
        members[task.name] = member_of(task, chosen, phase.tested_split)
    return members


def _check_head(task: Task, recipe: Recipe, phase: Phase) -> None:
    """Refuse a task whose head no phase before has trained."""
    if phase.after is None:
        raise UserError(
            f"phase {phase.name}: {task.name} is an embed task, whose vectors its own head makes; name the "
            "phase that trains it under after"
        )
    heads = recipe.phases[phase.after].tasks
    if task.name not in heads:
        raise unknown_name("head", task.name, heads, where=f"phase {phase.name}, after {phase.after}")


def _check_start(task: Task, wanted: str, recipe: Recipe, phase: Phase) -> None:
    """Refuse to search with an encoder that was not fine-tuned on what the task says."""
    start = () if phase.after is None else choose_tasks(recipe, recipe.phases[phase.after])
    if [one.train_on or one.name for one in start] != [wanted]:
        raise UserError(
            f"phase {phase.name}: {task.name} searches with an encoder that was fine-tuned on {wanted} "
            "alone; name the phase that trains it under after"
        )
