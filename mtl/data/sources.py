"""Finding a task's files below the data folder, and the languages that they are there in."""

import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from mtl.data.formats import READERS
from mtl.errors import UserError, unknown_name
from mtl.languages import LANGUAGES
from mtl.tasks.declared_spec import LANGUAGE_CODE
from mtl.tasks.records import Drop
from mtl.tasks.task import Source, Task

_LANG = "{lang}"
_NAMED = 3
"""So many of the files that are not read are named, the others counted."""
_WILD = {"**/": r"(?:.*/)?", "*": r"[^/]*", "?": r"[^/]"}


@dataclass(frozen=True, kw_only=True)
class FoundFiles:
    """A source whose files are there."""

    source: Source
    files: tuple[Path, ...]
    passed_over: tuple[Path, ...]
    """Files of its other alternatives, which hold the same rows and are not read."""


def source_files(task: Task, split: str, root: Path, lang: str | None = None) -> list[Path]:
    """The files of a split in the order of reading: patterns as declared, what a pattern finds by name."""
    return [file for found in find_sources(task, split, root, lang) for file in found.files]


def languages(task: Task, split: str, root: Path) -> tuple[str, ...]:
    """The languages that a split is there in, sorted: read from names of files, or from rows."""
    return tuple(
        sorted(
            {
                code
                for source in _sources(task, split)
                for code in source_languages(source, root, named=task.language)
            }
        )
    )


def source_languages(source: Source, root: Path, *, named: str | None = None) -> set[str]:
    """The languages that a source, or one that may stand in for it, is there in.

    Where files tell it by their names, a language that is named counts though the source does not know it.
    """
    found: set[str] = set()
    for one in alternatives(source):
        for pattern in one.files:
            found |= spelled_codes(one, pattern, _matching(root, pattern)) - one.without
        by_name = named is not None and named not in one.without and any(_LANG in each for each in one.files)
        if named is not None and by_name and _files(one, root, named):
            found.add(named)
        if one.language_of is not None and not any(_LANG in pattern for pattern in one.files):
            rows = (row for file in _files(one, root, None) or () for _, row in READERS[one.format](file))
            found.update(code for row in rows if not isinstance(row, Drop) and (code := one.language_of(row)))
    return found


def find_sources(task: Task, split: str, root: Path, lang: str | None) -> Iterator[FoundFiles]:
    """Each source of a split, in the first of its alternatives whose files are there."""
    sources = _sources(task, split)
    lang = language_for(task, split, root, lang)
    for source in sources:
        found = find(source, root, source.language or lang)
        if found is None:
            raise missing_files(task, split, source, root, source.language or lang)
        yield found


def find(source: Source, root: Path, lang: str | None) -> FoundFiles | None:
    """The first alternative of a source whose files are there; None where none is."""
    there = [(one, files) for one in alternatives(source) if (files := _files(one, root, lang))]
    if not there:
        return None
    (chosen, files), *others = there
    passed_over = tuple(file for _, more in others for file in more)
    return FoundFiles(source=chosen, files=tuple(files), passed_over=passed_over)


def alternatives(source: Source) -> Iterator[Source]:
    """A source, and those that may stand in for it."""
    yield source
    if source.otherwise is not None:
        yield from alternatives(source.otherwise)


def language_for(task: Task, split: str, root: Path, lang: str | None) -> str | None:
    """The language to read: the one asked for, else the task's own; None where there is only one."""
    if not any(source.has_languages for source in _sources(task, split)):
        if lang is not None:
            raise UserError(
                f"task {task.name}: the {split} split is in one language; it cannot be had in {lang!r}"
            )
        return None
    if lang is None and split == "test":
        found = ", ".join(languages(task, split, root))
        if not found:
            raise _no_language(task, split, root)
        raise UserError(
            f"task {task.name}: the {split} split has files for each language (found: {found}); name one"
        )
    return lang or task.language


def _sources(task: Task, split: str) -> tuple[Source, ...]:
    if split not in task.splits:
        trouble = f"task {task.name} declares no {split} split, only: {', '.join(task.splits)}"
        if task.train_on is not None:
            raise UserError(f"{trouble}; it trains on {task.train_on}")
        raise UserError(f"{trouble}; declare files for it")
    return task.splits[split]


def _files(source: Source, root: Path, lang: str | None) -> list[Path] | None:
    """The files of one alternative, each once; None if one of its patterns finds nothing."""
    found: list[Path] = []
    for pattern in source.files:
        files = _expand(source, pattern, root, lang)
        if not files:
            return None
        found += files
    return list(dict.fromkeys(found))


def _expand(source: Source, pattern: str, root: Path, lang: str | None) -> list[Path]:
    if lang in source.without:
        return []
    named = _named(source, pattern, lang)
    found = {*_glob(root, named), *_glob(root, f"{named}.gz")}
    plain = (file for file in found if file.suffix != ".gz" or file.with_suffix("") not in found)
    # By their own names first, as the benchmarks join the files of several folders.
    return sorted(plain, key=lambda file: (file.name, file))


def _named(source: Source, pattern: str, lang: str | None) -> str:
    return pattern.replace(_LANG, source.codes.get(lang, lang) if lang is not None else "")


def missing_files(task: Task, split: str, source: Source, root: Path, lang: str | None) -> UserError:
    """The error for a source that is not there; it names the file that the first alternative lacks."""
    if not os.access(root, os.R_OK | os.X_OK):
        return UserError(f"data.root: {root} cannot be read; mend its rights, or give another folder")
    there = source_languages(source, root) if lang is not None else set()
    if there and lang is not None and lang not in there:
        return unknown_name("language", lang, there, where=f"task {task.name}, split {split}")
    lacking = next(pattern for pattern in source.files if not _expand(source, pattern, root, lang))
    trouble = f"task {task.name}: no {split} file matches {_named(source, lacking, lang)!r} below {root}"
    if split == "dev" and task.train_on is not None and "train" not in task.splits:
        trouble = f"{trouble}, and nobody fetches them, for {task.name} trains on {task.train_on}"
        return UserError(f"{trouble}; put the files there, or set data.root to the folder that holds them")
    return UserError(f"{trouble}; {_way_out(task, source)}")


def _no_language(task: Task, split: str, root: Path) -> UserError:
    """The error for a split of many languages that is there in none."""
    source = next(source for source in _sources(task, split) if source.has_languages)
    pattern = next((one for one in source.files if _LANG in one), source.files[0])
    trouble = f"task {task.name}: no {split} file matches {pattern!r} below {root} in any language"
    if names := unread_names([source], root):
        return UserError(f"{trouble}; give these names a code such as fi or pt-BR: {names}")
    return UserError(f"{trouble}; {_way_out(task, source)}")


def _way_out(task: Task, source: Source) -> str:
    has_hub = any(one.hub is not None for one in alternatives(source))
    fetch = f" or fetch them (launchers/prepare.py --tasks {task.name})" if has_hub else ""
    return f"put the files there{fetch}, or set data.root to the folder that holds them"


def unread_names(sources: Iterable[Source], root: Path) -> str:
    """In words: the files that fit the sources' patterns, but that what stands for the language is no code.

    Of a pattern's several places the first one tells; a source that lists its languages wants no others.
    """
    names = sorted(
        {
            name
            for source in sources
            for one in alternatives(source)
            for pattern in (() if one.codes else one.files)
            for expression in [re.compile(_translate(pattern, LANGUAGE_CODE, alike=False))]
            for name in _matching(root, pattern)
            if (match := expression.fullmatch(name)) is None or _is_pair(match["lang"])
        }
    )
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return f"{', '.join(names[:_NAMED])}{more}"


def _glob(root: Path, pattern: str) -> list[Path]:
    if Path(pattern).is_absolute():
        root, pattern = Path(Path(pattern).anchor), str(Path(pattern).relative_to(Path(pattern).anchor))
    try:
        return [path for path in root.glob(pattern) if path.is_file()]
    except ValueError as error:
        raise UserError(f"cannot look for files by {pattern!r}: {error}; mend the pattern") from error


def _matching(root: Path, pattern: str) -> list[str]:
    """The names of the files that a pattern finds in any language, as the pattern writes them."""
    if _LANG not in pattern:
        return []
    anywhere = pattern.replace(_LANG, "*")
    files = [*_glob(root, anywhere), *_glob(root, f"{anywhere}.gz")]
    absolute = Path(pattern).is_absolute()
    names = (file.as_posix() if absolute else file.relative_to(root).as_posix() for file in files)
    return [name.removesuffix(".gz") for name in names]


def spelled_codes(source: Source, pattern: str, names: Iterable[str]) -> set[str]:
    """The codes of the languages that stand in names in place of the pattern's `{lang}`."""
    if _LANG not in pattern:
        return set()
    own = {spelling: code for code, spelling in source.codes.items()}
    expression = re.compile(_translate(pattern, "|".join(map(re.escape, own)) or LANGUAGE_CODE))
    spelled = {match["lang"] for match in map(expression.fullmatch, names) if match is not None}
    return {own.get(spelling, spelling) for spelling in spelled if own or not _is_pair(spelling)}


def _is_pair(code: str) -> bool:
    """Whether it is rather two languages, as in `en-de`, than one of a region."""
    first, *others = re.split("[-_]", code)
    return any(other != first and other in LANGUAGES for other in others)


def _translate(pattern: str, code: str, *, alike: bool = True) -> str:
    """A glob pattern as a regular expression: every `{lang}` is one code if `alike`, else only the first."""
    parts = re.split(r"(\{lang\}|\*\*/|\*|\?)", pattern)
    later = "(?P=lang)" if alike else "[^/]*"
    codes = iter([f"(?P<lang>{code})"] + [later] * len(parts))
    return "".join(next(codes) if part == _LANG else _WILD.get(part, re.escape(part)) for part in parts)
