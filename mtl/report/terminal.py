"""Tables for the terminal: rises and falls have a sign and a colour, and the sign says it all."""

from collections.abc import Iterator, Sequence

from rich.table import Table as Grid
from rich.text import Text

from mtl.report.tables import Cell, Column, Table, signed

STYLES = {"arm": "", "summary": "bold", "language": "", "published": "dim"}
UP, DOWN = "dodger_blue1", "dark_orange"
LINES = 3
"""What a column costs besides its text: a blank on either side and a line."""
LOG_WIDTH = 160
"""Where there is no terminal to have a width."""


def render(table: Table, *, width: int) -> Iterator[Grid]:
    """The table as rich draws it; one that is too wide comes in pieces, cut between columns."""
    pieces = list(_pieces(table, width))
    for piece in pieces:
        grid = Grid(title=Text(table.title) if piece is pieces[0] else None, title_justify="left")
        grid.add_column(Text(table.corner), no_wrap=True)
        for i in piece:
            grid.add_column(Text(_heading(table.columns[i])), justify="right", no_wrap=True)
        for row in table.rows:
            grid.add_row(Text(row.label), *(_text(row.cells[i]) for i in piece), style=STYLES[row.kind])
        if piece is pieces[-1]:
            grid.caption, grid.caption_justify = Text(_below(table)), "left"
        yield grid


def _pieces(table: Table, width: int) -> Iterator[list[int]]:
    """The columns that go side by side, at least one at a time."""
    room = width - 1 - _width([table.corner, *(row.label for row in table.rows)])
    piece: list[int] = []
    used = 0
    for i, column in enumerate(table.columns):
        wanted = _width([*_heading(column).split("\n"), *(_text(row.cells[i]).plain for row in table.rows)])
        if piece and used + wanted > room:
            yield piece
            piece, used = [], 0
        piece.append(i)
        used += wanted
    yield piece


def _width(texts: Sequence[str]) -> int:
    return max(Text(text).cell_len for text in texts) + LINES


def _heading(column: Column) -> str:
    return f"{column.group}\n{column.label}" if column.group else column.label


def _below(table: Table) -> str:
    caption = f"{table.caption} In brackets: {table.delta}." if table.delta else table.caption
    return "\n".join((caption, *table.notes))


def _text(cell: Cell) -> Text:
    text = Text(cell.text)
    if cell.delta is not None:
        text.append(f" ({signed(cell.delta)})", style=_style(cell.delta))
    return text


def _style(delta: float) -> str:
    return UP if delta > 0 else DOWN if delta < 0 else ""
