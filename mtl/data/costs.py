"""What an example costs the model in operations: balances bins, and tells how well a device is used."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mtl.data.masking import num_masked
from mtl.data.store import Store


@dataclass(frozen=True, kw_only=True)
class Costs:
    """What things cost, in any common unit."""

    per_token: float
    per_square: float
    """Of a document's length: attention."""
    per_read: float
    """Of a token that a head reads, which alone goes through all of the last layer."""
    per_look: float
    """Of such a token and one of its document: its attention there."""
    per_masked: float
    """Of a predicted token: the vocabulary's softmax."""


def example_costs(store: Store, costs: Costs, examples: NDArray[np.int64]) -> NDArray[np.float64]:
    """What each of the examples costs."""
    tokens = store.tokens_of(examples)
    documents = store.example_docs[examples + 1] - store.example_docs[examples]
    per_read = costs.per_read
    if store.header.kind == "mlm":
        reads = np.array([num_masked(n) for n in tokens.tolist()], dtype=np.int64)
        per_read += costs.per_masked
    else:
        reads = store.site_starts[examples + 1] - store.site_starts[examples]
    total = costs.per_token * tokens + costs.per_square * store.squares_of(examples) + per_read * reads
    # A head that reads several documents reads equally many tokens of each.
    return np.asarray(total + costs.per_look * tokens * reads / documents, dtype=np.float64)
