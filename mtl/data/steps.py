"""From a step's number to the strips that a rank computes: draw, packing, strip; nothing is remembered."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mtl import seeds
from mtl.data.costs import Costs, example_costs
from mtl.data.draw import Draw, StepDraw
from mtl.data.packing import Packing, pack
from mtl.data.store import Store
from mtl.data.strip import HeadStore, Strip, build_strip


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A step as all ranks see it."""

    step: int
    draw: StepDraw
    packing: Packing
    digest: int
    """48 bits that stand for the step, its examples and its bins."""


@dataclass(frozen=True, kw_only=True)
class RankStep:
    """A step as one rank sees it: the plan, and its own bins with their numbers."""

    plan: Plan
    bins: tuple[tuple[int, Strip], ...]


class Steps:
    """The steps of a run."""

    def __init__(
        self,
        sources: Sequence[HeadStore],
        draw: Draw,
        *,
        budget: int,
        bins_multiple: int,
        costs: Costs,
        seed: int,
    ) -> None:
        """Read from `sources`, the tasks in the heads' and the draw's order."""
        assert tuple(source.head for source in sources) == draw.mixture.names
        self._sources = tuple(sources)
        self._draw = draw
        self._budget = budget
        self._multiple = bins_multiple
        self._seed = seed
        self._costs = costs

    @property
    def fingerprint(self) -> str:
        """A hash of all that decides what is drawn."""
        return self._draw.fingerprint()

    def plan(self, step: int, *, multiple: int | None = None) -> Plan:
        """What step `step` consists of; with a `multiple` of bins of its own, what it would consist of."""
        draw = self._draw.step(step)
        packing = pack(
            self._of_each(draw, Store.tokens_of),
            self._of_each(draw, lambda store, examples: example_costs(store, self._costs, examples)),
            budget=self._budget,
            multiple=multiple or self._multiple,
        )
        return Plan(step=step, draw=draw, packing=packing, digest=_digest(step, draw, packing))

    def for_rank(self, step: int, rank: int, world: int) -> RankStep:
        """The bins of rank `rank`: rank, rank + world, ..."""
        plan = self.plan(step)
        assert len(plan.packing.bins) % world == 0
        key = seeds.key(self._seed, "masks", step)
        numbers = range(rank, len(plan.packing.bins), world)
        strips = (
            build_strip(self._sources, plan.draw.task, plan.draw.example, plan.packing.bins[number], key=key)
            for number in numbers
        )
        return RankStep(plan=plan, bins=tuple(zip(numbers, strips, strict=True)))

    def _of_each(
        self, draw: StepDraw, measure: Callable[[Store, NDArray[np.int64]], NDArray[Any]]
    ) -> NDArray[Any]:
        """A number of each drawn example, task by task, as a draw is sorted; no store is read as a whole."""
        tasks, first = np.unique(draw.task, return_index=True)
        edges = [*first.tolist(), draw.task.size]
        return np.concatenate(
            [
                measure(self._sources[task].store, draw.example[a:b])
                for task, (a, b) in zip(tasks.tolist(), pairwise(edges), strict=True)
            ]
        )


def _digest(step: int, draw: StepDraw, packing: Packing) -> int:
    state = blake2b(step.to_bytes(8, "little"), digest_size=6)
    arrays: list[NDArray[Any]] = [draw.task, draw.example, *packing.bins]
    for array in arrays:
        state.update(array.astype("<i8").tobytes())
        state.update(b"|")
    return int.from_bytes(state.digest(), "little")
