"""A table as a value that every writer renders: a cell is a text, and how far it is above something else."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

MISSING = "\N{EN DASH}"
MINUS = "\N{MINUS SIGN}"
METRICS = {
    "em_and_f1": "mean of EM and F1",
    "acc_and_f1": "mean of accuracy and F1",
    "exact_match": "EM",
    "f1": "F1",
}
"""Metrics as people write them, where that is not their name."""


@dataclass(frozen=True, kw_only=True)
class Cell:
    """A number as it is written, and how far it is above what it is compared to."""

    text: str
    delta: float | None = None


@dataclass(frozen=True, kw_only=True)
class Row:
    """A line of a table."""

    label: str
    cells: tuple[Cell, ...]
    kind: Literal["arm", "summary", "language", "published"] = "arm"
    title: str = ""
    """The label in full, where it is short for something."""


@dataclass(frozen=True, kw_only=True)
class Column:
    """A column's name, and the name above it and its neighbours."""

    label: str
    group: str = ""


@dataclass(frozen=True, kw_only=True)
class Table:
    """A table, its caption, and what its small numbers mean."""

    name: str
    """A word for file names and anchors."""
    title: str
    caption: str
    corner: str
    """What the rows are."""
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    delta: str = ""
    """What a delta is; empty where no cell has one."""
    notes: tuple[str, ...] = ()
    """What a reader has to know, a line each."""


def text_columns(labels: Iterable[str]) -> tuple[Column, ...]:
    """Columns without names above them."""
    return tuple(Column(label=label) for label in labels)


def text_row(label: str, texts: Iterable[str], *, title: str = "") -> Row:
    """A line of cells that are compared to nothing."""
    return Row(label=label, cells=tuple(Cell(text=text) for text in texts), title=title)


def each_once(notes: Iterable[str | None]) -> tuple[str, ...]:
    """The notes that there are, in their order."""
    return tuple(dict.fromkeys(note for note in notes if note is not None))


def signed(value: float) -> str:
    """A difference with its sign; one that rounds to nothing has none."""
    text = f"{abs(value):.1f}"
    return text if text == "0.0" else f"{'+' if value > 0 else MINUS}{text}"
