"""A recipe that extends another: it says only what differs, and may leave out phases or add some."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from mtl.errors import UserError
from mtl.run.recipe.files import locate
from mtl.run.recipe.layers import merged
from mtl.run.recipe.schema import Phase, Recipe
from mtl.run.recipe.yaml_text import KeyPath, read_yaml

EXTENDS = "extends"
Raw = dict[str, Any]


@dataclass(frozen=True)
class Written:
    """A recipe as its files have it, and where each key of it stands: file and line."""

    value: Raw
    places: Mapping[KeyPath, str]


def read_written(path: Path, schema: type[BaseModel] = Recipe, *, below: tuple[Path, ...] = ()) -> Written:
    """The recipe in a file, over the one that it extends; `below` are those that extend it."""
    file = locate(path, where=f"{below[-1]}: extends: " if below else "")
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path}: cannot be read: {error}; a recipe is a UTF-8 text file") from None
    located = read_yaml(text, str(path))
    raw = {} if located.value is None else located.value
    if not isinstance(raw, dict):
        raise UserError(
            f"{path}: a recipe is a mapping of keys such as tasks and train, not a {type(raw).__name__}"
        )
    places = {key: f"{path}:{line}" for key, line in located.lines.items()}
    base = raw.pop(EXTENDS, None)
    if base is None:
        return Written(raw, places)
    if not isinstance(base, str):
        raise UserError(f"{places[EXTENDS,]}: extends: {base!r} is no file name; name one recipe")
    if file in below:
        raise UserError(f"{places[EXTENDS,]}: extends: {base} extends this recipe in turn; end the circle")
    beside = file.parent / base
    under = read_written(beside if beside.is_file() else Path(base), schema, below=(*below, file))
    return Written(_over(under.value, raw, schema), {**under.places, **places})


def _over(base: Raw, changes: Raw, schema: type[BaseModel]) -> Raw:
    """The base with the changes over it, section by section and phase by phase."""
    whole: Raw = merged(base, changes, schema)
    phases, own = base.get("phases"), changes.get("phases")
    if isinstance(phases, dict) and isinstance(own, dict):
        whole["phases"] = changed_phases(phases, own)
    return whole


def changed_phases(base: Mapping[str, Any], changes: Mapping[str, Any]) -> Raw:
    """Changed phases in their places, new ones before the next that both name; null leaves a phase out."""
    order, named = list(base), list(changes)
    for name in reversed(named):
        if name not in base:
            later = named[named.index(name) + 1 :]
            order.insert(next((order.index(each) for each in later if each in order), len(order)), name)
    phases = {
        name: merged(base[name] or {}, changes[name], Phase)
        if name in base and name in changes
        else changes.get(name, base.get(name))
        for name in order
    }
    left_out = [name for name in phases if name in changes and changes[name] is None and name in base]
    for name in reversed(left_out):  # what a phase hands on may be one that is left out, too
        del phases[name]
        for phase in phases.values():
            if isinstance(phase, dict) and phase.get("after") == name:
                phase["after"] = (base[name] or {}).get("after")
    return phases
