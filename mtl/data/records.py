"""A task's records: files found, read and shaped; each record with its place, and checked."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from mtl.data.checks import check_record, is_told
from mtl.data.formats import READERS
from mtl.data.sources import FoundFiles, find_sources
from mtl.errors import UserError
from mtl.tasks.records import Drop, Record
from mtl.tasks.task import Row, Source, Task

_OWN_ID = "answers are kept by id: give each question its own"
OTHER_LANGUAGE = Drop("rows in another language")


@dataclass(frozen=True, slots=True)
class Located:
    """A record and where it was read."""

    record: Record
    where: str
    """`file:line`, the file as seen from the data folder."""
    language: str | None = None
    """Where it is not the task's."""

    @property
    def file(self) -> str:
        """The file of `where`."""
        return self.where.rpartition(":")[0]


def read_records(
    task: Task, split: str, *, root: Path, lang: str | None = None, drops: Counter[str]
) -> Iterator[Located]:
    """The records of a split, in order; rows that are left out are added to `drops`, by reason.

    A record must know its gold, but in the test split, where all do or none; and every source must have some.
    """
    places: dict[str, str] = {}
    told: dict[bool, str] = {}
    for found in find_sources(task, split, root, lang):
        own, before, some = found.source.language or lang, drops.copy(), False
        for located in read_found(task, split, found, root=root, lang=own, drops=drops):
            some = True
            if task.kind == "span" and split != "train":  # whose answers are kept by id
                check_new_id(located.record.id, located.where, places, root, what=_OWN_ID)
            told.setdefault(is_told(located.record), located.where)
            if len(told) == 2:
                trouble = f"the label is empty, where {told[True]} has one, and scores need all or none"
                raise UserError(f"{root / told[False]}: task {task.name}: {trouble}; fill it, or empty all")
            yield located
        if not some:
            which = split if own is None else f"{own} {split}"
            raise UserError(f"task {task.name}: {_without_records(found, which, drops - before)}")


def _without_records(found: FoundFiles, which: str, drops: Counter[str]) -> str:
    lost = "; ".join(f"left out {count} {reason}" for reason, count in drops.items()) or "nothing is in them"
    files = ", ".join(map(str, found.files))
    return f"no {which} records are in {files} ({lost}); mend these files, or take others"


def check_new_id(id_: str, where: str, places: dict[str, str], root: Path, *, what: str) -> None:
    """Refuse an id that another row has; `what` that means."""
    known = places.setdefault(id_, where)
    if known != where:
        raise UserError(f"{root / where}: the id {id_!r} stands in {known} too; {what}")


def read_found(
    task: Task, split: str, found: FoundFiles, *, root: Path, lang: str | None, drops: Counter[str]
) -> Iterator[Located]:
    """The records of one source, some or none."""
    if found.passed_over:
        drops[f"files passed over, as {_seen(found.files[0], root)} holds their rows"] += len(
            found.passed_over
        )
    for file in found.files:
        seen, empty = _seen(file, root), True
        for number, row in READERS[found.source.format](file):
            place, empty = f"{file}:{number}", False
            record = (
                row
                if isinstance(row, Drop)
                else _shape(task, split, found.source, row, lang=lang, place=place)
            )
            if isinstance(record, Drop):
                drops[record.reason] += 1
            else:
                where = f"{seen}:{number}"
                other = lang if lang not in (None, task.language) else None
                yield Located(record if record.id else replace(record, id=where), where, other)
        if empty and len(found.files) > 1:
            which = f"has no rows, one of the {len(found.files)} files of {split}"
            raise UserError(f"{file}: task {task.name}: {which}; fetch it again, or take it away")


def _columns(row: Row) -> str:
    """The names of a row's columns, on one line."""
    return " ".join(", ".join(map(str, row)).split())


def _seen(file: Path, root: Path) -> str:
    """A file as seen from the data folder."""
    return file.relative_to(root).as_posix() if file.is_relative_to(root) else str(file)


def _shape(
    task: Task, split: str, source: Source, row: Row, *, lang: str | None, place: str
) -> Record | Drop:
    try:
        if source.language_of is not None and source.language_of(row) not in (None, lang or task.language):
            return OTHER_LANGUAGE
        record = source.record(row)
        if not isinstance(record, Drop):
            check_record(task, record)
    except KeyError as error:
        has = f"the row has: {_columns(row)}; mend the file, or name the columns that are meant"
        trouble = f"no column {error.args[0]!r}; {has}"
        raise UserError(f"{place}: task {task.name}: {trouble}") from error
    except (IndexError, TypeError, ValueError) as error:
        way_out = "mend the row, or the task's declaration"
        raise UserError(f"{place}: task {task.name}: {error}; {way_out}") from error
    if not isinstance(record, Drop) and not is_told(record) and split != "test":
        trouble = f"the label is empty or its column is missing, and {split} needs it"
        raise UserError(f"{place}: task {task.name}: {trouble}; the row has: {_columns(row)}")
    return record
