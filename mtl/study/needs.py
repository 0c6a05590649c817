"""What a recipe or a study reads: by the names that `launchers/prepare.py` knows, or of the user's own."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from mtl.data.prepare import Find
from mtl.data.rewrite.dictionary import find_dictionaries
from mtl.data.sources import source_files
from mtl.errors import UserError
from mtl.run.phase_tasks import has_dev, known_tasks, with_training
from mtl.run.recipe.extend import read_written
from mtl.run.recipe.read import load_recipe
from mtl.run.recipe.schema import Phase, Recipe, RewriteSettings
from mtl.run.tested import tested_files
from mtl.study.file import load_study
from mtl.study.graph import lay_out
from mtl.study.schema import Study
from mtl.tasks.registry import get_task, in_language
from mtl.tasks.task import Task


@dataclass(frozen=True)
class Needs:
    """Data sets, models that are no folder of this machine, and files that the recipe itself names."""

    tasks: tuple[str, ...]
    models: tuple[str, ...]
    own: Mapping[str, Find]
    """By what they are."""


def needs_of(path: Path) -> Needs:
    """What the phases of a recipe, or of all arms of a study, read; other languages as `panx-fi`."""
    recipe = _recipe(path)
    phases = [phase for phase in recipe.phase_list() if phase.data.world is None]
    if not phases:
        raise UserError(f"{path}: reads the built-in world alone; there is nothing to prepare")
    tasks = dict.fromkeys(name for phase in phases for name in _tasks(phase, recipe))
    named = (name for phase in phases for name in (phase.model.name, phase.model.tokenizer))
    models = dict.fromkeys(name for name in named if name is not None and not Path(name).exists())
    known = known_tasks(recipe)
    own = dict(each for phase in phases for each in _own(phase, recipe, known))
    return Needs(tasks=tuple(tasks), models=tuple(models), own=own)


def _recipe(path: Path) -> Recipe:
    # A study's file has keys that a recipe's has not, and the other way round.
    if "arms" in read_written(path, Study).value:
        return lay_out(load_study(path)).recipe
    return load_recipe(path, ())


def _tasks(phase: Phase, recipe: Recipe) -> Iterator[str]:
    """The names that the hub may know; of a task that the recipe declares, that of the one it trains on."""
    for name, language in _named(phase):
        own = _declared(name, recipe)
        if own is None:
            yield _full_name(name, language)
        elif own.get("train_on") not in (None, *recipe.declare):
            yield own["train_on"]


def _own(phase: Phase, recipe: Recipe, known: Mapping[str, Task]) -> Iterator[tuple[str, Find]]:
    """The files of tasks that the recipe declares, and its dictionaries."""
    for name, language in _named(phase):
        own, full_name = _declared(name, recipe), _full_name(name, language)
        if own is None:
            continue
        task = get_task(name, known)
        task = task if language is None else in_language(task, language, known)
        if phase.kind == "evaluate":
            languages = "".join(f" {code}" for code in phase.tested_languages or ())
            yield f"{full_name} ({phase.tested_split}{languages})", partial(_tested, task, phase)
        elif phase.kind == "train" and own.get("train_on") in (None, *recipe.declare):
            task = with_training(task, known)
            yield f"{full_name} (train)", partial(source_files, task, "train")
            if name in phase.tasks and has_dev(task, phase):
                yield f"{full_name} (dev)", partial(source_files, task, "dev")
    for name, settings in phase.tasks.items():
        if phase.kind == "train" and settings.rewrite is not None:
            languages = " ".join(settings.rewrite.languages or ["all languages"])
            find = partial(_dictionaries, settings.rewrite, f"tasks.{name}.rewrite.dictionaries")
            yield f"{settings.rewrite.dictionaries} ({languages})", find


def _named(phase: Phase) -> Iterator[tuple[str, str | None]]:
    """The tasks of a phase, and those that they learn from besides, with the language that it gives them."""
    for name, settings in phase.tasks.items():
        yield name, settings.language
        yield from ((other, None) for other in settings.also or ())


def _full_name(name: str, language: str | None) -> str:
    return name if language is None else f"{name}-{language}"


def _declared(name: str, recipe: Recipe) -> Mapping[str, Any] | None:
    """What the recipe says of a task, which may be named in a language."""
    return recipe.declare.get(name) or recipe.declare.get(name.partition("-")[0])


def _tested(task: Task, phase: Phase, root: Path) -> list[Path]:
    return [file for files in tested_files(task, phase, root).values() for file in files]


def _dictionaries(wish: RewriteSettings, where: str, root: Path) -> list[Path]:
    return list(find_dictionaries(wish.dictionaries, wish.languages, root=root, where=where).values())
