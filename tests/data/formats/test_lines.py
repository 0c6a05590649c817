"""Lines come as UTF-8 with their numbers, or not at all."""

import gzip
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mtl.data.formats.lines import read_lines
from mtl.errors import UserError

LINES = st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\n\r\ufeff")))


@settings(deadline=None, max_examples=60)
@given(lines=LINES, end=st.sampled_from(["\n", "\r\n"]), packed=st.booleans())
def test_lines_come_back_as_they_were_written(
    tmp_path_factory: pytest.TempPathFactory, lines: list[str], end: str, packed: bool
) -> None:
    raw = "".join(line + end for line in lines).encode()
    file = tmp_path_factory.mktemp("lines") / ("a.txt.gz" if packed else "a.txt")
    file.write_bytes(gzip.compress(raw) if packed else raw)
    assert list(read_lines(file)) == list(enumerate(lines, start=1))


def test_only_a_line_feed_ends_a_line(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes("one\u2028still\x0cone\rand still\ntwo".encode())
    assert list(read_lines(tmp_path / "a")) == [(1, "one\u2028still\x0cone\rand still"), (2, "two")]


def test_a_byte_order_mark_is_no_text(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes("\ufeffid\nx\n".encode())
    assert list(read_lines(tmp_path / "a")) == [(1, "id"), (2, "x")]


@pytest.mark.parametrize(("raw", "line"), [(b"good\ncaf\xe9\n", 2), ("tsv".encode("utf-16"), 1)])
def test_another_encoding_is_refused_with_its_line(tmp_path: Path, raw: bytes, line: int) -> None:
    (tmp_path / "a.tsv").write_bytes(raw)
    with pytest.raises(UserError, match=rf"a.tsv:{line}: byte 0x[0-9a-f]+ is not UTF-8; convert the file"):
        list(read_lines(tmp_path / "a.tsv"))


@pytest.mark.parametrize(
    "raw", [b"no gzip", gzip.compress(b"a line\n" * 99, mtime=0)[:-12], b"\x1f\x8b\x08\x00" + b"\xff" * 40]
)
def test_damaged_compression_is_refused(tmp_path: Path, raw: bytes) -> None:
    (tmp_path / "a.gz").write_bytes(raw)
    with pytest.raises(UserError, match=r"a.gz: cannot be read: .*; check the file"):
        list(read_lines(tmp_path / "a.gz"))


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"none: cannot be read: No such file"):
        list(read_lines(tmp_path / "none"))
