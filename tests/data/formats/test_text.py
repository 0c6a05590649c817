"""Plain text: a row for each line that holds something."""

from pathlib import Path

from mtl.data.formats.text import read_text


def test_lines_keep_their_numbers(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("One. \n\n \t\nTwo.\n")
    assert list(read_text(tmp_path / "a.txt")) == [(1, {"text": "One. "}), (4, {"text": "Two."})]
