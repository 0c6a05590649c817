"""Tables: the cells of a line become a row once each has its column's name."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from mtl.errors import UserError
from mtl.tasks.records import Drop
from mtl.tasks.task import Row

RAGGED = Drop("rows with a wrong number of columns")


def name_cells(path: Path, lines: Iterable[tuple[int, Sequence[str]]]) -> Iterator[tuple[int, Row]]:
    """Rows named by the first line; a line of another width is the user's to mend."""
    for number, row in name_ragged_cells(path, lines):
        if isinstance(row, Drop):
            raise _wrong_width(path, number)
        yield number, row


def name_ragged_cells(
    path: Path, lines: Iterable[tuple[int, Sequence[str]]]
) -> Iterator[tuple[int, Row | Drop]]:
    """The same, where a line of another width gives a `Drop` in its place."""
    names: Sequence[str] | None = None
    for number, cells in lines:
        if names is None:
            names = _header(path, number, cells)
        elif len(cells) != len(names):
            yield number, RAGGED
        else:
            yield number, dict(zip(names, cells, strict=True))


def number_cells(path: Path, lines: Iterable[tuple[int, Sequence[str]]]) -> Iterator[tuple[int, Row]]:
    """Rows of a file without a header: the columns are c0, c1, ..., as many as the first line has."""
    names: list[str] | None = None
    for number, cells in lines:
        names = names or [f"c{i}" for i in range(len(cells))]
        if len(cells) != len(names):
            raise _wrong_width(path, number)
        yield number, dict(zip(names, cells, strict=True))


def _header(path: Path, number: int, names: Sequence[str]) -> Sequence[str]:
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        trouble = f"{path}:{number}: the header names the column {twice[0]!r} twice"
        raise UserError(f"{trouble}; rename one, or read a TSV file without a header as tsv_headless")
    return names


def _wrong_width(path: Path, number: int) -> UserError:
    trouble = f"{path}:{number}: another number of columns than in the first line"
    return UserError(f"{trouble}; mend the line (a tab or a line break in a text tears a row apart)")
