"""A recipe that does not fit the schema, told in one line: where, which key, what it must hold."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import NoneType
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from mtl.errors import UserError
from mtl.run.recipe.keys import dotted, members, nearest, step, type_at, wording
from mtl.run.recipe.schema import Recipe
from mtl.run.recipe.yaml_text import KeyPath

LONGEST_VALUE = 60


@dataclass(frozen=True)
class Origin:
    """Where the values of a recipe come from: files with their lines, and the overrides that touched keys."""

    file: str
    places: Mapping[KeyPath, str] = field(default_factory=dict)
    overrides: Mapping[KeyPath, str] = field(default_factory=dict)
    schema: type[BaseModel] = Recipe
    """What the values are to fit."""

    def of(self, path: KeyPath) -> str:
        """The place that a person must look at for a key: an override, or a file and a line."""
        written = path[: self.depth(path)]
        if written in self.overrides:
            return f"override {self.overrides[written]}"
        return self.places[written] if written and written in self.places else self.file

    def depth(self, path: KeyPath) -> int:
        """How many parts of a key the user wrote, in the file or as an override."""
        ends = range(len(path), 0, -1)
        return next((end for end in ends if path[:end] in self.places or path[:end] in self.overrides), 0)


def problem(path: KeyPath, text: str, origin: Origin) -> UserError:
    """The error for a key whose value does not fit, under the name by which the user wrote the key."""
    written = _as_written(path, origin)
    phase = f"in phase {path[1]}: " if written != path and path[:2] in origin.places else ""
    return UserError(f"{origin.of(written)}: {dotted(written)}: {phase}{text}")


def unknown_key(path: KeyPath, origin: Origin) -> UserError:
    """The error for a key that the schema does not have."""
    return UserError(f"{origin.of(path)}: unknown key {dotted(path)}; {nearest(path, origin.schema)}")


def misfit(error: ValidationError, origin: Origin) -> UserError:
    """The first mistake that pydantic found, unknown keys before everything else."""
    details = sorted(error.errors(include_url=False), key=lambda each: each["type"] != "extra_forbidden")
    first = details[0]
    path = _key_of(first, origin.schema)
    if first["type"] == "extra_forbidden":
        return unknown_key(_as_written(path, origin), origin)
    return problem(path, _complaint(first, path, origin.schema), origin)


def show(value: Any) -> str:
    """A value as a person would write it, cut where it is long."""
    if value is None or isinstance(value, bool):
        return str(value).lower().replace("none", "null")
    text = repr(value)
    return text if len(text) <= LONGEST_VALUE else text[:LONGEST_VALUE] + "..."


def _key_of(details: ErrorDetails, schema: type[BaseModel]) -> KeyPath:
    """The key behind pydantic's location, which goes on with marks of its own behind the key."""
    location = details["loc"]
    if details["type"] == "extra_forbidden":
        return location
    for end in range(1, len(location)):
        annotation = type_at(location[:end], schema)
        alternatives = [member for member in members(annotation) if member is not NoneType]
        if len(alternatives) > 1 or step(annotation, location[end]) is None:
            return location[:end]
    return location


def _as_written(path: KeyPath, origin: Origin) -> KeyPath:
    """The key of a phase, or the key of the defaults that the phase has it from: whichever the user wrote."""
    if path[0] != "phases" or len(path) < 3:
        return path
    return path if origin.depth(path) - 2 >= max(origin.depth(path[2:]), 1) else path[2:]


def _complaint(details: ErrorDetails, path: KeyPath, schema: type[BaseModel]) -> str:
    found = f"got {show(details['input'])}"
    kind, context = details["type"], details.get("ctx", {})
    if kind == "missing":
        return f"missing; expected {wording(type_at(path, schema))}"
    if kind in ("greater_than", "greater_than_equal", "less_than", "less_than_equal"):
        return f"{details['msg'].replace('Input should be', 'must be')}, {found}"
    if kind == "string_pattern_mismatch":
        return f"must be letters, digits and . _ -, {found}"
    if kind == "finite_number":
        return f"must be finite, {found}"
    if "error" in context:
        return str(context["error"])
    return f"expected {wording(type_at(path, schema))}, {found}"
