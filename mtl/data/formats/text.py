"""Plain text: a piece of text a line."""

from collections.abc import Iterator
from pathlib import Path

from mtl.data.formats.lines import read_lines
from mtl.tasks.task import Row


def read_text(path: Path) -> Iterator[tuple[int, Row]]:
    """The lines as the column `text`; a line of white space holds none."""
    return ((number, {"text": line}) for number, line in read_lines(path) if line.strip())
