"""Finding a task's files below the data folder, and the languages that they are there in."""

import re
from collections.abc import Iterator
from pathlib import Path

from mtl.errors import UserError, unknown_name
from mtl.tasks.task import Source, Task

_LANG = "{lang}"
# A language code: two or three letters, perhaps a script, perhaps a region (fi, yue, zh-Hant, pt-BR).
_CODE = r"(?P<lang>[a-z]{2,3}(?:-[A-Z][a-z]{3})?(?:-[A-Z]{2})?)"
_WILD = {"**/": r"(?:.*/)?", "*": r"[^/]*", "?": r"[^/]"}


def source_files(task: Task, split: str, root: Path, lang: str | None = None) -> list[Path]:
    """The files of a split in the order of reading: patterns as declared, what a pattern finds by name."""
    return [file for _, files in sources_with_files(task, split, root, lang) for file in files]


def languages(task: Task, split: str, root: Path) -> tuple[str, ...]:
    """The codes found in place of `{lang}` in the names of the split's files, sorted."""
    found: set[str] = set()
    for source in _sources(task, split):
        for pattern in source.files:
            found.update(_codes(root, pattern))
    return tuple(sorted(found))


def sources_with_files(
    task: Task, split: str, root: Path, lang: str | None
) -> Iterator[tuple[Source, list[Path]]]:
    """Each source of a split with the files of its patterns, each file once."""
    sources = _sources(task, split)
    _check_language(task, split, sources, root, lang)
    for source in sources:
        files = [file for pattern in source.files for file in _expand(task, split, pattern, root, lang)]
        yield source, list(dict.fromkeys(files))


def _sources(task: Task, split: str) -> tuple[Source, ...]:
    if split not in task.splits:
        trouble = f"task {task.name} declares no {split} split, only: {', '.join(task.splits)}"
        if task.train_on is not None:
            raise UserError(f"{trouble}; it trains on {task.train_on}")
        raise UserError(f"{trouble}; declare files for it")
    return task.splits[split]


def _check_language(
    task: Task, split: str, sources: tuple[Source, ...], root: Path, lang: str | None
) -> None:
    many = any(_LANG in pattern for source in sources for pattern in source.files)
    if many and lang is None:
        found = ", ".join(languages(task, split, root)) or "none"
        raise UserError(
            f"task {task.name}: the {split} split has files for each language (found: {found}); name one"
        )
    if lang is not None and not many:
        raise UserError(
            f"task {task.name}: the {split} split is in one language; it cannot be had in {lang!r}"
        )
    found_languages = languages(task, split, root) if many else ()
    if lang is not None and found_languages and lang not in found_languages:
        raise unknown_name("language", lang, found_languages, where=f"task {task.name}, split {split}")


def _expand(task: Task, split: str, pattern: str, root: Path, lang: str | None) -> list[Path]:
    named = pattern.replace(_LANG, lang or "")
    files = _glob(root, named) or _glob(root, f"{named}.gz")
    if not files:
        trouble = f"task {task.name}: no {split} file matches {named!r} below {root}"
        raise UserError(f"{trouble}; put the files there, or set data.root to the folder that holds them")
    return files


def _glob(root: Path, pattern: str) -> list[Path]:
    if Path(pattern).is_absolute():
        root, pattern = Path(Path(pattern).anchor), str(Path(pattern).relative_to(Path(pattern).anchor))
    try:
        return sorted(path for path in root.glob(pattern) if path.is_file())
    except ValueError as error:
        raise UserError(f"cannot look for files by {pattern!r}: {error}; mend the pattern") from error


def _codes(root: Path, pattern: str) -> set[str]:
    if _LANG not in pattern:
        return set()
    expression = re.compile(_translate(pattern) + r"(?:\.gz)?")
    files = [*_glob(root, pattern.replace(_LANG, "*")), *_glob(root, pattern.replace(_LANG, "*") + ".gz")]
    names = (
        file.as_posix() if Path(pattern).is_absolute() else file.relative_to(root).as_posix()
        for file in files
    )
    return {match["lang"] for match in map(expression.fullmatch, names) if match is not None}


def _translate(pattern: str) -> str:
    """A glob pattern as a regular expression, in which every `{lang}` is the same code."""
    parts = re.split(r"(\{lang\}|\*\*/|\*|\?)", pattern)
    codes = iter([_CODE] + ["(?P=lang)"] * (len(parts)))
    return "".join(next(codes) if part == _LANG else _WILD.get(part, re.escape(part)) for part in parts)
