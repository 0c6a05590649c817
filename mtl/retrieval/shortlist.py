"""One side of a search: for every owner, the others that may still be among its k nearest.

A first pass in low precision offers pairs with bounds on their scores. Below an owner's floor, the k-th best
lower bound so far, nothing can matter any more. What is left is scored exactly, best first, equal scores by
the other's index.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mtl.retrieval.rounded import Bound
from mtl.retrieval.vectors import Floats, Ints

Score = Callable[[Ints, Ints], Floats]
"""The exact scores of pairs (owner, other)."""


@dataclass(frozen=True, kw_only=True)
class Nearest:
    """Each owner's k nearest others, the best first, equal scores by index."""

    index: Ints
    """[size, k]."""
    score: Floats
    """[size, k]."""


class Shortlist:
    """The owners 0 .. size - 1 and their candidates; `limit` bounds how many wait to be scored."""

    def __init__(self, size: int, k: int, score: Score, *, limit: int, device: torch.device) -> None:
        """Nothing is known yet: every floor is minus infinity."""
        self._bounds = torch.full((size, k), -torch.inf, device=device)
        self.floor = torch.full((size,), -torch.inf, device=device)
        self._score = score
        self._limit = limit
        self._waiting: list[tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.float32]]] = []
        self._num_waiting = 0
        self._index: Ints = np.full((size, k), -1, dtype=np.int64)
        self._best: Floats = np.full((size, k), -np.inf)

    def raise_floor(self, owners: Tensor, limits: Bound, scores: Tensor) -> None:
        """Hear of [owners, any] rounded scores of distinct others."""
        known = torch.cat([self._bounds[owners], limits.lower(scores)], 1)
        self._bounds[owners] = bounds = known.topk(self._bounds.shape[1], 1).values
        self.floor[owners] = torch.maximum(self.floor[owners], bounds[:, -1])

    def offer(self, owner: Tensor, other: Tensor, upper: Tensor) -> None:
        """Pairs that may matter, each with an upper bound on its score; no pair is offered twice."""
        self._waiting.append(
            (owner.to(torch.int32).cpu().numpy(), other.to(torch.int32).cpu().numpy(), upper.cpu().numpy())
        )
        self._num_waiting += len(owner)
        if self._num_waiting > self._limit:
            self._drop_hopeless()
            if self._num_waiting > self._limit // 2:
                self._settle()

    def nearest(self) -> Nearest:
        """The answer, when all pairs have had their chance."""
        self._drop_hopeless()
        self._settle()
        assert (self._index >= 0).all(), "an owner with fewer than k others"
        return Nearest(index=self._index, score=self._best)

    def _drop_hopeless(self) -> None:
        if not self._waiting:
            return
        owner, other, upper = (np.concatenate(parts) for parts in zip(*self._waiting, strict=True))
        keep = upper >= self.floor.cpu().numpy()[owner]
        self._waiting = [(owner[keep], other[keep], upper[keep])]
        self._num_waiting = int(keep.sum())

    def _settle(self) -> None:
        """Score what waits, each owner's k most promising first: few of the others have hope after that."""
        for owner, other, upper in self._waiting:
            order = np.lexsort((-upper, owner))  # neighbours in memory are scored one after another
            owner, other, upper = owner[order], other[order], upper[order]
            first = _ranks(owner) < self._index.shape[1]
            self._score_all(owner[first], other[first])
            rest = ~first & (upper >= self.floor.cpu().numpy()[owner])
            self._score_all(owner[rest], other[rest])
        self._waiting, self._num_waiting = [], 0

    def _score_all(self, owners: NDArray[np.int32], others: NDArray[np.int32]) -> None:
        """Score pairs by owner, and keep each owner's k best."""
        touched, owner = np.unique(owners, return_inverse=True)
        other = others.astype(np.int64)
        new = self._score(touched.astype(np.int64)[owner], other)
        known, best = self._index[touched], self._best[touched]
        old_owner, place = np.nonzero(known >= 0)
        self._keep_best(
            touched,
            np.concatenate([old_owner, owner]),
            np.concatenate([known[old_owner, place], other]),
            np.concatenate([best[old_owner, place], new]),
        )

    def _keep_best(self, touched: NDArray[np.int32], owner: Ints, other: Ints, score: Floats) -> None:
        order = np.lexsort((other, -score, owner))
        owner, other, score = owner[order], other[order], score[order]
        rank = _ranks(owner)
        kept = rank < self._index.shape[1]
        place = touched[owner[kept]], rank[kept]
        self._index[place], self._best[place] = other[kept], score[kept]
        worst = np.nextafter(self._best[touched, -1].astype(np.float32), np.float32(-np.inf))
        at = torch.from_numpy(touched.astype(np.int64)).to(self.floor.device)
        self.floor[at] = torch.maximum(self.floor[at], torch.from_numpy(worst).to(self.floor.device))


def _ranks(owner: NDArray[np.int32] | Ints) -> Ints:
    """Each one's place among those of its owner; owners in rising order."""
    return np.arange(len(owner)) - np.searchsorted(owner, owner)
