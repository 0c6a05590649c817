"""How a retrieve phase finds its answers in one language: nearest lines, mined pairs, ranked candidates.

A dev split decides what its task leaves open: the threshold, and the layer and the pooling where the recipe
says so. Test answers decide nothing; where a curve by layers comes from them, it is only looked at.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from operator import eq
from typing import Any, Protocol

from mtl.data.searches import targets
from mtl.errors import UserError
from mtl.retrieval.bitext import IdPair, mine_bitext, nearest_lines, tune
from mtl.retrieval.embed import Reading
from mtl.retrieval.look import curves, near_threshold, similarities
from mtl.retrieval.mine import Tuned
from mtl.retrieval.neighbours import nearest
from mtl.retrieval.progress import bars
from mtl.retrieval.ranks import here
from mtl.run.searches import Searches
from mtl.run.sentences import Both, Sentences
from mtl.tasks.benchmarks import Layout
from mtl.tasks.task import Task

DEV, TEST = "dev", "test"
Answers = Sequence[str] | Sequence[IdPair] | Mapping[str, Sequence[str]]
"""For each line the nearest one, pairs, or what was found for each query: as the task's layout has it."""


@dataclass(frozen=True, kw_only=True)
class Found:
    """What was found for one language."""

    predictions: Answers
    golds: Answers | None
    """None where they are not told."""
    reading: str
    """What was read of the encoder, and who chose it."""
    facts: Mapping[str, float]
    """How it was found."""
    look: Mapping[str, Any]
    """For whoever draws."""
    shown: Both | None = None
    """What TensorBoard's projector shows."""


class FinderContext(Protocol):
    """What finders ask of a phase, which makes only what they ask for."""

    @property
    def sentences(self) -> Sentences:
        """The texts and vectors of bitext tasks."""

    @property
    def searches(self) -> Searches:
        """The queries, candidates and vectors of embed tasks."""


def find_lines(work: FinderContext, task: Task, language: str) -> Found:
    """For each English line the nearest foreign one."""
    sentences, usual = work.sentences, work.sentences.usual
    sides = sentences.sides(task, TEST, language)
    right = None if sides.gold is None else [foreign for foreign, _ in sides.gold]
    looked_at = sentences.looked_at if right is not None else []
    shares: dict[Reading, float] = {}
    found: list[str] = []
    shown: Both | None = None
    name = f"{task.name}-{TEST}-{language}"
    for reading, both in sentences.embedded(task, sides, name, looked_at or [usual]):
        lines = nearest_lines(*both, sentences.search)
        if right is not None:
            shares[reading] = sum(map(eq, lines, right)) / len(right)
        if reading == usual:
            found, shown = lines, both
    assert shown is not None, "the usual reading is among those looked at"
    look: dict[str, Any] = {"layers": {"of": "accuracy", **curves(shares)}} if looked_at else {}
    if sides.gold is not None:
        look["similarities"] = similarities(*shown, sides.gold, sentences.search)
    return Found(
        predictions=found,
        golds=right,
        reading=str(usual),
        facts={"foreign sentences": len(sides.foreign), "English sentences": len(sides.english)},
        look=look,
        shown=shown,
    )


def find_pairs(work: FinderContext, task: Task, language: str) -> Found:
    """Mined pairs above the threshold that is best on the dev split."""
    sentences = work.sentences
    tuned = _tuned(work, task, language)
    eligible, looked_at = sentences.eligible, sentences.looked_at
    reading = max(eligible, key=lambda one: (tuned[one].f1, one == sentences.usual, -one.layer))
    threshold = tuned[reading].threshold
    sides = sentences.sides(task, TEST, language)
    ((_, both),) = sentences.embedded(task, sides, f"{task.name}-{TEST}-{language}", [reading])
    mined = mine_bitext(*both, search_by=sentences.search, mine_by=sentences.mining)
    pairs: list[IdPair] = mined.above(threshold)
    look: dict[str, Any] = {"near": near_threshold(mined, threshold, *both)}
    if looked_at:
        look["layers"] = {"of": "F1 on dev", **curves({one: tuned[one].f1 for one in looked_at})}
    return Found(
        predictions=pairs,
        golds=sides.gold,
        reading=f"{reading}, best on dev" if len(eligible) > 1 else str(reading),
        facts={
            "threshold": threshold,
            "dev F1": 100 * tuned[reading].f1,
            "pairs": len(pairs),
            "candidates left out, of sentences on several lines": mined.left_out,
        },
        look=look,
    )


def _tuned(work: FinderContext, task: Task, language: str) -> dict[Reading, Tuned]:
    """The best threshold on dev, and what it reaches, for each layer and pooling that is asked for."""
    sentences = work.sentences
    sides = sentences.sides(task, DEV, language)
    if not sides.gold:
        raise UserError(
            f"{task.name} {language}: the dev split has no gold, by which the threshold is chosen; "
            "add it, or leave the language out"
        )
    readings = list(dict.fromkeys([*sentences.eligible, *sentences.looked_at]))
    return {
        reading: tune(mine_bitext(*both, search_by=sentences.search, mine_by=sentences.mining), sides.gold)
        for reading, both in sentences.embedded(task, sides, f"{task.name}-{DEV}-{language}", readings)
    }


def find_ranked(work: FinderContext, task: Task, language: str) -> Found:
    """For each query the nearest candidates, the best first."""
    searches = work.searches
    candidates, pool = searches.candidates(task, TEST)
    queries, vectors = searches.queries(task, TEST, language)
    with bars() as stage:
        progress = stage(f"{task.name} {language}: comparing", vectors.size * pool.size // here().world)
        found = nearest(vectors, pool, searches.search, progress=progress)
    told = all(query.keys for query in queries)
    where = f"{task.name} {language}"
    return Found(
        predictions={
            query.id: [candidates.ids[one] for one in row]
            for query, row in zip(queries, found.index.tolist(), strict=True)
        },
        golds={query.id: targets(query, candidates, where) for query in queries} if told else None,
        reading="trained head",
        facts={"queries": len(queries), "candidates": len(candidates.ids)},
        look={},
    )


FINDERS: Mapping[Layout, Callable[[FinderContext, Task, str], Found]] = {
    "indices": find_lines,
    "pairs": find_pairs,
    "rankings": find_ranked,
}
