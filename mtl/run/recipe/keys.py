"""What the schema knows of a key: whether it exists, what it holds, which name is near a wrong one."""

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel

from mtl.run.recipe.schema import Recipe, Settings
from mtl.run.recipe.yaml_text import KeyPath

NAMES = {
    str: "text",
    Path: "text",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    NoneType: "null",
}


def dotted(path: KeyPath) -> str:
    """A key path as people write it: `train.lr`."""
    return ".".join(str(part) for part in path)


def members(annotation: Any) -> tuple[Any, ...]:
    """The alternatives of a type, without the decorations of `Annotated`."""
    if get_origin(annotation) is Annotated:
        return members(get_args(annotation)[0])
    if get_origin(annotation) in (Union, UnionType):
        return tuple(each for arg in get_args(annotation) for each in members(arg))
    return (annotation,)


def section_of(annotation: Any) -> type[BaseModel] | None:
    """The section that a key may hold, if it may hold one."""
    for member in members(annotation):
        if isinstance(member, type) and issubclass(member, BaseModel):
            return member
    return None


def step(annotation: Any, key: str | int) -> Any:
    """The type below `key` of a type; None where there is no such key."""
    for member in members(annotation):
        if member is Any:
            return Any
        if section := section_of(member):
            found = section.model_fields.get(str(key))
            if found is not None:
                return found.annotation
        elif get_origin(member) is Mapping and isinstance(key, str):
            return get_args(member)[1]
        elif get_origin(member) is tuple and isinstance(key, int):
            arguments = get_args(member)
            return arguments[0] if arguments[-1] is Ellipsis else arguments[min(key, len(arguments) - 1)]
    return None


def type_at(path: KeyPath, root: Any = Recipe) -> Any:
    """The type of a key of the recipe; None where there is no such key."""
    for part in path:
        root = step(root, part)
        if root is None:
            return None
    return root


def keys_below(section: type[BaseModel], prefix: KeyPath = ()) -> Iterable[KeyPath]:
    """Every key that the schema names, sections and what they hold."""
    for name, field in section.model_fields.items():
        yield (*prefix, name)
        if (below := section_of(field.annotation)) is not None:
            yield from keys_below(below, (*prefix, name))


def wording(annotation: Any) -> str:
    """What a key must hold, in words."""
    return " or ".join(dict.fromkeys(_word(member) for member in members(annotation)))


def _word(member: Any) -> str:
    origin, arguments = get_origin(member), get_args(member)
    if origin is Literal:
        return "one of " + ", ".join(str(each) for each in arguments)
    if origin is Mapping:
        inner = section_of(arguments[1])
        return "a mapping from name to " + ("a mapping" if inner else wording(arguments[1]))
    if origin is tuple:
        if arguments[-1] is Ellipsis:
            return "a list, each item " + wording(arguments[0])
        return "[" + ", ".join(wording(each) for each in arguments) + "]"
    if (section := section_of(member)) is not None:
        return "a mapping of " + ", ".join(section.model_fields)
    return NAMES.get(member, "a value")


def nearest(path: KeyPath, root: type[BaseModel] = Recipe) -> str:
    """The way out for a key that does not exist: the right names near it, or all names of its place."""
    parent = type_at(path[:-1], root)
    siblings = list(section.model_fields) if (section := section_of(parent)) else []
    wrong = str(path[-1])
    near = [dotted((*path[:-1], name)) for name in get_close_matches(wrong, siblings, n=2, cutoff=0.6)]
    if not near:
        elsewhere = {dotted(key): str(key[-1]) for key in keys_below(Settings)}
        names = get_close_matches(wrong, sorted(set(elsewhere.values())), n=1, cutoff=0.75)
        phase = path[:2] if path[0] == "phases" and len(path) > 2 else ()
        near = [dotted((*phase, key)) for key, last in elsewhere.items() if last in names]
    if near:
        return f"did you mean {' or '.join(near)}?"
    place = dotted(path[:-1]) or "a recipe"
    return f"{place} knows {', '.join(siblings)}" if siblings else f"{place} has no keys"
