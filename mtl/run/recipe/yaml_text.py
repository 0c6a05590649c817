"""YAML to plain values and back, with the line of every key, and without YAML 1.1's surprises.

Here `1e-5` is a number, `no` and `on` are text (Norwegian is a language), a key that comes twice a mistake.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml  # type: ignore[import-untyped]

from mtl.errors import UserError

FIRST_OF_NUMBER = list("-+.0123456789")
SCALARS = {
    "tag:yaml.org,2002:null": (re.compile(r"^(?:~|null|Null|NULL|)$"), ["~", "n", "N", ""]),
    "tag:yaml.org,2002:bool": (re.compile(r"^(?:true|True|TRUE|false|False|FALSE)$"), list("tTfF")),
    "tag:yaml.org,2002:int": (re.compile(r"^[-+]?(?:0|[1-9][0-9_]*)$"), FIRST_OF_NUMBER),
    "tag:yaml.org,2002:float": (
        re.compile(
            r"^[-+]?(?:[0-9][0-9_]*\.[0-9_]*|\.[0-9][0-9_]*|[0-9][0-9_]*(?=[eE]))(?:[eE][-+]?[0-9]+)?$"
        ),
        FIRST_OF_NUMBER,
    ),
}

KeyPath = tuple[str | int, ...]


@dataclass(frozen=True)
class Located:
    """Plain values read from a text, and the line on which each of them stands."""

    value: Any
    lines: Mapping[KeyPath, int]


class _Loader(yaml.SafeLoader):  # type: ignore[misc]
    """Scalars as in YAML 1.2, and no aliases: a phase inherits by itself."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 - the base class wants a plain dict

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            raise yaml.MarkedYAMLError(
                problem="aliases are not supported", problem_mark=self.peek_event().start_mark
            )
        return super().compose_node(parent, index)


class _Dumper(yaml.SafeDumper):  # type: ignore[misc]
    """Quotes a text that this module's reader, or a YAML 1.1 reader, would take for something else."""


for _tag, (_pattern, _first) in SCALARS.items():
    _Loader.add_implicit_resolver(_tag, _pattern, _first)
    _Dumper.add_implicit_resolver(_tag, _pattern, _first)


def _text(dumper: _Dumper, value: str) -> Any:
    """A text as a node; line breaks of Unicode survive in double quotes alone."""
    style = '"' if any(char in "\x85\u2028\u2029" for char in value) else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)


_Dumper.add_representer(str, _text)


def read_yaml(text: str, where: str) -> Located:
    """The values of a YAML text; a mistake in it is a UserError that names `where` and the line."""
    lines: dict[KeyPath, int] = {}
    try:
        loader = _Loader(text)
        node = loader.get_single_node()
        value = None if node is None else _construct(loader, node, (), lines)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = f":{mark.line + 1}" if mark else ""
        problem = " ".join(str(error.problem or error.context).split())
        raise UserError(
            f"{where}{line}: not valid YAML: {problem}; check indentation, colons and quotes"
        ) from None
    except (yaml.YAMLError, ValueError) as error:
        raise UserError(f"{where}: not valid YAML: {' '.join(str(error).split())}") from None
    except RecursionError:
        raise UserError(f"{where}: not valid YAML: nested too deeply; write it flatter") from None
    return Located(value, lines)


def write_yaml(value: Any) -> str:
    """A YAML text which `read_yaml` reads back to the same values, in the same order."""
    text: str = yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=110)
    return text


def _construct(loader: _Loader, node: Any, path: KeyPath, lines: dict[KeyPath, int]) -> Any:
    lines[path] = node.start_mark.line + 1
    if isinstance(node, yaml.SequenceNode) and node.tag == "tag:yaml.org,2002:seq":
        return [_construct(loader, item, (*path, i), lines) for i, item in enumerate(node.value)]
    if isinstance(node, yaml.MappingNode) and node.tag == "tag:yaml.org,2002:map":
        return _mapping(loader, node, path, lines)
    if isinstance(node, yaml.ScalarNode) and (node.tag in SCALARS or node.tag == "tag:yaml.org,2002:str"):
        return loader.construct_object(node)
    raise yaml.MarkedYAMLError(problem=f"the tag {node.tag} is not supported", problem_mark=node.start_mark)


def _mapping(loader: _Loader, node: Any, path: KeyPath, lines: dict[KeyPath, int]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for key_node, value_node in node.value:
        key = key_node.value if isinstance(key_node, yaml.ScalarNode) else None
        if key is None or not isinstance(loader.construct_object(key_node), str):
            raise yaml.MarkedYAMLError(
                problem="a key must be text (quote it)", problem_mark=key_node.start_mark
            )
        if key in values:
            problem = f"the key {key} stands twice in one mapping"
            raise yaml.MarkedYAMLError(problem=problem, problem_mark=key_node.start_mark)
        values[key] = _construct(loader, value_node, (*path, key), lines)
        lines[*path, key] = key_node.start_mark.line + 1
    return values
