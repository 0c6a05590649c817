"""Part of a task's training data: the first records in an order that a key decides; languages evened out.

Parts of one key are nested: a larger one holds every record of a smaller one.
"""

import numpy as np
from numpy.typing import NDArray

from mtl import seeds
from mtl.data.store import Store
from mtl.errors import UserError


def num_chosen(num_records: int, *, records: int | None, fraction: float | None, where: str) -> int:
    """How many records a part holds, given as their number or as their share; all where neither is given."""
    if records is not None and records > num_records:
        raise UserError(
            f"{where}.records: {records} are asked for, but there are {num_records}; ask for fewer"
        )
    if fraction is not None:
        return max(round(fraction * num_records), 1)
    return num_records if records is None else records


def smoothed(store: Store, examples: NDArray[np.int64], smoothing: float, *, key: int) -> NDArray[np.int64]:
    """As many examples, drawn from each language of each file by its size to the power of `smoothing`.

    A small one's examples come several times, about equally often; of a large one's some are left out.
    """
    own = _grouped(examples, origins(store)[store.record[examples]])
    shares = np.array([len(group) for group in own], dtype=np.float64) ** smoothing
    edges = np.rint(np.cumsum(shares / shares.sum()) * len(examples)).astype(np.int64)
    counts = np.diff(edges, prepend=0)
    # An order of its own for each: files of translations hold the same sentences on the same lines.
    keys = [seeds.key(key, "group", number) for number in range(len(own))]
    orders = (
        group[seeds.permute(one, len(group), np.arange(len(group)))]
        for one, group in zip(keys, own, strict=True)
    )
    drawn = [np.resize(order, count) for order, count in zip(orders, counts.tolist(), strict=True)]
    return np.sort(np.concatenate(drawn))


def origins(store: Store) -> NDArray[np.int64]:
    """For each record a number that stands for its file and language."""
    stretches = store.header.stretches
    numbers = {origin: n for n, origin in enumerate(dict.fromkeys(one[:2] for one in stretches))}
    return np.repeat([numbers[one[:2]] for one in stretches], [one.records for one in stretches])


def _grouped(examples: NDArray[np.int64], origins: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    return [examples[origins == origin] for origin in np.unique(origins)]


def chosen_examples(store: Store, records: int, *, key: int) -> NDArray[np.int64]:
    """The examples of the first `records` records in the key's order; they keep the order of the store."""
    total = store.header.num_records
    is_chosen = seeds.permute(key, total, np.arange(total)) < records
    return np.flatnonzero(is_chosen[store.record])
