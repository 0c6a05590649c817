"""A strip: the documents of one bin on one flat line of tokens, with the sites that each head reads.

    tokens     <s> a b </s> <s> c </s> ...      no padding; documents sorted by falling length
    bounds     0            4          7 ...    where each document begins, and the end
    sites      head -> which positions it reads, whose they are, and what it should say there

A bin without examples is one document of two tokens, which no head reads.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mtl import seeds
from mtl.data.masking import mask
from mtl.data.store import Store

IntArray = NDArray[np.int64]
FILLER_TOKENS = 2


@dataclass(frozen=True, kw_only=True)
class Sites:
    """What one head reads in a strip. Examples come in the order in which the bin lists them."""

    rows: IntArray
    """[num_sites] positions in the strip."""
    per_example: IntArray
    """[num_examples] how many of the rows belong to each example."""
    gold: IntArray
    """[num_gold] what the head should say, example by example."""
    softmaxes: float
    """The constant by which an example's summed cross-entropy is divided."""


@dataclass(frozen=True, kw_only=True)
class Strip:
    """One bin, ready for the encoder. All arrays are NumPy; the model's room moves them to its device."""

    tokens: IntArray
    positions: IntArray
    second: IntArray
    """[num_tokens] 1 where the second text of a document is, else 0 (BERT's token types)."""
    bounds: IntArray
    """[num_documents + 1]."""
    sites: Mapping[str, Sites]
    """Per head, those with examples only."""
    slots: IntArray
    """[num_examples] the bin's examples in the order of their losses: head by head, in their fixed order."""

    @property
    def num_tokens(self) -> int:
        """Tokens of the strip that belong to examples."""
        return 0 if self.slots.size == 0 else int(self.tokens.size)


@dataclass(frozen=True, kw_only=True)
class HeadStore:
    """A head and the store that feeds it."""

    head: str
    store: Store


def build_strip(
    sources: Sequence[HeadStore], task: NDArray[Any], example: NDArray[Any], slots: NDArray[Any], *, key: int
) -> Strip:
    """The strip of the examples at `slots` of a step, whose tasks and examples are given for all its slots.

    `sources` are the tasks in the heads' fixed order; `key` seeds the masks of the step.
    """
    order = slots[np.argsort(task[slots], kind="stable")]
    parts = [_read(sources[int(task[slot])], int(example[slot]), seeds.key(key, int(slot))) for slot in order]
    if not parts:
        return _filler(sources)
    documents = [document for part in parts for document in part.documents]
    lengths = np.array([document.size for document in documents])
    rank = np.argsort(-lengths, kind="stable")
    bounds = np.concatenate([[0], np.cumsum(lengths[rank])])
    start = np.empty_like(lengths)
    start[rank] = bounds[:-1]
    seconds = np.array([second for part in parts for second in part.seconds])
    positions = np.arange(bounds[-1]) - np.repeat(bounds[:-1], lengths[rank])
    return Strip(
        tokens=np.concatenate([documents[i] for i in rank]),
        positions=positions,
        second=(positions >= np.repeat(seconds[rank], lengths[rank])).astype(np.int64),
        bounds=bounds,
        sites=_sites(sources, [int(task[slot]) for slot in order], parts, lengths, start),
        slots=order.astype(np.int64),
    )


@dataclass(frozen=True, kw_only=True)
class _Part:
    """One example as read from its store."""

    documents: Sequence[IntArray]
    seconds: Sequence[int]
    sites: IntArray
    gold: IntArray


def _read(source: HeadStore, example: int, key: int) -> _Part:
    store = source.store
    first, last = int(store.example_docs[example]), int(store.example_docs[example + 1])
    edges = store.doc_starts[first : last + 1]
    documents = [np.asarray(store.tokens[a:b], dtype=np.int64) for a, b in pairwise(edges)]
    if store.header.kind == "mlm":
        shown, sites = mask(documents[0], store.header.vocabulary, key)
        return _Part(documents=[shown], seconds=[shown.size], sites=sites, gold=documents[0][sites])
    return _Part(
        documents=documents,
        seconds=store.doc_second[first:last].tolist(),
        sites=np.asarray(
            store.sites[store.site_starts[example] : store.site_starts[example + 1]], dtype=np.int64
        ),
        gold=np.asarray(
            store.gold[store.gold_starts[example] : store.gold_starts[example + 1]], dtype=np.int64
        ),
    )


def _sites(
    sources: Sequence[HeadStore],
    tasks: Sequence[int],
    parts: Sequence[_Part],
    lengths: IntArray,
    start: IntArray,
) -> dict[str, Sites]:
    """The sites of each head, moved from their example's own line of tokens onto the strip."""
    rows: dict[int, list[IntArray]] = {}
    document = 0
    for task, part in zip(tasks, parts, strict=True):
        count = len(part.documents)
        own = np.concatenate([[0], np.cumsum(lengths[document : document + count])])
        which = np.searchsorted(own, part.sites, side="right") - 1
        rows.setdefault(task, []).append(start[document + which] + part.sites - own[which])
        document += count
    golds: dict[int, list[IntArray]] = {}
    for task, part in zip(tasks, parts, strict=True):
        golds.setdefault(task, []).append(part.gold)
    return {
        sources[task].head: Sites(
            rows=np.concatenate(rows[task]),
            per_example=np.array([len(one) for one in rows[task]]),
            gold=np.concatenate(golds[task]),
            softmaxes=sources[task].store.header.softmaxes,
        )
        for task in rows
    }


def _filler(sources: Sequence[HeadStore]) -> Strip:
    special = sources[0].store.header.vocabulary.special
    nothing = np.zeros(0, dtype=np.int64)
    return Strip(
        tokens=np.full(FILLER_TOKENS, special[0], dtype=np.int64),
        positions=np.arange(FILLER_TOKENS),
        second=np.zeros(FILLER_TOKENS, dtype=np.int64),
        bounds=np.array([0, FILLER_TOKENS]),
        sites={},
        slots=nothing,
    )
