"""Exact k nearest neighbours, in both directions from one pass over tiles of scores, or in one.

A tile is a matrix product in low precision (bf16 where the processor has it, else fp32) with a proven bound
on its error. Its block maxima along both sides raise the floors of both sides, and only what may reach a
floor is looked at and scored exactly. So the answer is that of brute force in 64-bit arithmetic, equal scores
ordered by index, whatever the tile, the precision and the number of ranks; and every product serves both
directions.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from torch import Tensor

from mtl.retrieval.ranks import here
from mtl.retrieval.rounded import (
    EDGE,
    EXTRA,
    Bound,
    Means,
    Precision,
    Rounded,
    bound,
    choose_dtype,
    full_precision,
    means,
    rounded_x,
    rounded_y,
)
from mtl.retrieval.shortlist import Nearest, Shortlist
from mtl.retrieval.vectors import PAIRS, Placed, Vectors, placed_cosines
from mtl.together import on_every

Progress = Callable[[int], None]

TILES = {"cpu": (256, 4096), "cuda": (256, 16_384)}
"""The smallest and the largest side of a tile: each costs a GPU dozens of calls, and a CPU its caches."""
BYTES_A_SCORE = {"cpu": 64, "cuda": 8}
"""What a score of a tile may cost; tiles of a CPU are small enough for all to become candidates at once."""
BYTES_WAITING = 100
"""What a candidate costs while it waits and is scored."""
BYTES_A_HIT = 64
"""What a score costs, at worst, on its way from a tile to a candidate."""
SPARE = 0.9
"""Of a GPU's free memory, what may be taken."""
_NOTHING = -(2.0**100)
"""Stands in a tile where there is no pair: finite, so that bounds of it are numbers."""


@dataclass(frozen=True, kw_only=True)
class SearchSettings:
    """How to search; nothing here changes the answer but k."""

    k: int = 4
    memory_mb: int = 1024
    """For the search itself; the answer comes on top, and the vectors, which a GPU holds too if it can."""
    precision: Precision = "auto"
    device: str = "cpu"


@dataclass(frozen=True, kw_only=True)
class Neighbours:
    """The nearest targets of every source, and the nearest sources of every target."""

    forward: Nearest
    backward: Nearest


@dataclass(frozen=True, kw_only=True)
class _Plan:
    """How large things may be."""

    tile: int
    """Side of a tile."""
    block: int
    """Rows of x that stay at hand while y goes by: a whole number of tiles."""
    portion: int
    """Blocks of scores that are looked through at a time."""
    limit: int
    """Candidates of one side that may wait to be scored."""
    dtype: torch.dtype
    means: Means
    device: torch.device
    """Where tiles are computed."""
    home: torch.device
    """Where the vectors are, and scored exactly: there too, or on the CPU if they are too many."""


@dataclass(frozen=True, kw_only=True)
class _Sides:
    """Both sides, where the plan wants them."""

    x: Placed
    y: Placed
    plan: _Plan

    def score(self, i: Tensor, j: Tensor) -> Tensor:
        """The exact scores of pairs."""
        home = self.plan.home
        return placed_cosines(self.x, self.y, i.to(home), j.to(home)).to(self.plan.device)


def search(
    x: Vectors, y: Vectors, settings: SearchSettings, *, progress: Progress | None = None
) -> Neighbours:
    """Both directions' neighbours, on every rank; `progress` hears of pairs compared by this one."""
    parts = on_every(here(), partial(_search, x, y, settings, progress))
    return parts[0] if len(parts) == 1 else _joined(parts, settings.k)


def nearest(x: Vectors, y: Vectors, settings: SearchSettings, *, progress: Progress | None = None) -> Nearest:
    """The nearest y of every x, on every rank; nothing is kept for each y, of which there may be millions."""
    parts = on_every(here(), partial(_nearest, x, y, settings, progress))
    return parts[0] if len(parts) == 1 else _stack(parts, axis=0)


def _search(x: Vectors, y: Vectors, settings: SearchSettings, progress: Progress | None) -> Neighbours:
    """What this rank finds: the neighbours of its share of x, and those of all y among that share."""
    first, last = _share(x)
    with torch.inference_mode(), full_precision():
        sides = _placed(x, y, settings)
        backward = Shortlist(
            y.size,
            min(settings.k, last - first),
            lambda j, i: sides.score(i, j),
            limit=sides.plan.limit,
            device=sides.plan.device,
        )
        forward = _walk(sides, first, last, settings.k, backward, progress)
        return Neighbours(forward=forward, backward=backward.nearest())


def _nearest(x: Vectors, y: Vectors, settings: SearchSettings, progress: Progress | None) -> Nearest:
    """The same without those of y."""
    with torch.inference_mode(), full_precision():
        return _walk(_placed(x, y, settings), *_share(x), settings.k, None, progress)


def _walk(
    sides: _Sides, first: int, last: int, k: int, backward: Shortlist | None, progress: Progress | None
) -> Nearest:
    """Hold rows `first` to `last` of x against all of y, block by block."""
    plan, k = sides.plan, min(k, len(sides.y.rows))
    parts = [_none(k)]
    for start in range(first, last, plan.block):
        stop = min(start + plan.block, last)
        forward = Shortlist(
            stop - start,
            k,
            lambda i, j, start=start: sides.score(i + start, j),  # type: ignore[misc]
            limit=plan.limit,
            device=plan.device,
        )
        rows = [
            rounded_x(sides.x.unit(row, min(row + plan.tile, stop)).to(plan.device), plan.means, plan.dtype)
            for row in range(start, stop, plan.tile)
        ]
        _compare(rows, sides.y, start, forward, backward, plan, progress)
        parts.append(forward.nearest())
    return _stack(parts, axis=0)


def _share(x: Vectors) -> tuple[int, int]:
    """The rows of x that are this rank's."""
    ranks = here()
    return x.size * ranks.rank // ranks.world, x.size * (ranks.rank + 1) // ranks.world


def _compare(
    x: Sequence[Rounded],
    y: Placed,
    start: int,
    forward: Shortlist,
    backward: Shortlist | None,
    plan: _Plan,
    progress: Progress | None,
) -> None:
    """Hold a block of x, whose first row is `start`, against all of y, tile by tile."""
    # One tile's memory for all: fresh pages for each would cost time.
    memory = torch.empty(plan.tile * plan.tile, dtype=plan.dtype, device=plan.device)
    size = len(y.rows)
    for first in range(0, size, plan.tile):
        unit = y.unit(first, min(first + plan.tile, size)).to(plan.device)
        column = rounded_y(unit, plan.means, plan.dtype)
        for number, row in enumerate(x):
            shape = len(row.rows), len(column.rows)
            scores = torch.mm(row.rows, column.rows.T, out=memory[: math.prod(shape)].view(shape))
            scores[row.size :] = _NOTHING
            scores[:, column.size :] = _NOTHING
            limits = bound(row, column, plan.means.product)
            own = number * plan.tile
            by_row = scores.unflatten(1, (-1, EDGE))  # type: ignore[no-untyped-call]
            _look(forward, by_row[: row.size], limits, own=own, others=first, portion=plan.portion)
            if backward is None:
                continue
            by_column = scores.unflatten(0, (-1, EDGE)).permute(2, 0, 1)  # type: ignore[no-untyped-call]
            columns = by_column[: column.size]
            _look(backward, columns, limits, own=first, others=start + own, portion=plan.portion)
        if progress is not None:
            progress(sum(row.size for row in x) * column.size)


def _look(
    shortlist: Shortlist, blocks: Tensor, limits: Bound, *, own: int, others: int, portion: int
) -> None:
    """Raise the floors of one side of a tile, and offer what may reach them, by portions of blocks.

    `blocks` are the scores as [owners, blocks, EDGE].
    """
    floor = _lowest(shortlist.floor[own : own + len(blocks)], limits)
    highest = _maxima(blocks, floor)
    owner = (highest.amax(1) >= floor).nonzero()[:, 0]
    if not len(owner):
        return
    highest = highest.index_select(0, owner)
    shortlist.raise_floor(own + owner, limits, highest)
    floor = _lowest(shortlist.floor[own + owner], limits)
    promising = (highest >= floor[:, None]).nonzero()
    for part in torch.split(promising, portion):
        row, block = part.unbind(1)
        seen = blocks[owner[row], block]
        hit, place = (seen >= floor[row, None]).nonzero(as_tuple=True)
        upper = limits.upper(seen[hit, place])
        shortlist.offer(own + owner[row[hit]], others + block[hit] * EDGE + place, upper)


def _lowest(floor: Tensor, limits: Bound) -> Tensor:
    """The least score in a tile that may matter; never that of a pair that is none."""
    return limits.least(floor).clamp(min=_NOTHING / 2)


def _maxima(blocks: Tensor, floor: Tensor) -> Tensor:
    """Each block's highest score; for an owner with a positive floor, some lower one if it has none above 0.

    Read as whole numbers, positive bf16 scores have the same order and are compared five times as fast.
    """
    if blocks.dtype != torch.bfloat16:
        return _amax(blocks)
    slow = (floor <= 0).nonzero()[:, 0]
    if 8 * len(slow) > len(floor):
        return _amax(blocks)
    highest = _amax(blocks.view(torch.int16)).view(blocks.dtype)
    highest[slow] = blocks[slow].amax(2)
    return highest


def _amax(blocks: Tensor) -> Tensor:
    """As the scores lie in memory: along the owners, where those are neighbours there."""
    return blocks.amax(2) if blocks.stride(2) == 1 else blocks.permute(1, 2, 0).amax(1).T


def _placed(x: Vectors, y: Vectors, settings: SearchSettings) -> _Sides:
    """Both sides where they are to be."""
    assert x.width == y.width and x.size and y.size, (x.rows.shape, y.rows.shape)
    plan = _plan(x, y, settings)
    return _Sides(x=x.on(plan.home), y=y.on(plan.home), plan=plan)


def _plan(x: Vectors, y: Vectors, settings: SearchSettings) -> _Plan:
    """A quarter of the memory each for a tile and its hits, the block of x, and both sides' candidates."""
    device = torch.device(settings.device)
    quarter = settings.memory_mb * 2**20 // 4
    side = math.isqrt(quarter // BYTES_A_SCORE[device.type]) // EDGE * EDGE
    smallest, largest = TILES[device.type]
    tile = min(max(side, smallest), largest)
    rows = quarter // (4 * (x.width + EXTRA))
    return _Plan(
        tile=tile,
        block=max(rows // tile, 1) * tile,
        portion=max(quarter // (BYTES_A_HIT * EDGE), 1),
        limit=max(quarter // BYTES_WAITING // 2, 1),
        dtype=choose_dtype(settings.precision, device, x.width),
        means=means(x, y),
        device=device,
        home=device if _fits(x, y, device, settings) else torch.device("cpu"),
    )


def _fits(x: Vectors, y: Vectors, device: torch.device, settings: SearchSettings) -> bool:
    """Whether the device holds both sides, and scores them, beside the search."""
    if device.type == "cpu":
        return True
    torch.cuda.empty_cache()  # what embedding has left there is free
    free, _ = torch.cuda.mem_get_info(device)
    vectors = x.rows.nbytes + y.rows.nbytes
    answer = (x.size + y.size) * (20 * settings.k + 12)  # bounds, others and scores; a floor and a scale
    scoring = 4 * PAIRS["cuda"] * x.width * 8  # two factors, their product, and its sum's first half
    return vectors + answer + scoring + settings.memory_mb * 2**20 < SPARE * free


def _joined(parts: Sequence[Neighbours], k: int) -> Neighbours:
    """All ranks' answers as one: each has some rows of x, and looked for neighbours of y among those."""
    both = _stack([part.backward for part in parts], axis=1)
    order = np.lexsort((both.index, -both.score), axis=1)[:, :k]
    backward = Nearest(
        index=np.take_along_axis(both.index, order, 1), score=np.take_along_axis(both.score, order, 1)
    )
    return Neighbours(forward=_stack([part.forward for part in parts], axis=0), backward=backward)


def _stack(parts: Sequence[Nearest], *, axis: int) -> Nearest:
    return Nearest(
        index=np.concatenate([part.index for part in parts], axis),
        score=np.concatenate([part.score for part in parts], axis),
    )


def _none(k: int) -> Nearest:
    return Nearest(index=np.zeros((0, k), dtype=np.int64), score=np.zeros((0, k)))
