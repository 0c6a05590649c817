"""Every form of a table holds every number, and text from outside stays text."""

import csv
import dataclasses
import re
from io import StringIO

import pytest
from rich.console import Console

from mtl.report import latex, markdown, terminal, tidy
from mtl.report.results import Results
from mtl.report.tables import MINUS, MISSING, Cell, Column, Row, Table, signed
from tests.kit.runs import scores_of

HOSTILE = "a|b_c [red]\\end{table} <b>&%$#~^\n*x*"
TABLE = Table(
    name="targets",
    title="Targets",
    caption="One seed.",
    corner="arm",
    columns=(Column(label="xnli", group="pairs"), Column(label=HOSTILE, group="pairs"), Column(label="mean")),
    rows=(
        Row(label="none", cells=(Cell(text="60.0"), Cell(text=MISSING), Cell(text=f"{MINUS}3.1"))),
        Row(
            label=HOSTILE,
            cells=(
                Cell(text="61.2 ± 0.4", delta=1.2),
                Cell(text="5.0", delta=-2.0),
                Cell(text="0.0", delta=0.0),
            ),
        ),
        Row(
            label="XLM-R", kind="published", cells=(Cell(text="79.2"), Cell(text="66.0?"), Cell(text=MISSING))
        ),
    ),
    delta="gain over none",
    notes=("? unverified",),
)


def in_terminal(table: Table, *, colours: bool = False, width: int = 200) -> str:
    system = "256" if colours else None
    console = Console(width=width, record=True, color_system=system, force_terminal=True, file=StringIO())
    for grid in terminal.render(table, width=width):
        console.print(grid)
    return console.export_text(styles=colours)


def test_the_terminal_shows_signs_and_colours() -> None:
    text = in_terminal(TABLE)
    assert "61.2 ± 0.4 (+1.2)" in text
    assert f"5.0 ({MINUS}2.0)" in text
    assert "In brackets: gain over none." in text and "? unverified" in text
    assert "[red]" in text, "text is no markup"
    coloured = in_terminal(TABLE, colours=True)
    assert re.search(r"38;5;33m \(\+1\.2\)", coloured) and re.search(r"38;5;208m \(.2\.0\)", coloured)


@pytest.mark.parametrize("width", [40, 60, 80, 120, 160])
def test_a_table_that_is_too_wide_comes_in_pieces_with_every_number(width: int) -> None:
    columns = tuple(Column(label=f"target{i}", group="group") for i in range(14))
    cells = tuple(Cell(text=f"{i}.0 ± 1.0", delta=float(i)) for i in range(14))
    table = dataclasses.replace(TABLE, columns=columns, rows=(Row(label="all nine", cells=cells),))
    text = in_terminal(table, width=width)
    assert "…" not in text
    assert all(f"{i}.0 ± 1.0 ({signed(i)})" in text and f"target{i} " in text for i in range(14))
    assert text.count("all nine") == text.count("┏") == text.count("arm")
    assert text.count("Targets") == text.count("One seed.") == 1


def test_markdown_keeps_its_columns_whatever_the_text() -> None:
    text = markdown.render("my run", [TABLE], ["phase a|b: unfinished"])
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert len(rows) == 2 + len(TABLE.rows)
    assert {len(re.findall(r"(?<!\\)\|", row)) for row in rows} == {5}
    assert r"a\|b\_c \[red\]\\end\{table\} \<b\>\&%$\#\~^ \*x\*" in rows[0]
    assert "* phase a\\|b: unfinished" in text
    assert "| 61.2 ± 0.4 (+1.2) |" in text


def test_a_cell_in_markdown_is_text_and_no_column() -> None:
    cells = (Cell(text="a|b"), Cell(text="<b> [x]"), Cell(text="*p*", delta=1.0))
    table = dataclasses.replace(TABLE, rows=(Row(label="none", cells=cells),))
    assert r"| none | a\|b | \<b\> \[x\] | \*p\* (+1.0) |" in markdown.render("my run", [table], [])


def test_latex_escapes_what_it_would_obey() -> None:
    text = latex.render([TABLE])
    assert text.count("\\end{table}") == 1
    assert (
        r"a|b\_c {[}red{]}\textbackslash{}end\{table\} \textless{}b\textgreater{}\&\%\$\#\textasciitilde{}"
        r"\textasciicircum{} {*}x{*}"
    ) in text
    assert r"61.2 $\pm$ 0.4\mtlgain{$+$1.2} & 5.0\mtlgain{$-$2.0}" in text
    assert r" & \multicolumn{2}{c}{pairs} & \multicolumn{1}{c}{} \\" in text
    body = text[text.index(r"\toprule") : text.index(r"\bottomrule")]
    assert body.count(r"\midrule") == 2, "published rows stand apart"


def test_latex_counts_as_many_cells_as_columns() -> None:
    lines = [line for line in latex.render([TABLE]).splitlines() if line.endswith(r"\\")]
    assert [len(re.findall(r"(?<!\\)&", line)) for line in lines] == [2, 3, 3, 3, 3]
    assert r"\begin{tabular}{lrrr}" in latex.render([TABLE])


def test_latex_shrinks_a_wide_table_to_the_page() -> None:
    columns = tuple(Column(label=f"target{i}") for i in range(9))
    cells = tuple(Cell(text="1.0") for _ in columns)
    text = latex.render([dataclasses.replace(TABLE, columns=columns, rows=(Row(label="none", cells=cells),))])
    assert text.count("\\begin{table*}") == text.count("\\end{table*}") == text.count("\\resizebox") == 1
    assert text.index("\\resizebox{\\linewidth}{!}{%") < text.index("\\begin{tabular}") < text.index("%\n}")
    assert "table*" not in latex.render([TABLE])


@pytest.mark.parametrize("arm", ["none", HOSTILE, '"quoted", and comma'])
def test_csv_gives_back_every_number_unrounded(arm: str) -> None:
    scores = scores_of("xquad", ("en", "qaa", "qab"), english=200 / 3)
    text = tidy.render(Results(arms={arm: {3: scores}}, baseline=None, problems=()))
    header, *rows = csv.reader(StringIO(text))
    assert tuple(header) == tidy.HEADER
    assert {(row[0], row[1]) for row in rows} == {(arm, "3")}
    found = {(task, language, metric): float(value) for _, _, task, language, metric, value in rows}
    assert found == {
        ("xquad", language, metric): value
        for language, numbers in scores["xquad"].items()
        for metric, value in numbers.items()
    }
