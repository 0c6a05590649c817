"""What an evaluate phase tests: its tasks, and the languages that each is there in."""

from collections.abc import Collection, Sequence
from pathlib import Path

from mtl.data.sources import languages, source_files
from mtl.errors import UserError, unknown_name
from mtl.evaluate.decode import DECODERS
from mtl.evaluate.exam import member_of
from mtl.run.phase_tasks import (
    check_languages,
    check_metric,
    choose_languages,
    choose_tasks,
    known_tasks,
)
from mtl.run.places import store_place
from mtl.run.recipe.schema import Phase, Recipe
from mtl.tasks.benchmarks import Member
from mtl.tasks.registry import check_same_answers
from mtl.tasks.task import Task


def tested_tasks(recipe: Recipe, phase: Phase) -> tuple[Task, ...]:
    """The tasks, each of a kind that a head answers."""
    tasks = choose_tasks(recipe, phase)
    for task in tasks:
        if task.kind == "embed":
            raise UserError(
                f"phase {phase.name}: {task.name} is an embed task, whose queries search among "
                "candidates; set kind: retrieve"
            )
        if task.kind not in DECODERS:
            raise UserError(
                f"phase {phase.name}: {task.name} is a {task.kind} task, nothing to predict; leave it out"
            )
        check_metric(task)
        assert phase.after is not None
        head = head_of(task, phase, recipe.phases[phase.after].tasks)
        if head != task.name:
            check_same_answers(task, known_tasks(recipe)[head], key="train_on")
    return tasks


def tested_members(phase: Phase, tasks: Sequence[Task]) -> dict[str, Member]:
    """By task: its languages, of those that are there; how its files look, and how they are scored."""
    root, members = store_place(phase).root, {}
    for task in tasks:
        chosen = tuple(tested_files(task, phase, root))
        members[task.name] = member_of(task, chosen, phase.tested_split)
        check_languages(task, members[task.name].metric, chosen, where=_where(phase))
    return members


def tested_files(task: Task, phase: Phase, root: Path) -> dict[str, list[Path]]:
    """By language, of those that are there and that the phase tests: a task's files."""
    split = phase.tested_split
    named = languages(task, split, root)
    wanted = phase.tested_languages
    chosen = choose_languages(task, named or (task.language,), wanted, where=_where(phase))
    return {language: source_files(task, split, root, language if named else None) for language in chosen}


def _where(phase: Phase) -> str:
    return f"phase {phase.name}: evaluate.languages"


def head_of(task: Task, phase: Phase, heads: Collection[str]) -> str:
    """The name of the head that answers: the task's own, or that of the task that it trains on."""
    name = task.name if task.name in heads or task.train_on is None else task.train_on
    if name not in heads:
        raise unknown_name("head", task.name, heads, where=f"phase {phase.name}, after {phase.after}")
    return name
