"""CoNLL-U treebanks, as words and parts of speech: fused words (`du`) stay whole and get one tag.

A fused word takes the tag of that of its parts which is nearest the root of the sentence; among equally near
ones a fixed order of tags decides, which differs by language. So XTREME made its files.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from mtl.data.formats.lines import read_lines
from mtl.errors import UserError
from mtl.tasks.records import Drop
from mtl.tasks.task import Row

WITHHELD = Drop("sentences whose words are withheld ('_')")

_ORDER = "VERB NOUN PROPN PRON ADJ NUM ADV INTJ AUX ADP DET PART CCONJ SCONJ X PUNCT"
_ORDERS: Mapping[str, str] = {
    "es": "VERB AUX PRON ADP DET",
    "fr": "VERB AUX PRON NOUN ADJ ADV ADP DET PART SCONJ CONJ",
    "it": "VERB AUX ADV PRON ADP DET INTJ",
}
_NUMBER = re.compile(r"[0-9]{1,6}")
_PLACE = re.compile(r"([0-9]{1,6})(?:-([0-9]{1,6}))?")
_EMPTY_NODE = re.compile(r"[0-9]+\.[0-9]+")
_ID, _FORM, _UPOS, _HEAD, _WIDTH = 0, 1, 3, 6, 10

Line = tuple[int, Sequence[str]]


def read_conllu(path: Path) -> Iterator[tuple[int, Row | Drop]]:
    """A row a sentence, numbered by its first line: words, tags. The file is named `<language>_...`."""
    order = _ORDERS.get(path.name.partition("_")[0], _ORDER).split()
    for lines in _sentences(path):
        words, tags = _words_and_tags(path, lines, order)
        num_withheld = words.count("_")
        if num_withheld and num_withheld >= len(words) - 1:
            yield lines[0][0], WITHHELD
        else:
            yield lines[0][0], {"words": words, "tags": tags}


def _sentences(path: Path) -> Iterator[list[Line]]:
    lines: list[Line] = []
    for number, line in read_lines(path):
        if not line.strip():
            if lines:
                yield lines
            lines = []
        elif lines or not line.startswith("#"):
            cells = line.split("\t")
            if len(cells) != _WIDTH:
                trouble = f"{path}:{number}: {len(cells)} columns, CoNLL-U has {_WIDTH}"
                raise UserError(f"{trouble}; columns are separated by tabs: mend the line")
            lines.append((number, cells))
    if lines:
        yield lines


def _words_and_tags(path: Path, lines: Sequence[Line], order: Sequence[str]) -> tuple[list[str], list[str]]:
    """The surface words of a sentence, each with one tag; empty nodes (`8.1`) are none."""
    parts = {int(cells[_ID]): (number, cells) for number, cells in lines if _NUMBER.fullmatch(cells[_ID])}
    words: list[str] = []
    tags: list[str] = []
    fused_to = 0
    for number, cells in lines:
        if _EMPTY_NODE.fullmatch(cells[_ID]):
            continue
        first, last = _place(path, number, cells[_ID])
        if last <= fused_to:
            continue
        inside = [parts[one] for one in parts if first <= one <= last]
        if not inside or len(inside) != last - first + 1:
            raise UserError(f"{path}:{number}: word {cells[_ID]} lacks one of its parts; mend the sentence")
        ranks = [(_depth(path, part, parts), _rank(part[1][_UPOS], order)) for part in inside]
        fused_to = last
        words.append(cells[_FORM].replace("\u200c", "").replace(" ", ""))
        tags.append(inside[ranks.index(min(ranks))][1][_UPOS])
    return words, tags


def _place(path: Path, number: int, place: str) -> tuple[int, int]:
    """A word's first and last number: `3-4` is a fused one, `3` is not."""
    found = _PLACE.fullmatch(place)
    if found is None:
        raise UserError(f"{path}:{number}: {place!r} is no word's number; expected CoNLL-U")
    return int(found[1]), int(found[2] or found[1])


def _rank(tag: str, order: Sequence[str]) -> int:
    return order.index(tag) if tag in order else len(order)


def _depth(path: Path, part: Line, parts: Mapping[int, Line]) -> int:
    """How many heads stand between a word and the root."""
    depth = 0
    number, cells = part
    while _NUMBER.fullmatch(cells[_HEAD]) and int(cells[_HEAD]) in parts and depth <= len(parts):
        number, cells = parts[int(cells[_HEAD])]
        depth += 1
    if cells[_HEAD] != "0":
        raise UserError(f"{path}:{number}: the head of word {cells[_ID]} leads to no root; mend the sentence")
    return depth
