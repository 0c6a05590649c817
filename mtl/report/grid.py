"""A table as HTML: its colours say what its signs say."""

from collections.abc import Iterator, Sequence
from itertools import groupby

from mtl.report.colours import LIMIT, strength
from mtl.report.markup import Markup, tag
from mtl.report.tables import Cell, Row, Table, signed

STRONGEST = 62
"""Percent of the colour in the strongest cell: text stays readable on it, in light and in dark."""
MANY = 8
"""A table of more columns has its gains below its numbers, not beside them."""


def grid(table: Table, *, explain: bool = True, links: Sequence[str] = ()) -> Markup:
    """The table with its title, its caption and its notes; it scrolls by itself where the page is narrow.

    To explain is to say below it what the small numbers are; `links` are files with its picture.
    """
    name = f"t-{table.name}"
    columns = zip(*(row.cells for row in table.rows), strict=True)
    compared = [any(cell.delta is not None for cell in column) for column in columns]
    body = tag(
        "table",
        tag("thead", *_heading(table)),
        tag("tbody", *(_row(row, compared) for row in table.rows)),
        aria_labelledby=name,
        class_="wide" if len(table.columns) > MANY else None,
    )
    notes = [tag("ul", *(tag("li", note) for note in table.notes), class_="notes")] if table.notes else []
    return tag(
        "figure",
        tag("h3", table.title, id=name),
        tag("div", body, class_="scroll", tabindex=0, role="region", aria_labelledby=name),
        tag("figcaption", _caption(table) if explain else table.caption, *_links(links)),
        *notes,
        class_="grid",
    )


def legend(delta: str) -> Markup:
    """What the colours mean."""
    steps = [-LIMIT, -LIMIT / 2, -LIMIT / 5, LIMIT / 5, LIMIT / 2, LIMIT]
    boxes = [tag("span", signed(step), class_=_class(step), style=_tint(step)) for step in steps]
    return tag("p", tag("span", *boxes, class_="scale"), f" {delta}, in points", class_="key-to-colours")


def _links(files: Sequence[str]) -> Iterator[str]:
    for file in files:
        yield " "
        yield tag("a", file.rpartition(".")[2].upper(), href=file)


def _caption(table: Table) -> str:
    return f"{table.caption} Small and coloured: {table.delta}." if table.delta else table.caption


def _heading(table: Table) -> list[Markup]:
    labels = [tag("th", column.label, scope="col") for column in table.columns]
    if not any(column.group for column in table.columns):
        return [tag("tr", tag("th", table.corner, scope="col"), *labels)]
    spans = [(name, len(list(each))) for name, each in groupby(column.group for column in table.columns)]
    groups = [tag("th", name, scope="colgroup", colspan=span, class_="group") for name, span in spans]
    return [tag("tr", tag("th", table.corner, scope="col", rowspan=2), *groups), tag("tr", *labels)]


def _row(row: Row, compared: Sequence[bool]) -> Markup:
    head = tag("th", row.label, scope="row", title=row.title or None)
    cells = (_cell(cell, compared=each) for cell, each in zip(row.cells, compared, strict=True))
    return tag("tr", head, *cells, class_=row.kind)


def _cell(cell: Cell, *, compared: bool) -> Markup:
    """A cell; in a column where others have a gain it keeps room for one, so that numbers stand in line."""
    if cell.delta is None:
        return tag("td", cell.text, *([tag("small")] if compared else []))
    gain = tag("small", signed(cell.delta))
    return tag("td", cell.text, gain, class_=_class(cell.delta), style=_tint(cell.delta))


def _class(delta: float) -> str:
    return "up" if delta > 0 else "down"


def _tint(delta: float) -> str:
    return f"--tint:{STRONGEST * strength(delta):.0f}%"
