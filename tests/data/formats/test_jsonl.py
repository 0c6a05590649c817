"""JSON lines: an object a line, and anything else is refused with its line."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mtl.data.formats.jsonl import read_jsonl
from mtl.errors import UserError

VALUES = st.none() | st.booleans() | st.integers() | st.text() | st.lists(st.text())


@settings(deadline=None, max_examples=60)
@given(rows=st.lists(st.dictionaries(st.text(), VALUES)), ascii=st.booleans())
def test_objects_come_back_as_they_were_written(
    tmp_path_factory: pytest.TempPathFactory, rows: list[dict[str, object]], ascii: bool
) -> None:
    file = tmp_path_factory.mktemp("jsonl") / "a.jsonl"
    text = "".join(json.dumps(row, ensure_ascii=ascii) + "\n" for row in rows)
    file.write_bytes(text.encode("utf-8", "surrogatepass" if ascii else "strict"))
    assert list(read_jsonl(file)) == list(enumerate(rows, start=1))


def test_an_empty_line_holds_no_row_and_keeps_the_count(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"a": 1}\n\n  \n{"a": 2}\n\n')
    assert list(read_jsonl(tmp_path / "a.jsonl")) == [(1, {"a": 1}), (4, {"a": 2})]


@pytest.mark.parametrize(
    ("line", "trouble"),
    [
        ('{"a": 1', "not JSON: .* at column 8"),
        ("a\tb", "not JSON: Expecting value at column 1"),
        ("[1, 2]", "a JSON list; every line must hold one object"),
        ("null", "a JSON NoneType; every line"),
        ("[" * 100_000, "nested too deeply"),
    ],
)
def test_what_is_no_object_is_refused_with_its_line(tmp_path: Path, line: str, trouble: str) -> None:
    (tmp_path / "a.jsonl").write_text('{"a": 1}\n' + line + "\n")
    with pytest.raises(UserError, match=rf"a.jsonl:2: {trouble}"):
        list(read_jsonl(tmp_path / "a.jsonl"))
