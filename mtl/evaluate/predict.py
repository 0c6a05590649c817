"""Prediction over a store: examples of like length packed together, dealt to the ranks, each exactly once."""

from collections.abc import Iterator, Sequence
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, distributed

from mtl.data.packing import sweep
from mtl.data.ranges import ranges
from mtl.data.store import Store
from mtl.data.strip import HeadStore, Strip, build_strip
from mtl.data.subset import origins
from mtl.evaluate.decode import DECODERS, Scores


class Predictor(Protocol):
    """What prediction needs of an engine."""

    def predict(self, strip: Strip) -> Tensor:
        """All heads' scores of a strip, flat."""
        ...


def predict(
    predictor: Predictor,
    source: HeadStore,
    examples: NDArray[np.int64],
    *,
    budget: int,
    rank: int,
    world: int,
) -> Scores | None:
    """The scores of `examples`, reduced as their kind needs them; on the first rank, None on the others."""
    tokens = source.store.tokens_of(examples)
    bins = sweep(tokens, tokens, budget=budget, ranks=world).bins[rank::world]
    mine = {
        int(examples[slot]): scores
        for slots in bins
        for slot, scores in _predict_bin(predictor, source, examples, slots)
    }
    if world == 1:
        return mine
    gathered: list[Any] | None = [None] * world if rank == 0 else None
    distributed.gather_object(mine, gathered)
    return (
        None
        if gathered is None
        else {example: scores for part in gathered for example, scores in part.items()}
    )


def _predict_bin(
    predictor: Predictor, source: HeadStore, examples: NDArray[np.int64], slots: NDArray[np.int64]
) -> Iterator[tuple[int, NDArray[Any]]]:
    strip = build_strip([source], np.zeros(len(examples), dtype=np.int64), examples, slots, key=0)
    flat = predictor.predict(strip).cpu().to(torch.float32).numpy()
    if strip.slots.size == 0:
        return
    decoder = DECODERS[source.store.header.kind]
    ends = np.cumsum(strip.sites[source.head].per_example)
    scores = flat.reshape(int(ends[-1]), -1)
    for slot, part in zip(strip.slots.tolist(), np.split(scores, ends[:-1]), strict=True):
        yield slot, decoder.reduce(part)


def examples_of(source: HeadStore, num_records: int | None) -> NDArray[np.int64]:
    """The examples of `num_records` records (None: all)."""
    return np.flatnonzero(_are_chosen(source.store, num_records)[source.store.record])


def records_of(source: HeadStore, num_records: int | None) -> Sequence[dict[str, Any]]:
    """The same `num_records` records (None: all)."""
    are_chosen = _are_chosen(source.store, num_records)
    return [record for record, is_chosen in zip(source.store.records(), are_chosen, strict=True) if is_chosen]


def _are_chosen(store: Store, num_records: int | None) -> NDArray[np.bool_]:
    """Of each record whether it is among so many: the first ones of each file and language, evenly."""
    if num_records is None:
        return np.ones(store.header.num_records, dtype=np.bool_)
    origin = origins(store)
    sizes = np.bincount(origin)
    order = np.argsort(origin, kind="stable")
    place = np.empty_like(origin)
    place[order] = ranges(np.zeros_like(sizes), sizes)
    return place < np.array(_even_shares(sizes.tolist(), num_records), dtype=np.int64)[origin]


def _even_shares(sizes: Sequence[int], total: int) -> list[int]:
    """So many in all, from each alike as far as it has them."""
    shares, left = [0] * len(sizes), total
    for num_served, index in enumerate(sorted(range(len(sizes)), key=sizes.__getitem__)):
        shares[index] = min(sizes[index], -(-left // (len(sizes) - num_served)))
        left -= shares[index]
    return shares
