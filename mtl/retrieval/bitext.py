"""The two retrieval benchmarks, from vectors to answers: nearest lines (Tatoeba) and mined pairs (BUCC).

As in LASER, every distinct sentence takes part once; a mined sentence that stood on several lines of its side
has no single id, and its pair is left out.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mtl.retrieval.mine import MiningSettings, Pairs, Tuned, mine, tune_threshold
from mtl.retrieval.neighbours import SearchSettings, search
from mtl.retrieval.vectors import Ints, Vectors

IdPair = tuple[str, str]


@dataclass(frozen=True, kw_only=True)
class Distinct:
    """The distinct sentences of a side, in the order in which they first stand there."""

    texts: Sequence[str]
    first: Ints
    """The line where each stands first."""
    count: Ints
    """On how many lines it stands."""
    of_line: Ints
    """Which of them each line holds."""


def distinct(texts: Sequence[str]) -> Distinct:
    """Sentences that are equal but for space around them, as one."""
    places: dict[str, int] = {}
    of_line = np.fromiter(
        (places.setdefault(text.strip(), len(places)) for text in texts), np.int64, count=len(texts)
    )
    _, first, count = np.unique(of_line, return_index=True, return_counts=True)
    return Distinct(texts=list(places), first=first, count=count, of_line=of_line)


@dataclass(frozen=True, kw_only=True)
class Side:
    """One side's sentences by id, and the vectors of the distinct ones."""

    ids: Sequence[str]
    sentences: Distinct
    vectors: Vectors


@dataclass(frozen=True, kw_only=True)
class Mined:
    """Candidates by falling score, under the ids of their sentences."""

    ids: Sequence[IdPair]
    pairs: Pairs
    """The same as distinct sentences."""
    left_out: int
    """Candidates of a sentence that stands on several lines."""

    def above(self, threshold: float) -> list[IdPair]:
        """The pairs of ids whose score is the threshold or more."""
        return list(self.ids[: len(self.pairs.above(threshold))])


def nearest_lines(foreign: Side, english: Side, settings: SearchSettings) -> list[str]:
    """For each English line the id of the nearest foreign one; of equally near ones the first."""
    found = search(foreign.vectors, english.vectors, settings).backward.index[:, 0]
    lines = foreign.sentences.first[found[english.sentences.of_line]]
    return [foreign.ids[line] for line in lines.tolist()]


def mine_bitext(foreign: Side, english: Side, *, search_by: SearchSettings, mine_by: MiningSettings) -> Mined:
    """The candidates between two sides."""
    pairs = mine(search(foreign.vectors, english.vectors, search_by), mine_by)
    x, y = foreign.sentences, english.sentences
    kept = pairs.pick(np.flatnonzero((x.count[pairs.source] == 1) & (y.count[pairs.target] == 1)))
    lines = zip(x.first[kept.source].tolist(), y.first[kept.target].tolist(), strict=True)
    ids = [(foreign.ids[i], english.ids[j]) for i, j in lines]
    return Mined(ids=ids, pairs=kept, left_out=len(pairs) - len(kept))


def tune(mined: Mined, gold: Sequence[IdPair]) -> Tuned:
    """The threshold that finds the gold pairs of a development set best."""
    wanted = set(gold)
    return tune_threshold([pair in wanted for pair in mined.ids], mined.pairs.score, len(wanted))
