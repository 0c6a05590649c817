"""What the retrieval benchmarks ask of an encoder: predictions in their layouts, for whoever writes files.

embed_sides    both sides of a language, as vectors on disk
ANSWERS        by layout: `indices` (Tatoeba) or `pairs` (BUCC, with a threshold that dev has chosen)
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from mtl.data.bitext import Sides
from mtl.errors import UserError
from mtl.retrieval.bitext import IdPair, Side, distinct, mine_bitext, nearest, tune
from mtl.retrieval.embed import Embedder
from mtl.retrieval.matrix import make_matrix
from mtl.retrieval.mine import MiningSettings
from mtl.retrieval.neighbours import SearchSettings
from mtl.retrieval.vectors import check_vectors
from mtl.tasks.benchmarks import Layout
from mtl.tasks.records import TextRecord


@dataclass(frozen=True, kw_only=True)
class AnswerSettings:
    """How vectors become answers."""

    search: SearchSettings = field(default_factory=SearchSettings)
    mine: MiningSettings = field(default_factory=MiningSettings)


@dataclass(frozen=True, kw_only=True)
class Question:
    """One language of a benchmark: its two sides, and what translates what, where that is told."""

    language: str
    foreign: Side
    english: Side
    gold: Sequence[IdPair] | None

    def gold_indices(self) -> list[str] | None:
        """For each English line the id of its translation."""
        if self.gold is None:
            return None
        of_english = {english: foreign for foreign, english in self.gold}
        return [of_english[one] for one in self.english.ids]


@dataclass(frozen=True, kw_only=True)
class Answer:
    """One language's predictions and labels, as the layout's writer takes them."""

    predictions: Sequence[Any]
    labels: Sequence[Any] | None
    facts: Mapping[str, Any]
    """Threshold and counts, for the record."""
    near: Sequence[tuple[float, str, str]] = ()
    """Pairs: score and both sentences of the candidates around the threshold, the best first."""


NEAR = 25
"""Candidates to look at on each side of the threshold."""


def embed_sides(sides: Sides, embedder: Embedder, folder: Path, language: str) -> Question:
    """The vectors of both sides' distinct sentences, below `folder`; a second call finds them there."""
    foreign, english = (
        _side(records, embedder, folder / f"{language}-{name}")
        for name, records in (("foreign", sides.foreign), ("english", sides.english))
    )
    return Question(language=language, foreign=foreign, english=english, gold=sides.gold)


def _side(records: Sequence[TextRecord], embedder: Embedder, path: Path) -> Side:
    sentences = distinct([record.text for record in records])
    rows = make_matrix(path, sentences.texts, embedder).rows
    return Side(
        ids=[record.id for record in records],
        sentences=sentences,
        vectors=check_vectors(rows, name=f"vectors of {path.name}"),
    )


def answer_indices(test: Question, dev: Question | None, settings: AnswerSettings) -> Answer:
    """For each English line the nearest foreign one: no margin, nothing to tune."""
    return Answer(
        predictions=nearest(test.foreign, test.english, settings.search),
        labels=test.gold_indices(),
        facts={"lines": len(test.english.ids)},
    )


def answer_pairs(test: Question, dev: Question | None, settings: AnswerSettings) -> Answer:
    """The mined pairs whose score reaches the threshold that is best on dev."""
    if dev is None or not dev.gold:
        raise UserError(
            f"{test.language}: mining needs the dev sentences and their gold to choose a threshold; "
            "put them beside the test ones"
        )
    tuned = tune(
        mine_bitext(dev.foreign, dev.english, search_by=settings.search, mine_by=settings.mine), dev.gold
    )
    mined = mine_bitext(test.foreign, test.english, search_by=settings.search, mine_by=settings.mine)
    found = mined.above(tuned.threshold)
    around = slice(max(len(found) - NEAR, 0), len(found) + NEAR)
    pairs = mined.pairs.pick(around)
    x, y = test.foreign.sentences.texts, test.english.sentences.texts
    return Answer(
        predictions=found,
        labels=test.gold,
        facts={
            "threshold": tuned.threshold,
            "dev": {key: value for key, value in asdict(tuned).items() if key != "threshold"},
            "candidates": len(mined.ids),
            "left out, of a sentence on several lines": mined.left_out,
        },
        near=[
            (float(score), x[i], y[j])
            for score, i, j in zip(pairs.score, pairs.source, pairs.target, strict=True)
        ],
    )


ANSWERS: Mapping[Layout, Callable[[Question, Question | None, AnswerSettings], Answer]] = {
    "indices": answer_indices,
    "pairs": answer_pairs,
}
