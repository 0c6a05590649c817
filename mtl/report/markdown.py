"""Tables in Markdown."""

import re
from collections.abc import Iterable, Sequence

from mtl.report.tables import Cell, Table, signed

SPECIAL = re.compile(r"([\\`*_{}\[\]<>()#+!|~&])")


def render(title: str, tables: Sequence[Table], problems: Sequence[str]) -> str:
    """A page of tables; what stands in their way comes first."""
    parts = [f"# {escaped(title)}"]
    if problems:
        parts.append("Read this first:\n\n" + "\n".join(f"* {escaped(each)}" for each in problems))
    return "\n\n".join((*parts, *map(_table, tables))) + "\n"


def escaped(text: str) -> str:
    """Text that stays as it is, on one line."""
    return SPECIAL.sub(r"\\\1", " ".join(text.split()))


def _table(table: Table) -> str:
    heading = [table.corner, *(" ".join(filter(None, (c.group, c.label))) for c in table.columns)]
    lines = [_line(map(escaped, heading)), _line(["---", *["---:"] * len(table.columns)])]
    lines += [_line([escaped(row.label), *map(_cell, row.cells)]) for row in table.rows]
    caption = f"{table.caption} In brackets: {table.delta}." if table.delta else table.caption
    notes = "".join(f"\n* {escaped(note)}" for note in table.notes)
    body = "\n".join(lines)
    return f"## {escaped(table.title)}\n\n{body}\n\n{escaped(caption)}" + (f"\n{notes}" if notes else "")


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cell(cell: Cell) -> str:
    text = escaped(cell.text)
    return text if cell.delta is None else f"{text} ({signed(cell.delta)})"
