"""CSV with quotes, TSV without, with or without a header; torn rows are refused, or dropped as declared."""

import csv
import io
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mtl.data.formats.delimited import read_csv, read_headless_tsv, read_ragged_tsv, read_tsv
from mtl.errors import UserError
from mtl.tasks.records import Drop

CELLS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\n\r\t\0\ufeff"), min_size=1)
TABLES = st.lists(st.tuples(CELLS, CELLS, CELLS))


@settings(deadline=None, max_examples=60)
@given(rows=TABLES)
def test_tsv_cells_are_read_as_they_stand_quotes_and_all(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, ...]]
) -> None:
    file = tmp_path_factory.mktemp("tsv") / "a.tsv"
    file.write_bytes("".join("\t".join(row) + "\n" for row in [("x", "y", "z"), *rows]).encode())
    expected = [(i, dict(zip("xyz", row, strict=True))) for i, row in enumerate(rows, start=2)]
    assert list(read_tsv(file)) == list(read_ragged_tsv(file)) == expected
    assert [row for _, row in read_headless_tsv(file)][1:] == [
        dict(zip(("c0", "c1", "c2"), row, strict=True)) for row in rows
    ]


@settings(deadline=None, max_examples=60)
@given(
    rows=st.lists(st.tuples(CELLS, CELLS | st.just('line one\nline "two", still'))),
    end=st.sampled_from(["\n", "\r\n"]),
)
def test_csv_rows_come_back_with_the_line_on_which_they_begin(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, ...]], end: str
) -> None:
    text = io.StringIO()
    csv.writer(text, lineterminator=end).writerows([("x", "y"), *rows])
    file = tmp_path_factory.mktemp("csv") / "a.csv"
    file.write_bytes(text.getvalue().encode())
    found = list(read_csv(file))
    assert [row for _, row in found] == [{"x": x, "y": y} for x, y in rows]
    assert [n for n, _ in found] == [
        2 + i + sum(y.count("\n") for _, y in rows[:i]) for i in range(len(rows))
    ]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r\r\n"])
@pytest.mark.parametrize("text", ["one\ntwo", "one\r\ntwo", "one\r\n\r\ntwo\r"])
def test_line_breaks_within_quotes_are_kept_as_they_stand(tmp_path: Path, text: str, end: str) -> None:
    for last in (end, ""):
        (tmp_path / "a.csv").write_bytes(f'id,text{end}1,"{text}"{last}'.encode())
        assert list(read_csv(tmp_path / "a.csv")) == [(2, {"id": "1", "text": text})]


def test_a_torn_row_is_dropped_where_that_is_declared(tmp_path: Path) -> None:
    (tmp_path / "a.tsv").write_text("id\ttext\n1\tone\n2\ttw\to\n3\n4\tfour\n")
    drop = Drop("rows with a wrong number of columns")
    assert list(read_ragged_tsv(tmp_path / "a.tsv")) == [
        (2, {"id": "1", "text": "one"}),
        (3, drop),
        (4, drop),
        (5, {"id": "4", "text": "four"}),
    ]


@pytest.mark.parametrize(("read", "cut"), [(read_tsv, "\t"), (read_csv, ","), (read_headless_tsv, "\t")])
@pytest.mark.parametrize("cells", [1, 3])
def test_a_torn_row_is_refused_elsewhere(
    tmp_path: Path, read: Callable[[Path], Iterator[object]], cut: str, cells: int
) -> None:
    (tmp_path / "a").write_text(f"id{cut}text\n1{cut}one\n" + cut.join("x" * cells) + "\n")
    with pytest.raises(
        UserError, match=r"a:3: another number of columns than in the first line; mend the line"
    ):
        list(read(tmp_path / "a"))


@pytest.mark.parametrize(("read", "cut"), [(read_tsv, "\t"), (read_csv, ",")])
def test_a_header_that_names_a_column_twice_is_refused(
    tmp_path: Path, read: Callable[[Path], Iterator[object]], cut: str
) -> None:
    (tmp_path / "a").write_text(cut.join(("label", "text", "label")) + "\n")
    with pytest.raises(UserError, match=r"a:1: the header names the column 'label' twice"):
        list(read(tmp_path / "a"))


@pytest.mark.parametrize("row", ['1,"never closed\n2,b\n', '1,"a"b\n'])
def test_quotes_that_do_not_match_are_refused_with_their_line(tmp_path: Path, row: str) -> None:
    (tmp_path / "a.csv").write_text(f"id,text\n0,fine\n{row}")
    with pytest.raises(UserError, match=r"a.csv:3: .*; mend the quotes"):
        list(read_csv(tmp_path / "a.csv"))


def test_an_empty_line_holds_no_row(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("x\n\n1\n\n")
    assert list(read_tsv(tmp_path / "a")) == list(read_csv(tmp_path / "a")) == [(3, {"x": "1"})]


def test_a_cell_may_be_long(tmp_path: Path) -> None:
    (tmp_path / "long.csv").write_text(f'id,text\n1,"{"word " * 40_000}"\n')
    ((_, row),) = read_csv(tmp_path / "long.csv")
    assert len(row["text"]) == 200_000
