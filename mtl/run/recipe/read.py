"""From a recipe's file and the overrides to a checked `Recipe`, and back to a text that says all."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from mtl.errors import UserError
from mtl.run.recipe.checks import phase_problems, tokenizer_problems
from mtl.run.recipe.extend import read_written
from mtl.run.recipe.files import locate
from mtl.run.recipe.layers import changes_of, merged
from mtl.run.recipe.mistakes import Origin, misfit, problem, unknown_key
from mtl.run.recipe.overrides import apply_overrides
from mtl.run.recipe.schema import Phase, Recipe, Settings
from mtl.run.recipe.yaml_text import write_yaml
from mtl.runfolder import RunFolder

DEFAULT_PHASE = "intermediate"


def load_recipe(path: Path, overrides: Sequence[str] = ()) -> Recipe:
    """Read, override and check a recipe; every mistake in it is a UserError of one line."""
    raw, origin = _read(path)
    return check_recipe(raw, origin, overrides)


def recipe_of_run(folder: RunFolder) -> Recipe:
    """The recipe that a run's folder holds, with every default written out, for looking at what it left."""
    if not folder.recipe.is_file():
        raise UserError(
            f"{folder.root}: no folder of a run: it has no {folder.recipe.name}; name one, such as runs/demo"
        )
    raw, origin = _read(folder.recipe)
    return check_recipe(raw, origin, to_run=False)


def _read(path: Path) -> tuple[dict[str, Any], Origin]:
    written = read_written(path)
    raw = {"name": path.stem, "phases": {DEFAULT_PHASE: {}}, **written.value}
    return raw, Origin(str(path), written.places)


def resolved(recipe: Recipe) -> str:
    """The recipe with every default written out; `load_recipe` reads it back to an equal recipe."""
    full = recipe.model_dump(mode="json")
    defaults = {key: full[key] for key in Settings.model_fields}
    phases = {
        name: changes_of(defaults, {key: value for key, value in phase.items() if key != "name"})
        for name, phase in full["phases"].items()
    }
    own = {key: full[key] for key in ("name", "out", "declare")}
    return write_yaml({**own, **defaults, "phases": phases})


def check_recipe(
    raw: dict[str, Any], origin: Origin, overrides: Sequence[str] = (), *, to_run: bool = True
) -> Recipe:
    """The recipe that these values are, once the overrides are applied.

    Only what is to run needs its DeepSpeed file, which lies outside of a run's folder, and one tokenizer.
    """
    origin = apply_overrides(raw, overrides, origin)
    try:
        recipe = Recipe.model_validate_json(json.dumps({**raw, "phases": _phases(raw, origin)}))
    except ValidationError as error:
        raise misfit(error, origin) from None
    if not recipe.phases:
        raise problem(("phases",), "name at least one phase, or leave the key out", origin)
    _check_tasks(recipe, origin)
    earlier: dict[str, Phase] = {}
    for name, phase in recipe.phases.items():
        problems = [*phase_problems(phase, earlier)]
        if to_run and not problems:
            problems += tokenizer_problems(phase, earlier)
        for key, text in problems:
            raise problem(("phases", name, *key), text, origin)
        earlier[name] = phase
        if to_run:
            locate(phase.deepspeed, where=f"{origin.of(('deepspeed',))}: deepspeed: ")
    return recipe


def _phases(raw: dict[str, Any], origin: Origin) -> Any:
    """The phases with the defaults below them; what is no mapping is left to the schema to refuse."""
    defaults = {key: raw[key] for key in Settings.model_fields if key in raw}
    if not isinstance(raw["phases"], dict):
        return raw["phases"]
    phases: dict[str, Any] = {}
    for name, written in raw["phases"].items():
        changes = {} if written is None else written
        if isinstance(changes, dict) and "name" in changes:
            raise unknown_key(("phases", name, "name"), origin)
        phases[name] = {**merged(defaults, changes), "name": name} if isinstance(changes, dict) else changes
    return phases


def _check_tasks(recipe: Recipe, origin: Origin) -> None:
    """Every declared task is a task under a name of its own; every named task is declared or known."""
    from mtl.tasks.declared import declare
    from mtl.tasks.registry import find_tasks, get_task

    shipped = find_tasks()
    known = dict(shipped)
    for name, spec in recipe.declare.items():
        if name in shipped:
            raise problem(("declare", name), "a task of that name is there already; choose another", origin)
        try:
            known[name] = declare(name, spec)
        except UserError as error:
            raise UserError(f"{origin.of(('declare', name))}: {error}") from None
    for phase, settings in recipe.phases.items():
        for task in settings.tasks:
            try:
                get_task(task, known)
            except UserError as error:
                raise problem(("phases", phase, "tasks", task), str(error), origin) from None
