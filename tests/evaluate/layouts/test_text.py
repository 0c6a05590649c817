"""Text is read strictly, and every complaint is one line with file and line."""

import codecs
from pathlib import Path

import pytest

from mtl.errors import UserError
from mtl.evaluate.layouts.text import parse_json, read_lines, read_text

PATH = Path("labels/x.json")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "is empty"),
        (b" \n\t\n", "is empty"),
        (codecs.BOM_UTF8 + b"neutral\n", "byte-order mark"),
        ("neutral\n".encode("utf-16"), r"x.tsv:1: not UTF-8 \(byte 0xff\)"),
        ("ja\nnein\nvielleicht\u00e4\n".encode("latin-1"), r"x.tsv:3: not UTF-8 \(byte 0xe4\)"),
        (b"\xf0\x9f\x98", r"x.tsv:1: not UTF-8"),
        (b"\xed\xa0\x80", r"x.tsv:1: not UTF-8"),
    ],
)
def test_what_is_no_text_is_the_users_error(tmp_path: Path, data: bytes, message: str) -> None:
    (tmp_path / "x.tsv").write_bytes(data)
    with pytest.raises(UserError, match=message) as error:
        read_text(tmp_path / "x.tsv")
    assert str(tmp_path / "x.tsv") in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("name", ["missing.tsv", "."])
def test_what_is_no_file_is_the_users_error(tmp_path: Path, name: str) -> None:
    with pytest.raises(UserError, match="cannot be read"):
        read_text(tmp_path / name)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_ends_of_every_kind_are_one(tmp_path: Path, end: str) -> None:
    (tmp_path / "x.tsv").write_bytes(f"a{end}  b{end}{end}c{end}".encode())
    assert read_lines(tmp_path / "x.tsv") == ["a", "b", "", "c"]


def test_other_separators_of_unicode_end_no_line(tmp_path: Path) -> None:
    (tmp_path / "x.tsv").write_text("a\u2028b\x0bc\x1cd\u0085e\nf", encoding="utf-8")
    assert read_lines(tmp_path / "x.tsv") == ["a\u2028b\x0bc\x1cd\u0085e", "f"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"a": 1,\n "b": }', r"x.json:2: not JSON \(Expecting value\)"),
        ("neutral", r"x.json:1: not JSON"),
        ('{"q1": "a", "q2": "b", "q1": "c"}', "key 'q1' occurs twice"),
        ("[" * 100_000, r"x.json:1: JSON that cannot be used"),
        ("[" + "9" * 5_000 + "]", r"x.json:1: JSON that cannot be used"),
    ],
)
def test_what_is_no_json_is_the_users_error(text: str, message: str) -> None:
    with pytest.raises(UserError, match=message) as error:
        parse_json(text, PATH)
    assert "\n" not in str(error.value)


def test_the_line_of_a_json_value_counts_from_where_it_starts() -> None:
    with pytest.raises(UserError, match=r"x.json:7: not JSON"):
        parse_json("{", PATH, line=7)
