"""A target as a picture: arms down, languages across, colours for what each is compared to."""

from mtl.report.colours import LIMIT, fill_of, ink_on
from mtl.report.picture import Box, Label, Picture
from mtl.report.tables import Cell, Table, signed

CELL_WIDTH, CELL_HEIGHT = 46, 36
TOP, MARGIN, LETTER = 64, 16, 7
WIDEST = 0.6
"""Of a letter, as a share of the type's size: more than most of a line's are wide."""
STEPS = (-1.0, -0.5, -0.2, 0.0, 0.2, 0.5, 1.0)


def heatmap(table: Table, *, title: str) -> Picture:
    """The picture of a table, its rows across; `title` is what it is called where it is not seen."""
    left = MARGIN + LETTER * max(len(column.label) for column in table.columns) + 10
    labels = [row.label.replace("others", "oth.") for row in table.rows]
    cell_width = max(CELL_WIDTH, *(LETTER * len(label) + 6 for label in labels))
    bottom = TOP + CELL_HEIGHT * len(table.columns)
    heading = Label(x=MARGIN, y=22, text=f"{table.title}: {table.caption}", size=14)
    marks: list[Box | Label] = [heading]
    for i, (row, label) in enumerate(zip(table.rows, labels, strict=True)):
        x = left + cell_width * i
        marks.append(Label(x=x + cell_width / 2, y=TOP - 12, text=label, size=11, anchor="middle"))
        for j, cell in enumerate(row.cells):
            marks += _marks(cell, x, TOP + CELL_HEIGHT * j, cell_width)
    for j, column in enumerate(table.columns):
        y = TOP + CELL_HEIGHT * (j + 0.5)
        marks.append(Label(x=left - 8, y=y, text=column.label, anchor="end"))
    if table.delta:
        marks += _legend(table.delta, left, bottom + 14)
    width = max(left + cell_width * len(table.rows), *map(_end, marks)) + MARGIN
    return Picture(title=title, width=width, height=bottom + 52, marks=tuple(marks))


def _end(mark: Box | Label) -> float:
    """Where a line that begins at its place ends, at the most."""
    if isinstance(mark, Box) or mark.anchor != "start":
        return 0.0
    return mark.x + WIDEST * mark.size * len(mark.text)


def _marks(cell: Cell, x: float, y: float, width: float) -> list[Box | Label]:
    fill, middle = fill_of(cell.delta), x + width / 2
    ink = ink_on(fill)
    box = Box(x=x, y=y, width=width - 2, height=CELL_HEIGHT - 2, fill=fill)
    score = cell.text.partition(" ")[0]
    if cell.delta is None:
        return [box, Label(x=middle - 1, y=y + 17, text=score, size=12, anchor="middle", fill=ink)]
    return [
        box,
        Label(x=middle - 1, y=y + 12, text=score, size=12, anchor="middle", fill=ink),
        Label(x=middle - 1, y=y + 26, text=signed(cell.delta), size=9, anchor="middle", fill=ink),
    ]


def _legend(text: str, x: float, y: float) -> list[Box | Label]:
    boxes = [
        Box(x=x + 24 * i, y=y, width=23, height=10, fill=fill_of(step * LIMIT))
        for i, step in enumerate(STEPS)
    ]
    words = f"{text}: {signed(-LIMIT)} to {signed(LIMIT)} points and beyond"
    return [*boxes, Label(x=x, y=y + 22, text=words, size=10)]
