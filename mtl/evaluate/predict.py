"""Prediction over a store: examples of like length packed together, dealt to the ranks, each exactly once."""

from collections.abc import Iterator, Sequence
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, distributed

from mtl.data.layout import sweep
from mtl.data.strip import HeadStore, Strip, build_strip
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
    """The examples of the first `num_records` records (None: all)."""
    limit = source.store.header.num_records if num_records is None else num_records
    return np.flatnonzero(source.store.record < limit)


def records_of(source: HeadStore, num_records: int | None) -> Sequence[dict[str, Any]]:
    """The first `num_records` records (None: all)."""
    records = source.store.records()
    return [record for i, record in enumerate(records) if num_records is None or i < num_records]
