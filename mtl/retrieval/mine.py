"""Mining: which pairs of sentences are taken for translations, and from which score on.

Every source has a best target and every target a best source, by margin. `forward` and `backward` take the
ones or the others, `intersect` those that agree, and `max` goes through all of them from the best score down
and takes a pair whose two sentences are both still free.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

import numpy as np

from mtl.retrieval.margins import margins
from mtl.retrieval.names import Margin, Retrieval
from mtl.retrieval.neighbours import Neighbours
from mtl.retrieval.vectors import Floats, Ints


@dataclass(frozen=True, kw_only=True)
class MiningSettings:
    """How neighbours become pairs; the defaults are those by which BUCC is compared."""

    margin: Margin = "ratio"
    retrieval: Retrieval = "max"


@dataclass(frozen=True, kw_only=True)
class Pairs:
    """Mined pairs by falling score; equal scores by source, then by target."""

    source: Ints
    target: Ints
    score: Floats

    def __len__(self) -> int:
        """How many pairs."""
        return len(self.score)

    def pick(self, places: Ints | slice) -> "Pairs":
        """Some of them."""
        return Pairs(source=self.source[places], target=self.target[places], score=self.score[places])

    def above(self, threshold: float) -> "Pairs":
        """Those whose score is the threshold or more."""
        return self.pick(slice(int(np.searchsorted(-self.score, -threshold, side="right"))))


def mine(neighbours: Neighbours, settings: MiningSettings) -> Pairs:
    """The pairs that the retrieval takes, before any threshold."""
    found = margins(neighbours, settings.margin)
    forward = _best(neighbours.forward.index, found.forward)
    backward = _best(neighbours.backward.index, found.backward)
    taken = _RETRIEVALS[settings.retrieval](forward, backward)
    taken = taken.pick(np.flatnonzero(taken.score > -np.inf))
    return taken.pick(np.lexsort((taken.target, taken.source, -taken.score)))


def _best(index: Ints, score: Floats) -> Pairs:
    """Each owner's best other; of equal ones the nearest."""
    owner, place = np.arange(len(index)), score.argmax(1)
    return Pairs(source=owner, target=index[owner, place], score=score[owner, place])


def _turned(pairs: Pairs) -> Pairs:
    return Pairs(source=pairs.target, target=pairs.source, score=pairs.score)


def _intersect(forward: Pairs, backward: Pairs) -> Pairs:
    return forward.pick(np.flatnonzero(backward.target[forward.target] == forward.source))


def _max(forward: Pairs, backward: Pairs) -> Pairs:
    """The greedy choice in rounds: a pair that is the best left for both of its sentences is taken."""
    turned = _turned(backward)
    left = Pairs(
        source=np.concatenate([forward.source, turned.source]),
        target=np.concatenate([forward.target, turned.target]),
        score=np.concatenate([forward.score, turned.score]),
    )
    left = left.pick(np.flatnonzero(left.score > 0))
    left = left.pick(np.lexsort((left.target, left.source, -left.score)))
    source_taken = np.zeros(len(forward), dtype=bool)
    target_taken = np.zeros(len(backward), dtype=bool)
    taken = []
    while len(left):
        first = np.zeros(len(left), dtype=np.int8)
        for side in (left.source, left.target):
            first[np.unique(side, return_index=True)[1]] += 1
        now = left.pick(np.flatnonzero(first == 2))
        taken.append(now)
        source_taken[now.source], target_taken[now.target] = True, True
        left = left.pick(np.flatnonzero(~(source_taken[left.source] | target_taken[left.target])))
    return Pairs(
        source=np.concatenate([one.source for one in taken] or [forward.source[:0]]),
        target=np.concatenate([one.target for one in taken] or [forward.source[:0]]),
        score=np.concatenate([one.score for one in taken] or [forward.score[:0]]),
    )


_RETRIEVALS: Mapping[Retrieval, Callable[[Pairs, Pairs], Pairs]] = {
    "max": _max,
    "forward": lambda forward, backward: forward,
    "backward": lambda forward, backward: _turned(backward),
    "intersect": _intersect,
}


@dataclass(frozen=True, kw_only=True)
class Tuned:
    """The threshold that serves a development set best, and what it reaches there, as a share."""

    threshold: float
    f1: float


def tune_threshold(right: Collection[bool], score: Floats, num_gold: int) -> Tuned:
    """The best threshold for candidates by falling score, of which it is known whether they are right.

    It lies halfway to the next score, or on the last one, and never parts candidates of equal score. Where
    nothing is right it is 0.
    """
    assert num_gold > 0 and len(right) == len(score) and (np.diff(score) <= 0).all()
    hits = np.cumsum(np.asarray(right, dtype=np.int64))
    if not len(hits) or not hits[-1]:
        return Tuned(threshold=0.0, f1=0.0)
    count = np.arange(1, len(hits) + 1)
    f1 = np.where(np.diff(score, append=-np.inf) < 0, 2 * hits / (count + num_gold), 0.0)
    best = int(f1.argmax())
    after = score[min(best + 1, len(score) - 1)]
    return Tuned(
        threshold=float(score[best] + after) / 2,
        f1=float(f1[best]),
    )
