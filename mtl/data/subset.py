"""Part of a task's training data: the first so many records of an order that a key decides.

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


def chosen_examples(store: Store, records: int, *, key: int) -> NDArray[np.int64]:
    """The examples of the first `records` records in the key's order; they keep the order of the store."""
    total = store.header.num_records
    is_chosen = seeds.permute(key, total, np.arange(total)) < records
    return np.flatnonzero(is_chosen[store.record])
