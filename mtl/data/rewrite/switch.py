"""Code-switching of a text: some of its words in other languages, by chance that a key decides."""

import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from mtl import seeds
from mtl.data.rewrite.dictionary import Dictionary

_MARKS = "".join(chr(code) for code in range(0x300, 0x1E00) if unicodedata.category(chr(code))[0] == "M")
WORD = re.compile(rf"[^\W\d_](?:[^\W\d_]|[{_MARKS}])*")
"""Letters with the marks upon them."""

WRITTEN = "words rewritten"
UNKNOWN = "words drawn that no dictionary has"
AT_EDGE = "words drawn in which an answer begins or ends"


@dataclass(frozen=True, slots=True)
class Edit:
    """Characters of a text, and what stands there instead."""

    start: int
    end: int
    new: str


class Switch:
    """Replaces words; each alone, so that what happens to one depends on its place and nothing else."""

    def __init__(self, dictionaries: Mapping[str, Dictionary], rate: float) -> None:
        """Languages take turns by chance; `rate` is a word's probability to be drawn."""
        self._dictionaries = tuple(dictionaries.values())
        self._rate = rate
        self._known: dict[tuple[str, bool], list[Sequence[str]]] = {}

    def edits(self, text: str, key: int, counts: Counter[str], *, edges: Collection[int] = ()) -> list[Edit]:
        """What to change, in order; words that have one of `edges` inside them stay."""
        found = [match.span() for match in WORD.finditer(text)]
        edits = []
        for place, word in self._drawn(key, len(found)):
            start, end = found[place]
            if any(start < edge < end for edge in edges):
                counts[AT_EDGE] += 1
            elif (new := self._translated(text[start:end], word, counts)) is not None:
                edits.append(Edit(start, end, new))
        return edits

    def words(self, words: Sequence[str], key: int, counts: Counter[str]) -> tuple[str, ...]:
        """As many words: translations of several words are passed over."""
        changed = list(words)
        for place, chance in self._drawn(key, len(words)):
            new = self._translated(words[place], chance, counts, single=True)
            if new is not None:
                changed[place] = new
        return tuple(changed)

    def _drawn(self, key: int, count: int) -> list[tuple[int, tuple[int, int]]]:
        """The places of words that are drawn, each with chance for its language and its translation."""
        chances = seeds.words(key, 3 * count).reshape(count, 3).tolist()
        below = self._rate * 2.0**64
        return [(place, (one, other)) for place, (draw, one, other) in enumerate(chances) if draw < below]

    def _translated(
        self, word: str, chance: tuple[int, int], counts: Counter[str], *, single: bool = False
    ) -> str | None:
        """The word in one of the languages that have it, spelled large where it was."""
        known = self._known.get((word, single))
        if known is None:
            found = (_choices(dictionary, word, single=single) for dictionary in self._dictionaries)
            known = self._known[word, single] = [fitting for fitting in found if fitting]
        if not known:
            counts[UNKNOWN] += 1
            return None
        counts[WRITTEN] += 1
        fitting = known[chance[0] * len(known) >> 64]
        return fitting[chance[1] * len(fitting) >> 64]


def _choices(dictionary: Dictionary, word: str, *, single: bool) -> Sequence[str]:
    choices = dictionary.get(word)
    if choices is None:
        small = word.lower()
        choices = dictionary.get(small, ()) if small != word else ()
        if word[:1].isupper():
            choices = tuple(choice[:1].title() + choice[1:] for choice in choices)
    return [choice for choice in choices if len(choice.split()) == 1] if single else choices


def edited(text: str, edits: Sequence[Edit]) -> str:
    """The text with its edits."""
    edges = [0, *(edge for edit in edits for edge in (edit.start, edit.end)), len(text)]
    kept = [text[start:end] for start, end in list(pairwise(edges))[::2]]
    return "".join(part + edit.new for part, edit in zip(kept, edits, strict=False)) + kept[-1]


def moved(place: int, edits: Sequence[Edit]) -> int:
    """Where a character that no edit has changed has gone, or the edge of an edit."""
    return place + sum(len(edit.new) - (edit.end - edit.start) for edit in edits if edit.end <= place)
