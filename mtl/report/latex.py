r"""Tables in LaTeX, with booktabs and graphicx; `\mtlgain` sets a gain, and is the author's to redefine."""

from collections.abc import Sequence
from itertools import groupby

from mtl.report.tables import MINUS, MISSING, Cell, Row, Table, signed

HEAD = r"""% \usepackage{booktabs,graphicx}
\providecommand{\mtlgain}[1]{\,{\scriptsize #1}}
"""
WIDE = 8
"""A table of more columns spans the page, and is shrunk to it."""
SPECIAL = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    **{sign: rf"\{sign}" for sign in "&%$#_{}"},
    **{sign: f"{{{sign}}}" for sign in "[]*"},  # which a line break before them would take for its own
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    MINUS: "$-$",
    "+": "$+$",
    "±": r"$\pm$",
    MISSING: "--",
}


def render(tables: Sequence[Table]) -> str:
    """All tables, each in a float."""
    return HEAD + "".join(map(_table, tables))


def escaped(text: str) -> str:
    """Text that LaTeX sets as it is, on one line."""
    return "".join(SPECIAL.get(letter, letter) for letter in " ".join(text.split()))


def _table(table: Table) -> str:
    caption = " ".join(filter(None, (f"{table.title}.", table.caption, _delta(table), *table.notes)))
    kinds = [row.kind for row in table.rows]
    lines = []
    for i, row in enumerate(table.rows):
        if i and kinds[i] != kinds[i - 1]:
            lines.append(r"\midrule")
        lines.append(_row(row))
    body = "\n".join((r"\toprule", *_heading(table), r"\midrule", *lines, r"\bottomrule"))
    body = f"\\begin{{tabular}}{{l{'r' * len(table.columns)}}}\n{body}\n\\end{{tabular}}"
    float_ = "table"
    if len(table.columns) > WIDE:
        float_, body = "table*", f"\\resizebox{{\\linewidth}}{{!}}{{%\n{body}%\n}}"
    return (
        f"\n\\begin{{{float_}}}\n\\centering\n{body}\n"
        f"\\caption{{{escaped(caption)}}}\n\\label{{tab:{table.name}}}\n\\end{{{float_}}}\n"
    )


def _delta(table: Table) -> str:
    return f"Small: {table.delta}." if table.delta else ""


def _heading(table: Table) -> list[str]:
    """The columns, and above them the names of their groups."""
    labels = _join([table.corner, *(column.label for column in table.columns)])
    if not any(column.group for column in table.columns):
        return [labels]
    spans = [(name, len(list(each))) for name, each in groupby(column.group for column in table.columns)]
    above = " & ".join(("", *(rf"\multicolumn{{{span}}}{{c}}{{{escaped(name)}}}" for name, span in spans)))
    return [rf"{above} \\", labels]


def _row(row: Row) -> str:
    return " & ".join((escaped(row.label), *map(_cell, row.cells))) + r" \\"


def _join(texts: Sequence[str]) -> str:
    return " & ".join(map(escaped, texts)) + r" \\"


def _cell(cell: Cell) -> str:
    gain = "" if cell.delta is None else rf"\mtlgain{{{escaped(signed(cell.delta))}}}"
    return escaped(cell.text) + gain
