"""A word a line, a sentence a paragraph."""

from pathlib import Path

import pytest

from mtl.data.formats.conll import read_conll
from mtl.errors import UserError


def read(folder: Path, text: str) -> list[tuple[int, dict[str, object]]]:
    (folder / "a.conll").write_text(text)
    return [(number, dict(row)) for number, row in read_conll(folder / "a.conll")]


def test_sentences_are_parted_by_empty_lines_however_many(tmp_path: Path) -> None:
    rows = read(tmp_path, "\nAnn\tN\nsang\tV\n\n\n.\tP\n")
    assert [(number, row["words"], row["tags"]) for number, row in rows] == [
        (2, ("Ann", "sang"), ("N", "V")),
        (6, (".",), ("P",)),
    ]


def test_a_file_of_words_alone_has_no_tags(tmp_path: Path) -> None:
    ((_, row),) = read(tmp_path, "Ann\nViệt Nam\n")
    assert (row["words"], row["tags"]) == (("Ann", "Việt Nam"), None)


def test_any_column_can_be_had(tmp_path: Path) -> None:
    ((_, row),) = read(tmp_path, "a\tb\tc\nd\te\tf\n")
    assert (row["c1"], row["c2"], row["tags"]) == (("b", "e"), ("c", "f"), ("c", "f"))


def test_a_comment_is_none_but_a_hash_sign_is_a_word(tmp_path: Path) -> None:
    rows = read(tmp_path, "# text = #1\n## raw\ttab\n#\tSYM\n#tag\tX\n1\tNUM\n\n# next\n# no sentence\n")
    assert [(number, row["words"]) for number, row in rows] == [(3, ("#", "#tag", "1"))]


def test_once_a_sentence_has_begun_every_line_is_a_word(tmp_path: Path) -> None:
    rows = read(tmp_path, "Ann\tN\n# 1\tX\n\u3000\tO\n")
    assert [row["words"] for _, row in rows] == [("Ann", "# 1", "\u3000")]
    ((_, row),) = read(tmp_path, "Ann\n\u3000\nsang\n")
    assert row["words"] == ("Ann", "\u3000", "sang")


def test_another_number_of_columns_is_refused_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"a.conll:4: 1 columns where the lines before have 2; .*tabs"):
        read(tmp_path, "Ann\tN\n\nsang\tV\nloudly ADV\n")
