"""One side of a search: for every owner, the others that may still be among its k nearest.

A first pass in low precision offers pairs with bounds on their scores. Below an owner's floor, the k-th best
lower bound so far, nothing can matter any more. What is left is scored exactly, best first, equal scores by
the other's index.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from mtl.retrieval.rounded import Bound
from mtl.retrieval.vectors import Floats, Ints

Score = Callable[[Tensor, Tensor], Tensor]
"""The exact scores of pairs (owner, other), in fp64."""


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
        self._waiting: list[tuple[Tensor, Tensor, Tensor]] = []
        self._num_waiting = 0
        self._index = torch.full((size, k), -1, device=device)
        self._best = torch.full((size, k), -torch.inf, dtype=torch.float64, device=device)

    def raise_floor(self, owners: Tensor, limits: Bound, scores: Tensor) -> None:
        """Hear of [owners, any] rounded scores of distinct others."""
        known = torch.cat([self._bounds[owners], limits.lower(scores)], 1)
        self._bounds[owners] = bounds = known.topk(self._bounds.shape[1], 1).values
        self.floor[owners] = torch.maximum(self.floor[owners], bounds[:, -1])

    def offer(self, owner: Tensor, other: Tensor, upper: Tensor) -> None:
        """Pairs that may matter, each with an upper bound on its score; no pair is offered twice."""
        self._waiting.append((owner.to(torch.int32), other.to(torch.int32), upper))
        self._num_waiting += len(owner)
        if self._num_waiting > self._limit:
            self._drop_hopeless()
            if self._num_waiting > self._limit // 2:
                self._settle()

    def nearest(self) -> Nearest:
        """The answer, when all pairs have had their chance."""
        self._drop_hopeless()
        self._settle()
        assert bool((self._index >= 0).all()), "an owner with fewer than k others"
        return Nearest(index=self._index.cpu().numpy(), score=self._best.cpu().numpy())

    def _drop_hopeless(self) -> None:
        if not self._waiting:
            return
        owner, other, upper = (torch.cat(parts) for parts in zip(*self._waiting, strict=True))
        keep = upper >= self.floor[owner]
        self._waiting = [(owner[keep], other[keep], upper[keep])]
        self._num_waiting = len(self._waiting[0][0])

    def _settle(self) -> None:
        """Score what waits, each owner's k most promising first: few of the others have hope after that."""
        for owner, other, upper in self._waiting:
            order = _order(owner, -upper)  # neighbours in memory are scored one after another
            owner, other, upper = owner[order], other[order], upper[order]
            first = _ranks(owner) < self._index.shape[1]
            self._score_all(owner[first], other[first])
            rest = ~first & (upper >= self.floor[owner])
            self._score_all(owner[rest], other[rest])
        self._waiting, self._num_waiting = [], 0

    def _score_all(self, owners: Tensor, others: Tensor) -> None:
        """Score pairs by owner, and keep each owner's k best."""
        touched, owner = torch.unique(owners.long(), return_inverse=True)
        other = others.long()
        new = self._score(touched[owner], other)
        known, best = self._index[touched], self._best[touched]
        old_owner, place = (known >= 0).nonzero(as_tuple=True)
        self._keep_best(
            touched,
            torch.cat([old_owner, owner]),
            torch.cat([known[old_owner, place], other]),
            torch.cat([best[old_owner, place], new]),
        )

    def _keep_best(self, touched: Tensor, owner: Tensor, other: Tensor, score: Tensor) -> None:
        order = _order(owner, -score, other)
        owner, other, score = owner[order], other[order], score[order]
        rank = _ranks(owner)
        kept = rank < self._index.shape[1]
        place = touched[owner[kept]], rank[kept]
        self._index[place], self._best[place] = other[kept], score[kept]
        nearest = self._best[touched, -1].float()
        # A number in fp32 that is certainly no higher.
        worst = torch.nextafter(nearest, torch.full_like(nearest, -torch.inf))
        self.floor[touched] = torch.maximum(self.floor[touched], worst)


def _order(*keys: Tensor) -> Tensor:
    """The places in rising order of the first key, then of the next."""
    order = keys[-1].argsort(stable=True)
    for key in keys[-2::-1]:
        order = order[key[order].argsort(stable=True)]
    return order


def _ranks(owner: Tensor) -> Tensor:
    """Each one's place among those of its owner; owners in rising order."""
    return torch.arange(len(owner), device=owner.device) - torch.searchsorted(owner, owner)
