"""CCGbank's AUTO files: an ID line, then a derivation whose leaves are the words and their categories."""

import re
from collections.abc import Iterator
from pathlib import Path

from mtl.data.formats.lines import read_lines
from mtl.errors import UserError
from mtl.tasks.task import Row

# Category, two parts of speech, word, predicate-argument category (in some releases also semantic roles).
_LEAF = re.compile(r"\(<L (\S+) \S+ (\S+) (\S+) [^<>]+>\)")


def read_ccg_auto(path: Path) -> Iterator[tuple[int, Row]]:
    """A row a sentence: id, words, tags (categories) and pos."""
    name = ""
    for number, line in read_lines(path):
        if not line.strip():
            continue
        if line.startswith("ID="):
            name = line.split()[0].removeprefix("ID=")
            continue
        leaves = _LEAF.findall(line)
        rest = _LEAF.sub("", line)
        if not name or not leaves or "<L" in rest or not _balanced(rest):
            trouble = (
                f"{path}:{number}: not a derivation" if name else f"{path}:{number}: no ID line stands before"
            )
            raise UserError(f"{trouble}; expected CCGbank's AUTO format, a sentence on two lines")
        tags, pos, words = zip(*leaves, strict=True)
        yield number, {"id": name, "words": words, "tags": tags, "pos": pos}
        name = ""


def _balanced(rest: str) -> bool:
    """Whether what stands around the leaves is whole: a line that is cut off has nodes left open."""
    return rest.count("(") == rest.count(")") and rest.count("<") == rest.count(">")
