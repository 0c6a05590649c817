"""CoNLL-like files: a word a line, its columns separated by tabs, and an empty line after each sentence."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from mtl.data.formats.lines import read_lines
from mtl.errors import UserError
from mtl.tasks.task import Row

# A word may be `#` itself, and then a tab follows; a comment stands before the first word of its sentence.
_COMMENT = re.compile("#+ ")


def read_conll(path: Path) -> Iterator[tuple[int, Row]]:
    """A row a sentence, numbered by its first line, with the columns c0, c1, ...

    `words` is the first of them, `tags` the last; a file of one column has no tags. Comments (`# ...`, before
    the first word of a sentence) are passed over.
    """
    lines: list[list[str]] = []
    start, width = 0, 0
    for number, line in read_lines(path):
        if not line.strip(" "):
            if lines:
                yield start, _row(lines)
            lines = []
        elif lines or not _COMMENT.match(line):
            cells = line.split("\t")
            width = width or len(cells)
            if len(cells) != width:
                trouble = f"{path}:{number}: {len(cells)} columns where the lines before have {width}"
                raise UserError(f"{trouble}; columns are separated by tabs: mend the line")
            start = start if lines else number
            lines.append(cells)
    if lines:
        yield start, _row(lines)


def _row(lines: Sequence[Sequence[str]]) -> Row:
    columns = list(zip(*lines, strict=True))
    named = {f"c{i}": column for i, column in enumerate(columns)}
    return {**named, "words": columns[0], "tags": columns[-1] if len(columns) > 1 else None}
