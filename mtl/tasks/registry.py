"""The tasks that this package knows, found by looking: a module of it that holds a `TASK` declares one."""

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cache
from hashlib import blake2b
from importlib import import_module
from importlib.util import find_spec, resolve_name
from pathlib import Path
from pkgutil import iter_modules

import mtl.tasks
from mtl.errors import UserError, unknown_name
from mtl.tasks.task import Source, Task

_PREFIX = f"{mtl.tasks.__name__}."
_OURS = f"{mtl.__name__}."


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


def get_task(name: str, known: Mapping[str, Task] | None = None) -> Task:
    """The task of that name, among ours or those given; `panx-fi` is `panx` with Finnish training data."""
    tasks = find_tasks() if known is None else known
    if name in tasks:
        return tasks[name]
    base, _, code = name.partition("-")
    if base not in tasks or not code:
        raise unknown_name("task", name, tasks)
    return replace(in_language(tasks[base], code, tasks), name=name)


def in_language(task: Task, code: str, known: Mapping[str, Task]) -> Task:
    """The task with its training and dev data in another language."""
    if code != task.language and not _has_training_languages(task):
        others = ", ".join(sorted(other for other in known if _has_training_languages(known[other])))
        raise UserError(
            f"task {task.name}: has training data in one language only, not in {code!r}; "
            f"these have more: {others}"
        )
    return replace(task, language=code)


def joined(task: Task, others: Iterable[Task]) -> Task:
    """The task with the training data of others behind its own, each in its language."""
    taken = {(task.name, task.language)}
    for other in others:
        which = (other.name, other.language)
        if which in taken:
            raise UserError(f"task {task.name}: {other.name} in {other.language} stands twice; name it once")
        taken.add(which)
        check_same_answers(task, other, key="also")
        sources = tuple(_reading(source, other.language) for source in other.splits.get("train", ()))
        if not sources:
            raise UserError(
                f"task {task.name}: also names {other.name}, which has no training data; leave it out"
            )
        splits = {**task.splits, "train": (*task.splits.get("train", ()), *sources)}
        task = replace(task, splits=splits, origin=f"{task.origin}+{other.origin}@{other.language}")
    return task


def check_same_answers(task: Task, other: Task, *, key: str) -> None:
    """Refuse to learn from a task, or to answer with its head, where that gives answers of another sort."""
    if (other.kind, other.labels, other.num_choices) != (task.kind, task.labels, task.num_choices):
        raise UserError(
            f"task {task.name}: {key} names {other.name}, which has other answers ({_answers(other)}) than "
            f"{task.name} ({_answers(task)}); give both the same kind and labels, in the same order, or name "
            "another task"
        )


def _answers(task: Task) -> str:
    """What the head of a task answers: its kind, and its labels in order or the number of choices."""
    if task.labels is not None:
        return f"{task.kind}: {', '.join(task.labels)}"
    return task.kind if task.num_choices is None else f"{task.kind}: one of {task.num_choices}"


def training_languages(task: Task) -> tuple[str, ...]:
    """The languages of a task's training data: its own, and those of the data that it was joined with."""
    others = (source.language for source in task.splits.get("train", ()))
    return tuple(dict.fromkeys((task.language, *(one for one in others if one is not None))))


def label_languages(task: Task) -> tuple[str, ...]:
    """The languages in which training on a task shows labels; plain text has none."""
    return () if task.kind == "mlm" else training_languages(task)


def _reading(source: Source, language: str) -> Source:
    """A source, in all its alternatives, held to one language."""
    otherwise = None if source.otherwise is None else _reading(source.otherwise, language)
    return replace(source, language=language, otherwise=otherwise)


def _has_training_languages(task: Task) -> bool:
    return any(source.has_languages for source in task.splits.get("train", ()))


def _fingerprint(module: str) -> str:
    """A hash of the source of a module and of all that it imports from this package."""
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
    for name in _imports(seen[module], str(spec.parent)):
        yield from _sources(name, seen)


@cache
def _imports(source: bytes, package: str) -> tuple[str, ...]:
    """The modules of ours that a module's source imports, or imports from, in whatever spelling."""
    names: list[str] = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            origin = resolve_name("." * node.level + (node.module or ""), package)
            names += [origin, *(f"{origin}.{alias.name}" for alias in node.names)]
    return tuple(name for name in dict.fromkeys(names) if name.startswith(_OURS) and _is_module(name))


def _is_module(name: str) -> bool:
    """Whether a name is a module's, not one that a module defines."""
    try:
        spec = find_spec(name)
    except ModuleNotFoundError:  # what is before the last dot is no package
        return False
    return spec is not None and spec.origin is not None  # a folder alone has no file
