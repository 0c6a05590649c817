"""The tasks that this package knows, found by looking: a module of it that holds a `TASK` declares one."""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache
from hashlib import blake2b
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from pkgutil import iter_modules

import mtl.tasks
from mtl.errors import unknown_name
from mtl.tasks.task import Task

_PREFIX = f"{mtl.tasks.__name__}."


def find_tasks() -> Mapping[str, Task]:
    """All tasks by name; a task bears the name of its module."""
    found: dict[str, Task] = {}
    for info in iter_modules(mtl.tasks.__path__):
        task = getattr(import_module(_PREFIX + info.name), "TASK", None)
        if task is None:
            continue
        assert task.name not in found, f"the task {task.name} is declared twice, by {_PREFIX + info.name} too"
        assert task.name == info.name, (
            f"{_PREFIX + info.name} declares {task.name!r}: name module and task alike"
        )
        found[task.name] = replace(task, origin=_fingerprint(_PREFIX + info.name))
    return found


def get_task(name: str) -> Task:
    """The task of that name."""
    tasks = find_tasks()
    if name not in tasks:
        raise unknown_name("task", name, tasks)
    return tasks[name]


def _fingerprint(module: str) -> str:
    """A hash of the source of a module and of all that it imports from this room."""
    digest = blake2b(digest_size=16)
    for name, source in sorted(_sources(module, {})):
        digest.update(name.encode() + b"\0" + source + b"\0")
    return digest.hexdigest()


def _sources(module: str, seen: dict[str, bytes]) -> Iterator[tuple[str, bytes]]:
    if module in seen:
        return
    spec = find_spec(module)
    assert spec is not None and spec.origin is not None, f"{module} has no file"
    seen[module] = Path(spec.origin).read_bytes()
    yield module, seen[module]
    for name in _imports(seen[module]):
        yield from _sources(name, seen)


@cache
def _imports(source: bytes) -> tuple[str, ...]:
    """The modules of this room that a module's source imports from."""
    nodes = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.ImportFrom)]
    return tuple(node.module for node in nodes if node.module is not None and node.module.startswith(_PREFIX))
