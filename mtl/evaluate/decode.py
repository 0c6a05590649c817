"""From scores to answers: for each kind, what a head's scores say about a record, beside what is true."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mtl.data.features.span import OUTSIDE
from mtl.data.store import Store
from mtl.evaluate.metrics import SpanAnswer
from mtl.evaluate.metrics.retrieval import DEPTH
from mtl.tasks.task import Kind

Scores = Mapping[int, NDArray[Any]]
"""By example of the store: what `reduce` kept of its scores."""
Record = Mapping[str, Any]
Answers = tuple[list[Any], list[Any]]
"""Predictions and golds, record by record."""

NO_TAG = -1
"""Tag: what stands for the best of scores that are not all numbers."""
BEST = 20
"""Span: how many starts and ends of a window are combined."""
BLOCK = 512
"""Embed: queries that are held against all candidates at a time."""
MAX_ANSWER = 30
"""Span: most tokens of an answer."""


@dataclass(frozen=True, kw_only=True)
class Decoder:
    """A kind's way from scores [num_sites, width] of an example to an answer."""

    reduce: Callable[[NDArray[np.float32]], NDArray[Any]]
    """What of an example's scores is needed later; all ranks send that to the first."""
    decode: Callable[[Store, Sequence[Record], Scores], Answers]


def are_finite(scores: Scores) -> bool:
    """Whether all scores were numbers, and so tell answers."""
    return all(
        bool((part != NO_TAG).all() if part.dtype.kind == "i" else np.isfinite(part).all())
        for part in scores.values()
    )


def _keep(scores: NDArray[np.float32]) -> NDArray[np.float32]:
    return scores


def _decode_pairs(store: Store, records: Sequence[Record], scores: Scores) -> Answers:
    labels = store.header.labels
    assert labels is not None
    predictions = [
        labels[int(scores[example][0].argmax())] for example in _by_record(store, scores, len(records))
    ]
    return predictions, [record["label"] for record in records]


def _decode_choices(store: Store, records: Sequence[Record], scores: Scores) -> Answers:
    predictions = [int(scores[example][:, 0].argmax()) for example in _by_record(store, scores, len(records))]
    return predictions, [record["label"] for record in records]


def _by_record(store: Store, scores: Scores, num_records: int) -> list[int]:
    """The one example of each record, in the records' order."""
    examples = sorted(scores)
    assert len({int(store.record[example]) for example in examples}) == len(examples) == num_records
    return examples


def _best_tags(scores: NDArray[np.float32]) -> NDArray[np.int64]:
    return np.where(np.isfinite(scores).all(1), scores.argmax(1), NO_TAG)


def _decode_tags(store: Store, records: Sequence[Record], scores: Scores) -> Answers:
    labels = store.header.labels
    assert labels is not None
    by_record = groupby(sorted(scores), key=lambda example: int(store.record[example]))
    predictions = [
        [labels[int(index)] for piece in pieces for index in scores[piece]] for _, pieces in by_record
    ]
    return predictions, [record["tags"] for record in records]


def _decode_spans(store: Store, records: Sequence[Record], scores: Scores) -> Answers:
    by_record = groupby(sorted(scores), key=lambda example: int(store.record[example]))
    predictions = [
        _best_answer(store, record["context"], {window: scores[window] for window in windows})
        for record, (_, windows) in zip(records, by_record, strict=True)
    ]
    return predictions, [_answer_texts(record) for record in records]


def _answer_texts(record: Record) -> tuple[str, ...] | None:
    """The gold answers; None where a test split does not tell."""
    answers = record["answers"]
    return None if answers is None else tuple(answer["text"] for answer in answers)


def _best_answer(store: Store, context: str, windows: Scores) -> SpanAnswer:
    """The best span of all windows; the no-answer score is what the surest window gives "none" beyond it."""
    best, text = -np.inf, ""
    none = np.inf
    bounds = [[int(store.doc_starts[store.example_docs[window + i]]) for i in (0, 1)] for window in windows]
    parts = [store.offsets[start:stop] for start, stop in bounds]
    for scores, offsets, may_start in zip(windows.values(), parts, _well_surrounded(parts), strict=True):
        none = min(none, float(scores[0].sum()))
        value, first, last = _best_span(scores, offsets, may_start)
        if value > best:
            best, text = value, context[offsets[first][0] : offsets[last][1]]
    return SpanAnswer(text, none - best if np.isfinite(best) else np.inf)


def _well_surrounded(windows: Sequence[NDArray[np.int32]]) -> list[NDArray[np.bool_]]:
    """Of each window the tokens that may begin an answer: no other window has more context around them.

    How much that is, is SQuAD's rule: the nearer edge, then the longer window, then the earlier one.
    """
    depths = []
    for offsets in windows:
        inside = (offsets != OUTSIDE).any(1)
        place, count = np.cumsum(inside) - 1, int(inside.sum())
        depths.append(np.where(inside, np.minimum(place, count - 1 - place) + 0.01 * count, -1.0))
    ends = max((int(offsets.max(initial=0)) for offsets in windows), default=0)
    deepest = np.full(ends + 1, -1.0)
    owner = np.full(ends + 1, -1)
    for number, (offsets, depth) in enumerate(zip(windows, depths, strict=True)):
        characters = offsets[depth >= 0, 0]
        before = deepest[characters]
        np.maximum.at(deepest, characters, depth[depth >= 0])
        owner[characters[deepest[characters] > before]] = number
    return [
        (depth >= 0) & (owner[offsets[:, 0]] == number)
        for number, (offsets, depth) in enumerate(zip(windows, depths, strict=True))
    ]


def _best_span(
    scores: NDArray[np.float32], offsets: NDArray[np.int32], may_start: NDArray[np.bool_]
) -> tuple[float, int, int]:
    """Score, first and last token of the best span inside the context."""
    inside = (offsets != OUTSIDE).any(1)
    starts = np.where(may_start, scores[:, 0], -np.inf)
    ends = np.where(inside, scores[:, 1], -np.inf)
    firsts = np.argsort(-starts, kind="stable")[:BEST]
    lasts = np.argsort(-ends, kind="stable")[:BEST]
    sums = starts[firsts][:, None] + ends[lasts][None, :]
    length = lasts[None, :] - firsts[:, None] + 1
    sums = np.where((length >= 1) & (length <= MAX_ANSWER), sums, -np.inf)
    row, column = np.unravel_index(int(sums.argmax()), sums.shape)
    return float(sums[row, column]), int(firsts[row]), int(lasts[column])


def _decode_groups(store: Store, records: Sequence[Record], scores: Scores) -> Answers:
    """For each query the nearest of all the records' candidates, by place, its own the only right one.

    As in training, candidates of its key other than its own take no part.
    """
    vectors = np.concatenate([scores[example] for example in _by_record(store, scores, len(records))])
    queries, candidates = vectors[::2], vectors[1::2]
    names: dict[str, int] = {}
    keys = np.array(
        [names.setdefault(pair["key"], len(names)) for record in records for pair in record["pairs"]]
    )
    rankings: list[list[str]] = []
    for first in range(0, len(queries), BLOCK):
        own = np.arange(first, min(first + BLOCK, len(queries)))
        cosines = queries[own] @ candidates.T
        alike = keys[own][:, None] == keys
        alike[own - first, own] = False
        cosines[alike] = -np.inf
        nearest = np.argsort(-cosines, axis=1, kind="stable")[:, :DEPTH]
        rankings += [[str(place) for place in row] for row in nearest]
    return rankings, [[str(place)] for place in range(len(queries))]


DECODERS: Mapping[Kind, Decoder] = {
    "pair": Decoder(reduce=_keep, decode=_decode_pairs),
    "choice": Decoder(reduce=_keep, decode=_decode_choices),
    "span": Decoder(reduce=_keep, decode=_decode_spans),
    "tag": Decoder(reduce=_best_tags, decode=_decode_tags),
    "embed": Decoder(reduce=_keep, decode=_decode_groups),
}
"""Masked-language modelling has no answers to score, so it is not here."""
