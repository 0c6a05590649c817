"""How a phase's mapping lies over the recipe's defaults: sections merge by key, all else is replaced."""

from collections.abc import Mapping
from typing import Any

from mtl.run.recipe.keys import section_of, step
from mtl.run.recipe.schema import Settings


def merged(defaults: Any, changes: Any, section: Any = Settings) -> Any:
    """The defaults with the changes over them; a mapping by task name is replaced as a whole."""
    if not (isinstance(defaults, Mapping) and isinstance(changes, Mapping) and section_of(section)):
        return changes
    below = {
        key: merged(defaults[key], changes[key], step(section, key)) for key in changes if key in defaults
    }
    return {**defaults, **changes, **below}


def changes_of(
    defaults: Mapping[str, Any], full: Mapping[str, Any], section: Any = Settings
) -> dict[str, Any]:
    """The smallest changes that `merged` turns into `full`."""
    changes: dict[str, Any] = {}
    for key, value in full.items():
        if key not in defaults:
            changes[key] = value
        elif value != defaults[key]:
            below = step(section, key)
            both = isinstance(value, Mapping) and isinstance(defaults[key], Mapping)
            changes[key] = changes_of(defaults[key], value, below) if both and section_of(below) else value
    return changes
