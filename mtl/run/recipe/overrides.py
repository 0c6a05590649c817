"""`key.sub=value` on the command line: a change to a recipe's mapping before it is checked."""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from mtl.errors import UserError, unknown_name
from mtl.run.recipe.extend import changed_phases
from mtl.run.recipe.keys import type_at
from mtl.run.recipe.mistakes import Origin, problem, unknown_key
from mtl.run.recipe.schema import tasks_by_name
from mtl.run.recipe.yaml_text import KeyPath, read_yaml

OVERRIDE = re.compile(r"[^/=]+=")


def split_words(words: Sequence[str]) -> tuple[list[str], list[str]]:
    """The files and the overrides of a command line; the name of a file may hold `=` behind a `/`."""
    overrides = [word for word in words if OVERRIDE.match(word)]
    return [word for word in words if not OVERRIDE.match(word)], overrides


def apply_overrides(raw: dict[str, Any], overrides: Sequence[str], origin: Origin) -> Origin:
    """Change `raw` by every override in turn; the answer knows which keys they set."""
    for override in overrides:
        path, value = _parsed(override)
        places = {key: place for key, place in origin.places.items() if key[: len(path)] != path}
        said = {key: text for key, text in origin.overrides.items() if key[: len(path)] != path}
        origin = replace(origin, places=places, overrides={**said, path: override})
        _set(raw, path, value, origin)
    return origin


def _parsed(override: str) -> tuple[KeyPath, Any]:
    key, equals, text = override.partition("=")
    path = tuple(key.split("."))
    if not equals or not all(path):
        raise UserError(f"override {override!r}: expected key=value, such as train.lr=1e-5")
    return path, read_yaml(text, f"override {override}").value


def _by_name(tasks: object, origin: Origin) -> object:
    try:
        return tasks_by_name(tasks)
    except ValueError as error:
        raise problem(("tasks",), str(error), origin) from None


def _set(raw: dict[str, Any], path: KeyPath, value: Any, origin: Origin) -> None:
    if type_at(path, origin.schema) is None:
        raise unknown_key(path, origin)
    place = raw
    for depth, part in enumerate(map(str, path[:-1])):
        inside = _by_name(place.get(part), origin) if part == "tasks" else place.get(part)
        place[part] = inside if isinstance(inside, dict) else {}
        place = place[part]
        # A slip in a name must not add a phase or a task.
        if part in ("phases", "tasks") and depth + 2 < len(path) and path[depth + 1] not in place:
            raise unknown_name(part.removesuffix("s"), str(path[depth + 1]), place, where=origin.of(path))
    if path[:-1] == ("phases",) and value is None:  # as in a recipe that extends another
        if path[-1] not in place:
            raise unknown_name("phase", str(path[-1]), place, where=origin.of(path))
        raw["phases"] = changed_phases(place, {str(path[-1]): None})
    else:
        place[str(path[-1])] = value
