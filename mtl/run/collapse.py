"""The guard against a known collapse: a large encoder that after warm-up knows only how frequent labels are.

A head that ignores its text can reach the entropy of the labels and nothing below it. A task whose mean loss
over many steps after warm-up is still there has collapsed: what comes of it is worthless, and another seed
mostly does not collapse. One that comes away from it later was only slow.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from mtl.data.store import Store
from mtl.tasks.task import LABELLED

STEPS = 100
"""Of a span: over so many steps the loss is averaged."""
NEAR = 0.98
"""A mean loss above this share of the entropy has not come away from it."""


class CollapsedError(RuntimeError):
    """The phase has learned nothing, and may be begun again with another seed."""


class CollapseGuard:
    """Averages each task's loss over one span of steps after another, from warm-up on, and judges each."""

    def __init__(self, entropies: Sequence[float | None], *, warmup_steps: int) -> None:
        """`entropies` are the tasks', None for those that cannot be judged."""
        self._entropies = entropies
        self._first = warmup_steps
        self._sums = np.zeros(len(entropies))
        self._counts = np.zeros(len(entropies), dtype=np.int64)
        self.collapsed: frozenset[int] = frozenset()
        """The tasks that learned nothing in the last span in which they were drawn."""

    def add(self, step: int, loss_sums: Sequence[float], counts: Sequence[int]) -> bool:
        """Take in a step; whether a span ends with it, so that `collapsed` is judged anew."""
        if step < self._first:
            return False
        self._sums += loss_sums
        self._counts += counts
        if (step + 1 - self._first) % STEPS:
            return False
        self.collapsed = frozenset(task for task in range(len(self._entropies)) if self._is_stuck(task))
        self._sums[:] = self._counts[:] = 0
        return True

    def judged_by(self, done: int) -> int:
        """The step of the last judgement before so many steps were done."""
        return self._first + (done - self._first) // STEPS * STEPS - 1

    def _is_stuck(self, task: int) -> bool:
        entropy, count = self._entropies[task], self._counts[task]
        if not count:
            return task in self.collapsed
        return entropy is not None and bool(entropy and self._sums[task] >= NEAR * entropy * count)

    def state(self) -> dict[str, Any]:
        """All that it remembers, for JSON."""
        return {
            "sums": self._sums.tolist(),
            "counts": self._counts.tolist(),
            "collapsed": sorted(self.collapsed),
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Remember what `state` gave."""
        self._sums = np.array(state["sums"])
        self._counts = np.array(state["counts"], dtype=np.int64)
        self.collapsed = frozenset(state["collapsed"])


def entropy_of(store: Store) -> float | None:
    """The mean loss of a head that knows the labels' shares alone; None where labels are no closed set."""
    header = store.header
    if header.kind == "embed":
        pairs = np.diff(store.gold_starts)
        return float((pairs * np.log(pairs)).sum() / len(pairs) / header.softmaxes)
    if header.kind == "choice":
        return float(np.log(header.num_choices or 1))
    if header.kind not in LABELLED:
        return None
    counts = np.bincount(store.gold[store.gold >= 0])
    shares = counts[counts > 0] / counts.sum()
    return float(-(shares * np.log(shares)).sum())
