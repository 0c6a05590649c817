"""The guard against a known collapse: a large encoder that after warm-up knows only how frequent labels are.

A head that ignores its text can reach the entropy of the labels and nothing below it. A task whose mean loss
over many steps after warm-up is still there has collapsed: what comes of it is worthless, and another seed
mostly does not collapse.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from mtl.data.store import Store

STEPS = 100
"""After warm-up: over so many steps the loss is averaged."""
NEAR = 0.98
"""A mean loss above this share of the entropy has not come away from it."""


class CollapsedError(RuntimeError):
    """The phase has learned nothing, and may be begun again with another seed."""


class CollapseGuard:
    """Averages each task's loss after warm-up, and judges once."""

    def __init__(self, entropies: Sequence[float | None], *, warmup_steps: int) -> None:
        """`entropies` are the tasks', None for those that cannot be judged."""
        self._entropies = entropies
        self._first = warmup_steps
        self._sums = np.zeros(len(entropies))
        self._counts = np.zeros(len(entropies), dtype=np.int64)

    def add(self, step: int, loss_sums: Sequence[float], counts: Sequence[int]) -> list[int]:
        """Take in a step; gives the tasks that have collapsed, at the one step at which that is judged."""
        if not self._first <= step < self._first + STEPS:
            return []
        self._sums += loss_sums
        self._counts += counts
        if step + 1 < self._first + STEPS:
            return []
        return [
            task
            for task, entropy in enumerate(self._entropies)
            if entropy and self._counts[task] and self._sums[task] >= NEAR * entropy * self._counts[task]
        ]

    def state(self) -> dict[str, Any]:
        """All that it remembers, for JSON."""
        return {"sums": self._sums.tolist(), "counts": self._counts.tolist()}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Remember what `state` gave."""
        self._sums = np.array(state["sums"])
        self._counts = np.array(state["counts"], dtype=np.int64)


def entropy_of(store: Store) -> float | None:
    """The mean loss of a head that knows the labels' shares alone; None where labels are no closed set."""
    header = store.header
    if header.kind == "embed":
        pairs = np.diff(store.gold_starts)
        return float((pairs * np.log(pairs)).sum() / len(pairs) / header.softmaxes)
    if header.kind == "choice":
        return float(np.log(header.num_choices or 1))
    if header.kind not in ("pair", "tag"):
        return None
    counts = np.bincount(store.gold[store.gold >= 0])
    shares = counts[counts > 0] / counts.sum()
    return float(-(shares * np.log(shares)).sum())
