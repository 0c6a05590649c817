"""Comma-separated files, whose quotes may hold line breaks; tab-separated ones, whose quotes are text."""

import csv
import sys
from collections.abc import Iterator
from pathlib import Path

from mtl.data.formats.lines import read_lines, read_whole_lines
from mtl.data.formats.table import name_cells, name_ragged_cells, number_cells
from mtl.errors import UserError
from mtl.tasks.records import Drop
from mtl.tasks.task import Row

_LARGEST_CELL = min(sys.maxsize, 2**31 - 1)
"""In characters: a text may be long, and a quote that is never closed is found at the end of the file."""


def read_csv(path: Path) -> Iterator[tuple[int, Row]]:
    """Rows of a CSV file with a header; a row's number is that of the line on which it begins."""
    return name_cells(path, _quoted_cells(path, ","))


def read_tsv(path: Path) -> Iterator[tuple[int, Row]]:
    """Rows of a TSV file with a header."""
    return name_cells(path, _tsv_cells(path))


def read_ragged_tsv(path: Path) -> Iterator[tuple[int, Row | Drop]]:
    """Rows of a TSV file with a header, some lines of which are known to be torn: a `Drop` for each."""
    return name_ragged_cells(path, _tsv_cells(path))


def read_headless_tsv(path: Path) -> Iterator[tuple[int, Row]]:
    """Rows of a TSV file without a header."""
    return number_cells(path, _tsv_cells(path))


def read_quoted_tsv(path: Path) -> Iterator[tuple[int, Row]]:
    """Rows of a TSV file without a header that a CSV writer made: `"a ""b"" c"` reads `a "b" c`."""
    return number_cells(path, _quoted_cells(path, "\t"))


def _tsv_cells(path: Path) -> Iterator[tuple[int, list[str]]]:
    return ((number, line.split("\t")) for number, line in read_lines(path) if line)


def _quoted_cells(path: Path, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    csv.field_size_limit(_LARGEST_CELL)
    reader = csv.reader(read_whole_lines(path), delimiter=delimiter, strict=True)
    while True:
        number = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise UserError(f"{path}:{number}: {error}; mend the quotes of this row") from error
        if cells:
            yield number, cells
