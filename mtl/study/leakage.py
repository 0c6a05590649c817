"""What intermediate training has seen of a target's training and test data: rows, and texts of rows.

Texts count as the same when they differ in case and spaces alone. Short ones, which prove nothing, do not
count.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mtl.data.bitext import bitext_files, bitext_languages, read_bitext
from mtl.data.records import read_records
from mtl.data.searches import query_languages, read_queries, search_files
from mtl.data.sources import languages, source_files
from mtl.errors import UserError
from mtl.run.phase_tasks import choose_tasks
from mtl.run.places import store_place
from mtl.run.recipe.schema import Recipe
from mtl.study.matrix import StudyCell, StudyMatrix
from mtl.tasks.records import (
    ChoiceRecord,
    EmbedRecord,
    GroupRecord,
    PairRecord,
    Record,
    SearchRecord,
    SpanRecord,
    TagRecord,
    TextRecord,
)
from mtl.tasks.task import Task

Split = tuple[Task, str, str | None]
"""A task, its split, and the language where there are several."""
LEAST_WORDS = 5
"""Of a text without spaces, as Chinese is, four characters count as a word."""
LEAKY = 0.01
"""From this share of rows on, a target is marked."""


@dataclass(frozen=True, eq=False)
class Prints:
    """The rows of a split as numbers that stand for their texts."""

    rows: NDArray[np.uint64]
    texts: NDArray[np.uint64]
    """Every long text of a row."""
    row_of_text: NDArray[np.int64]

    def shared(self, other: "Prints") -> tuple[float, float]:
        """The shares of rows that the other has too, and of rows of which it has at least one text."""
        if not self.rows.size:
            return 0.0, 0.0
        with_text = np.unique(self.row_of_text[np.isin(self.texts, other.texts)])
        rows = np.isin(self.rows, other.rows)
        rows_or_text = rows.copy()
        rows_or_text[with_text] = True
        return float(rows.mean()), float(rows_or_text.mean())


@dataclass(frozen=True, kw_only=True)
class Leak:
    """What an arm has seen of a part of a target."""

    arm: str
    target: str
    part: str
    """`training`, or `test` with a language."""
    rows: float
    """The share of the part's rows that intermediate training has, word by word."""
    texts: float
    """The share of rows of which it has at least one text."""
    files: tuple[str, ...]
    """Files that both read, perhaps for other rows: those of other languages."""

    @property
    def leaky(self) -> bool:
        """Whether it is enough to set the number apart."""
        return max(self.rows, self.texts) >= LEAKY


@dataclass(frozen=True, kw_only=True)
class Leakage:
    """The report: every arm that trains, on every target."""

    leaks: tuple[Leak, ...]
    problems: tuple[str, ...]
    """What could not be looked at, and why."""

    @property
    def leaky(self) -> frozenset[tuple[str, str]]:
        """Arms and targets that share data."""
        return frozenset((leak.arm, leak.target) for leak in self.leaks if leak.leaky)


def find_leakage(matrix: StudyMatrix) -> Leakage:
    """Compare all data that the phases of each arm name, whole, whichever part of it an arm uses."""
    leaks: list[Leak] = []
    problems: dict[str, list[str]] = {}
    first, read = matrix.study.seeds[0], _Reader()
    for cell in matrix.cells:
        if cell.seed == first and cell.intermediate is not None:
            try:
                leaks += _of_cell(matrix.recipe, cell, cell.intermediate, read)
            except UserError as error:
                problems.setdefault(str(error), []).append(f"{cell.row.label}, {cell.target}")
    told = (
        f"{where[0]}{f' and {len(where) - 1} more' if len(where) > 1 else ''}: {error}"
        for error, where in problems.items()
    )
    return Leakage(leaks=tuple(leaks), problems=tuple(told))


def _of_cell(recipe: Recipe, cell: StudyCell, intermediate: str, read: "_Reader") -> Iterator[Leak]:
    phase = recipe.phases[intermediate]
    root = store_place(phase).root
    seen: list[Split] = [(task, "train", None) for task in choose_tasks(recipe, phase)]
    files = _files(seen, root)
    for part, splits in _parts(recipe, cell, intermediate, root):
        rows, texts = read(splits, root).shared(read(seen, root))
        common = tuple(sorted(str(file.relative_to(root)) for file in _files(splits, root) & files))
        yield Leak(arm=cell.row.label, target=cell.target, part=part, rows=rows, texts=texts, files=common)


def _files(splits: Iterable[Split], root: Path) -> set[Path]:
    return {file for task, split, lang in splits for file in _files_of(task, split, lang, root)}


def _files_of(task: Task, split: str, lang: str | None, root: Path) -> Sequence[Path]:
    if lang is not None and split in task.searches:
        return search_files(task, split, lang, root)
    if lang is not None and split in task.bitexts:
        return bitext_files(task, split, lang, root)
    return source_files(task, split, root, lang)


def _languages(task: Task, split: str, root: Path) -> tuple[str, ...]:
    if split in task.bitexts:
        return bitext_languages(task, split, root)
    return (query_languages if split in task.searches else languages)(task, split, root)


def _records(task: Task, split: str, lang: str | None, root: Path) -> Iterator[Record]:
    """The rows of a split; of a search its queries, of a bitext the long sentences of both sides."""
    drops = Counter[str]()
    if lang is not None and split in task.searches:
        yield from read_queries(task, split, lang, root=root, drops=drops)
    elif lang is not None and split in task.bitexts:
        sides = read_bitext(task, split, lang, root=root, drops=drops)
        yield from (one for one in (*sides.foreign, *sides.english) if is_long(_normal(one.text)))
    else:
        located = read_records(task, split, root=root, lang=lang, drops=drops)
        yield from (one.record for one in located)


def _parts(
    recipe: Recipe, cell: StudyCell, intermediate: str, root: Path
) -> Iterator[tuple[str, list[Split]]]:
    """The target's own training data, and its test data by language."""
    later = cell.phases[cell.phases.index(intermediate) + 1 :]
    training = [recipe.phases[name] for name in later if recipe.phases[name].kind == "train"]
    if training:
        yield "training", [(t, "train", None) for phase in training for t in choose_tasks(recipe, phase)]
    test = recipe.phases[cell.phases[-1]]
    for task in choose_tasks(recipe, test):
        split, wanted = test.tested_split, test.tested_languages
        if split in (*task.splits, *task.searches, *task.bitexts):
            for lang in _languages(task, split, root) or (None,):
                if lang is None or wanted is None or lang in wanted:
                    yield f"test {lang or ''}".strip(), [(task, split, lang)]


class _Reader:
    """Reads every split once."""

    def __init__(self) -> None:
        self._known: dict[object, Prints] = {}

    def __call__(self, splits: Iterable[Split], root: Path) -> Prints:
        """The prints of several splits together."""
        parts = [self._read(*split, root) for split in splits]
        starts = np.cumsum([0, *(len(part.rows) for part in parts[:-1])])
        return Prints(
            np.concatenate([part.rows for part in parts]),
            np.concatenate([part.texts for part in parts]),
            np.concatenate([part.row_of_text + start for part, start in zip(parts, starts, strict=True)]),
        )

    def _read(self, task: Task, split: str, language: str | None, root: Path) -> Prints:
        key = (task.name, task.origin, split, language or task.language, root)
        if key not in self._known:
            self._known[key] = prints_of(_records(task, split, language, root))
        return self._known[key]


def prints_of(records: Iterable[Record]) -> Prints:
    """The numbers that stand for records."""
    rows, texts, owners = [], [], []
    for number, record in enumerate(records):
        parts = [_normal(text) for text in _texts(record)]
        rows.append(_number("\0".join(parts)))
        for part in parts:
            if is_long(part):
                texts.append(_number(part))
                owners.append(number)
    return Prints(np.array(rows, np.uint64), np.array(texts, np.uint64), np.array(owners, np.int64))


def is_long(text: str) -> bool:
    """Whether a text that stands in two places is a sign of something."""
    return max(text.count(" ") + 1, len(text) // 4 if text and not text.isascii() else 0) >= LEAST_WORDS


def _texts(record: Record) -> tuple[str, ...]:
    match record:
        case PairRecord():
            return (record.text_a,) if record.text_b is None else (record.text_a, record.text_b)
        case ChoiceRecord():
            return (record.prompt, *record.choices)
        case SpanRecord():
            return (record.question, record.context)
        case TagRecord():
            return (" ".join(record.words),)
        case TextRecord() | SearchRecord():
            return (record.text,)
        case EmbedRecord():
            return (record.query, record.candidate)
        case GroupRecord():
            return tuple(text for pair in record.pairs for text in _texts(pair))


def _normal(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip().casefold()


def _number(text: str) -> int:
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "little")
