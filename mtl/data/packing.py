"""The packing: which examples of a step go together into bins of bounded length, balanced by cost.

A bin is what one rank computes in one pass. What it holds depends on the examples' lengths and costs alone,
not on the number of ranks: the number of bins is a multiple of a constant, and any number of ranks R that
divides the constant may serve them, rank r taking bins r, r + R, and so on.
"""

import heapq
from bisect import bisect_left, insort
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mtl.errors import UserError

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, eq=False)
class Packing:
    """Bins in falling order of cost: bins side by side, which run at the same time, cost about the same."""

    budget: int
    bins: tuple[Ints, ...]
    """Each bin's examples: their places in the arrays laid out, in rising order. A bin may be empty."""
    tokens: Ints
    """Each bin's tokens, at most `budget`."""
    cost: Floats
    """Each bin's cost."""

    @property
    def fill(self) -> float:
        """Tokens, as a share of what the bins that are not empty could hold."""
        used = int(np.count_nonzero(self.tokens))
        return float(self.tokens.sum()) / (used * self.budget) if used else 1.0

    @property
    def imbalance(self) -> float:
        """The dearest bin's cost over the mean of all bins, empty ones included: 1 is perfect."""
        return float(self.cost.max() / self.cost.mean()) if self.cost.any() else 1.0


def pack(tokens: ArrayLike, cost: ArrayLike, *, budget: int, multiple: int) -> Packing:
    """Pack examples into the smallest multiple of bins in which they fit, balanced by cost.

    Where balancing gets stuck, bins are filled as full as possible to learn how many it takes; balancing then
    has another try, and the full bins are the answer when that fails too.
    """
    lengths, costs = _checked(tokens, cost, budget)
    fewest = _round_up(int(lengths.sum()), budget) // budget
    num_bins = max(_round_up(fewest, multiple), multiple)
    groups = _spread(lengths, costs, budget, num_bins)
    if groups is None:
        squeezed = _squeeze(lengths, budget)
        enough = _round_up(len(squeezed), multiple)
        again = _spread(lengths, costs, budget, enough) if enough > num_bins else None
        groups, num_bins = again or squeezed, enough
    return _in_order(groups, lengths, costs, budget, num_bins)


def sweep(tokens: ArrayLike, cost: ArrayLike, *, budget: int, ranks: int) -> Packing:
    """Pack a whole store for one pass: examples of like length together, bins a multiple of the ranks."""
    lengths, costs = _checked(tokens, cost, budget)
    order = np.argsort(-lengths, kind="stable")
    ends = np.cumsum(lengths[order])
    cuts = [0]
    while cuts[-1] < order.size:
        before = int(ends[cuts[-1] - 1]) if cuts[-1] else 0
        cuts.append(int(np.searchsorted(ends, before + budget, side="right")))
    groups = [order[start:stop] for start, stop in pairwise(cuts)]
    num_bins = max(_round_up(len(groups), ranks), ranks)
    return _in_order(groups, lengths, costs, budget, num_bins)


@dataclass(frozen=True, kw_only=True)
class Largest:
    """A task's largest example, and the key that would make it smaller."""

    task: str
    where: str
    """File and row."""
    num_tokens: int
    key: str


def check_budget(largest: Iterable[Largest], *, budget: int, key: str = "train.token_budget") -> None:
    """Refuse a budget, set by `key`, that some example does not fit into."""
    for one in largest:
        if one.num_tokens > budget:
            raise UserError(
                f"{key}: {budget} tokens cannot hold the largest example of {one.task}, {one.where}, "
                f"which has {one.num_tokens}; raise the budget to {one.num_tokens} or lower {one.key}"
            )


def _checked(tokens: ArrayLike, cost: ArrayLike, budget: int) -> tuple[Ints, Floats]:
    """The inputs as arrays, when every example has tokens, fits the budget, and has a cost that adds up."""
    lengths, costs = np.asarray(tokens, dtype=np.int64), np.asarray(cost, dtype=np.float64)
    assert lengths.ndim == 1 and lengths.shape == costs.shape, (lengths.shape, costs.shape)
    assert np.all((lengths > 0) & (lengths <= budget)), f"an example is empty or over the budget of {budget}"
    assert np.all((costs >= 0) & np.isfinite(costs)), "a cost is negative or not a number"
    return lengths, costs


def _round_up(number: int, multiple: int) -> int:
    """The smallest multiple that is not below the number."""
    return -(-number // multiple) * multiple


def _spread(tokens: Ints, cost: Floats, budget: int, num_bins: int) -> list[list[int]] | None:
    """The dearest example first, into the cheapest bin that has room; None when an example finds no room.

    A bin without room for an example is set aside, by its room, until an example comes that is short enough.
    """
    groups: list[list[int]] = [[] for _ in range(num_bins)]
    room, load = [budget] * num_bins, [0.0] * num_bins
    by_load = [(0.0, index) for index in range(num_bins)]
    aside: list[tuple[int, int]] = []
    all_tokens, all_costs = tokens.tolist(), cost.tolist()
    for slot in np.lexsort((-tokens, -cost)).tolist():
        length = all_tokens[slot]
        while aside and -aside[0][0] >= length:
            index = heapq.heappop(aside)[1]
            heapq.heappush(by_load, (load[index], index))
        while by_load and room[by_load[0][1]] < length:
            index = heapq.heappop(by_load)[1]
            heapq.heappush(aside, (-room[index], index))
        if not by_load:
            return None
        index = by_load[0][1]
        groups[index].append(slot)
        room[index] -= length
        load[index] += all_costs[slot]
        heapq.heapreplace(by_load, (load[index], index))
    return groups


def _squeeze(tokens: Ints, budget: int) -> list[list[int]]:
    """The longest example first, into the fullest bin that has room, or a new one."""
    groups: list[list[int]] = []
    rooms: list[tuple[int, int]] = []
    all_tokens = tokens.tolist()
    for slot in np.argsort(-tokens, kind="stable").tolist():
        place = bisect_left(rooms, (all_tokens[slot], -1))
        if place == len(rooms):
            room, index = budget, len(groups)
            groups.append([])
        else:
            room, index = rooms.pop(place)
        groups[index].append(slot)
        insort(rooms, (room - all_tokens[slot], index))
    return groups


def _in_order(groups: Sequence[ArrayLike], tokens: Ints, cost: Floats, budget: int, num_bins: int) -> Packing:
    """The packing of the groups, dearest first, with empty bins up to the number."""
    bins = [np.sort(np.asarray(group, dtype=np.int64)) for group in groups]
    bins += [np.zeros(0, dtype=np.int64)] * (num_bins - len(bins))
    loads = np.array([cost[group].sum() for group in bins])
    order = np.argsort(-loads, kind="stable").tolist()
    return Packing(
        budget=budget,
        bins=tuple(bins[index] for index in order),
        tokens=np.array([tokens[bins[index]].sum() for index in order], dtype=np.int64),
        cost=loads[order],
    )
