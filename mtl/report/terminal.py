"""Tables for the terminal: rises and falls have a sign and a colour, and the sign says it all."""

from rich.table import Table as Grid
from rich.text import Text

from mtl.report.tables import Cell, Column, Table, signed

STYLES = {"arm": "", "summary": "bold", "language": "", "published": "dim"}
UP, DOWN = "dodger_blue1", "dark_orange"


def render(table: Table) -> Grid:
    """The table as rich draws it."""
    subject = f"{table.caption} In brackets: {table.delta}." if table.delta else table.caption
    notes = "\n".join((subject, *table.notes))
    grid = Grid(title=Text(table.title), title_justify="left", caption=Text(notes), caption_justify="left")
    grid.add_column(Text(table.corner))
    for column in table.columns:
        grid.add_column(Text(_heading(column)), justify="right")
    for row in table.rows:
        grid.add_row(Text(row.label), *(_cell(cell) for cell in row.cells), style=STYLES[row.kind])
    return grid


def _heading(column: Column) -> str:
    return f"{column.group}\n{column.label}" if column.group else column.label


def _cell(cell: Cell) -> Text:
    text = Text(cell.text)
    if cell.delta is not None:
        text.append(f" ({signed(cell.delta)})", style=_style(cell.delta))
    return text


def _style(delta: float) -> str:
    return UP if delta > 0 else DOWN if delta < 0 else ""
