"""What a recipe or a study takes from the hub, by the names that `launchers/prepare.py` knows."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from mtl.errors import UserError
from mtl.run.recipe.extend import read_written
from mtl.run.recipe.read import load_recipe
from mtl.run.recipe.schema import Phase, Recipe
from mtl.study.file import load_study
from mtl.study.graph import lay_out
from mtl.study.schema import Study


@dataclass(frozen=True)
class Needs:
    """Data sets, and models that are no folder of this machine."""

    tasks: tuple[str, ...]
    models: tuple[str, ...]


def needs_of(path: Path) -> Needs:
    """What the phases of a recipe, or of all arms of a study, read; other languages as `panx-fi`."""
    recipe = _recipe(path)
    phases = [phase for phase in recipe.phase_list() if phase.data.world is None]
    if not phases:
        raise UserError(f"{path}: reads the built-in world alone; there is nothing to prepare")
    tasks = dict.fromkeys(name for phase in phases for name in _tasks(phase, recipe))
    named = (name for phase in phases for name in (phase.model.name, phase.model.tokenizer))
    models = dict.fromkeys(name for name in named if name is not None and not Path(name).exists())
    return Needs(tasks=tuple(tasks), models=tuple(models))


def _recipe(path: Path) -> Recipe:
    # A study's file has keys that a recipe's has not, and the other way round.
    if "arms" in read_written(path, Study).value:
        return lay_out(load_study(path)).recipe
    return load_recipe(path, ())


def _tasks(phase: Phase, recipe: Recipe) -> Iterator[str]:
    """The names that the hub may know; of a task that the recipe declares, that of the one it trains on."""
    for name, settings in phase.tasks.items():
        for one in (name, *(settings.also or ())):
            own = recipe.declare.get(one) or recipe.declare.get(one.partition("-")[0])
            if own is None:
                yield one if one != name or settings.language is None else f"{one}-{settings.language}"
            elif own.get("train_on") not in (None, *recipe.declare):
                yield own["train_on"]
