"""How a retrieve phase finds its answers in one language: nearest lines, mined pairs, ranked candidates."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from mtl.data.searches import Candidates, targets
from mtl.errors import UserError
from mtl.evaluate.metrics.retrieval import DEPTH
from mtl.retrieval.bitext import Side, mine_bitext, nearest_lines, tune
from mtl.retrieval.look import near_threshold, similarities
from mtl.retrieval.mine import MiningSettings
from mtl.retrieval.neighbours import SearchSettings, nearest
from mtl.retrieval.progress import bars
from mtl.retrieval.ranks import place
from mtl.retrieval.vectors import Vectors
from mtl.tasks.benchmarks import Layout
from mtl.tasks.records import SearchRecord
from mtl.tasks.task import Task

DEV, TEST = "dev", "test"
Gold = Sequence[tuple[str, str]] | None


@dataclass(frozen=True, kw_only=True)
class Found:
    """What was found for one language."""

    predictions: Any
    golds: Any
    """None where they are not told."""
    facts: Mapping[str, float]
    """How it was found."""
    look: Mapping[str, Any]
    """For whoever draws."""
    shown: tuple[Side, Side] | None = None
    """What TensorBoard's projector shows."""


class Finding(Protocol):
    """What finders ask of a phase."""

    def sides(self, task: Task, split: str, language: str) -> tuple[Side, Side, Gold]:
        """The foreign and the English side of a split with their vectors, and the pairs that are right."""

    def queries(self, task: Task, language: str) -> tuple[Sequence[SearchRecord], Vectors]:
        """A language's queries, and their vectors."""

    def candidates(self, task: Task) -> tuple[Candidates, Vectors]:
        """All candidates, and their vectors."""

    def search(self, k: int | None = None) -> SearchSettings:
        """How neighbours are found: as many as a margin looks at, or `k`."""

    @property
    def mining(self) -> MiningSettings:
        """How neighbours become pairs."""


def find_lines(work: Finding, task: Task, language: str) -> Found:
    """For each English line the nearest foreign one."""
    foreign, english, gold = work.sides(task, TEST, language)
    lines = nearest_lines(foreign, english, work.search())
    return Found(
        predictions=lines,
        golds=None if gold is None else [source for source, _ in gold],
        facts={"foreign sentences": len(foreign.ids), "English sentences": len(english.ids)},
        look={} if gold is None else {"similarities": similarities(foreign, english, gold, work.search())},
        shown=(foreign, english),
    )


def find_pairs(work: Finding, task: Task, language: str) -> Found:
    """Mined pairs above the threshold that is best on the dev split."""
    *sides, gold = work.sides(task, DEV, language)
    if gold is None:
        raise UserError(
            f"{task.name} {language}: the dev split has no gold, by which the threshold is chosen"
        )
    tuned = tune(mine_bitext(*sides, search_by=work.search(), mine_by=work.mining), gold)
    *sides, gold = work.sides(task, TEST, language)
    mined = mine_bitext(*sides, search_by=work.search(), mine_by=work.mining)
    # The benchmark's layout knows no empty file: where no pair is good enough, the best one stands there.
    pairs = mined.above(tuned.threshold) or list(mined.ids[:1])
    return Found(
        predictions=pairs,
        golds=gold,
        facts={
            "threshold": tuned.threshold,
            "dev F1": 100 * tuned.f1,
            "pairs": len(pairs),
            "candidates left out, of sentences on several lines": mined.left_out,
        },
        look={"near": near_threshold(mined, tuned.threshold, *sides)},
    )


def find_ranked(work: Finding, task: Task, language: str) -> Found:
    """For each query the nearest candidates, the best first."""
    candidates, pool = work.candidates(task)
    queries, vectors = work.queries(task, language)
    with bars() as stage:
        progress = stage(f"{task.name} {language}: comparing", vectors.size * pool.size // place()[1])
        found = nearest(vectors, pool, work.search(DEPTH), progress=progress)
    told = all(query.keys for query in queries)
    where = f"{task.name} {language}"
    return Found(
        predictions={
            query.id: [candidates.ids[one] for one in row]
            for query, row in zip(queries, found.index.tolist(), strict=True)
        },
        golds={query.id: targets(query, candidates, where) for query in queries} if told else None,
        facts={"queries": len(queries), "candidates": len(candidates.ids)},
        look={},
    )


FINDERS: Mapping[Layout, Callable[[Finding, Task, str], Found]] = {
    "indices": find_lines,
    "pairs": find_pairs,
    "rankings": find_ranked,
}
