"""Rewritten copies of records beside the originals: every kind keeps its gold, its answers and its tags."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from mtl import seeds
from mtl.data.records import Located
from mtl.data.rewrite.dictionary import read_dictionary
from mtl.data.rewrite.switch import Switch, edited, moved
from mtl.tasks.records import (
    Answer,
    ChoiceRecord,
    EmbedRecord,
    GroupRecord,
    PairRecord,
    Record,
    SearchRecord,
    SpanRecord,
    TagRecord,
    TextRecord,
)

SAME = "copies like their original, left out"


@dataclass(frozen=True, kw_only=True)
class Rewriting:
    """What is to be done to a task's training records; those of other languages stay as they are."""

    dictionaries: Mapping[str, Path]
    """By language."""
    rate: float
    """A word's probability to be drawn."""
    copies: int
    """Of each record, beside it."""
    seed: int

    def facts(self, hash_of: Callable[[Path], str]) -> dict[str, Any]:
        """All that determines the copies."""
        # A list: chance picks a language by its place, and whoever writes facts down may sort a mapping.
        files = [(language, hash_of(file)) for language, file in self.dictionaries.items()]
        return {**asdict(self), "dictionaries": files}

    def add(self, records: Iterator[Located], counts: Counter[str]) -> Iterator[Located]:
        """Each record, followed by its copies; what is changed, and what cannot be, is counted."""
        dictionaries = {language: read_dictionary(file) for language, file in self.dictionaries.items()}
        copier = _Copier(Switch(dictionaries, self.rate), counts)
        for located in records:
            yield located
            if located.language is not None:
                continue
            for number in range(self.copies):
                key = seeds.key(self.seed, "rewrite", located.where, located.record.id, number)
                copy = copier.copy(located.record, key)
                if copy == located.record:
                    counts[SAME] += 1
                else:
                    yield replace(located, record=copy)


class _Copier:
    """Makes a copy; each text of a record has its own key."""

    def __init__(self, switch: Switch, counts: Counter[str]) -> None:
        self._switch = switch
        self._counts = counts

    def copy(self, record: Record, key: int) -> Record:
        match record:
            case PairRecord():
                second = None if record.text_b is None else self._text(record.text_b, key, 1)
                return replace(record, text_a=self._text(record.text_a, key, 0), text_b=second)
            case ChoiceRecord():
                choices = (self._text(text, key, place) for place, text in enumerate(record.choices, start=1))
                return replace(record, prompt=self._text(record.prompt, key, 0), choices=tuple(choices))
            case SpanRecord():
                return self._span(record, key)
            case TagRecord():
                words = self._switch.words(record.words, seeds.key(key, 0), self._counts)
                return replace(record, words=words)
            case TextRecord():
                return replace(record, text=self._text(record.text, key, 0))
            case EmbedRecord():
                query, candidate = self._text(record.query, key, 0), self._text(record.candidate, key, 1)
                return replace(record, query=query, candidate=candidate)
            case GroupRecord() | SearchRecord():
                raise AssertionError(f"{type(record).__name__} is no training record as it was read")

    def _text(self, text: str, key: int, part: int) -> str:
        return edited(text, self._switch.edits(text, seeds.key(key, part), self._counts))

    def _span(self, record: SpanRecord, key: int) -> SpanRecord:
        """Answers move with the context, and say what it says."""
        bounds = [(answer.start, answer.start + len(answer.text)) for answer in record.answers or ()]
        edges = {edge for bound in bounds for edge in bound}
        edits = self._switch.edits(record.context, seeds.key(key, 1), self._counts, edges=edges)
        context = edited(record.context, edits)
        found = [(moved(start, edits), moved(end, edits)) for start, end in bounds]
        answers = tuple(Answer(text=context[start:end], start=start) for start, end in found)
        question = self._text(record.question, key, 0)
        return replace(
            record,
            question=question,
            context=context,
            answers=None if record.answers is None else answers,
        )
