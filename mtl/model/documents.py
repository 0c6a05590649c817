"""The documents of a strip as attention wants them, planned once a strip and used by every layer.

Documents of equal or nearly equal length are stacked (they lie sorted in the strip) and attend side by side;
the flash kernel needs only their bounds. What the encoder puts out is read in some rows alone, so in the last
layer only these ask: a document's queries are then fewer than its keys and values.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mtl.data.ranges import ranges
from mtl.model.flash import FlashBounds, flash_bounds, has_flash
from mtl.model.moving import move

Ints = NDArray[np.int64]

WASTE = 0.05
"""A group may spend this share of its rows on filling shorter documents up to its longest."""


@dataclass(frozen=True, kw_only=True)
class Grain:
    """Numbers of rows are rounded up to multiples of these."""

    rows: int
    """Of a strip, and of those that ask in it."""
    length: int
    """Of a stack's documents."""


FINE, COARSE = Grain(rows=1, length=1), Grain(rows=128, length=16)


def grain(device: torch.device, dtype: torch.dtype) -> Grain:
    """Coarse where shapes must recur: CPUs compile products in half precision for each, for milliseconds."""
    return COARSE if device.type == "cpu" and dtype in (torch.bfloat16, torch.float16) else FINE


@dataclass(frozen=True, kw_only=True)
class Stack:
    """So many rows of each of several neighbouring documents, as [count, length]."""

    size: int
    """Rows there are."""
    count: int
    length: int
    uneven: "Uneven | None"
    """None where every document has as many rows."""


@dataclass(frozen=True, kw_only=True)
class Uneven:
    """How rows of documents of unequal length come into a stack, and out again."""

    gather: Tensor
    """[count * length] rows that fill the stack."""
    real: Tensor
    """[size] rows of the stack that are there."""
    filling: Tensor
    """[count * length - size] those that are not."""


@dataclass(frozen=True, kw_only=True)
class Group:
    """Neighbouring documents that attend side by side."""

    keys: Stack
    queries: Stack
    """The keys' own, where all tokens ask."""
    bias: Tensor | None
    """[documents, 1, 1, length]: added to scores, 0 where a key is real, else -inf."""


@dataclass(frozen=True, kw_only=True)
class Documents:
    """The documents of a strip."""

    groups: tuple[Group, ...]
    """Empty where the flash kernel is used."""
    bounds: FlashBounds | None
    """What the flash kernel needs."""


@dataclass(frozen=True, kw_only=True)
class Asking:
    """The rows of a strip that are read: all that the last layer has to compute."""

    order: Tensor | None
    """Rows of the strip whose keys and values are needed, as the groups want them; None: all, as they lie."""
    rows: Tensor
    """[asking] which of those ask."""
    documents: Documents


def plan_documents(bounds: Ints, *, device: torch.device, dtype: torch.dtype, width: int) -> Documents:
    """Prepare the documents between `bounds`, which fall in length; all of their tokens ask.

    Attention's heads are of this width, here and below.
    """
    lengths = np.diff(bounds)
    if has_flash(device, dtype, width):
        return Documents(groups=(), bounds=flash_bounds(lengths, lengths, device))
    multiple = grain(device, dtype).length
    groups = (_group(lengths[a:b], None, device, dtype) for a, b in _runs(lengths, multiple))
    return Documents(groups=tuple(groups), bounds=None)


def plan_asking(
    bounds: Ints, rows: Ints, *, device: torch.device, dtype: torch.dtype, width: int
) -> tuple[Asking, Ints]:
    """Prepare the same documents for `rows` alone to ask; also, in which order these rows come out first.

    `rows` rise, and there is one at least. Documents that nobody reads are left out.
    """
    lengths, edges = np.diff(bounds), np.searchsorted(rows, bounds)
    asked = np.diff(edges)
    if has_flash(device, dtype, width):
        documents = np.flatnonzero(asked)
        planned = Documents(groups=(), bounds=flash_bounds(lengths[documents], asked[documents], device))
    else:
        # Those read in few places stand apart, or their stacks of queries were as long as their neighbours'.
        many, few = np.flatnonzero(2 * asked > lengths), np.flatnonzero((asked > 0) & (2 * asked <= lengths))
        documents = np.concatenate([many, few])
        groups = [
            _group(lengths[some][a:b], asked[some][a:b], device, dtype)
            for some in (many, few)
            for a, b in _runs(lengths[some], grain(device, dtype).length)
        ]
        planned = Documents(groups=tuple(groups), bounds=None)
    order = ranges(bounds[documents], lengths[documents])
    put_out = rows[ranges(edges[documents], asked[documents])]
    place = np.empty(bounds[-1], dtype=np.int64)
    place[order] = np.arange(order.size)
    as_it_lies = np.array_equal(order, np.arange(bounds[-1]))
    multiple = grain(device, dtype).rows
    of_strip, asking = move([fill(order, multiple), fill(place[put_out], multiple)], device)
    return Asking(order=None if as_it_lies else of_strip, rows=asking, documents=planned), put_out


def fill(rows: Ints, multiple: int) -> Ints:
    """Rows that nobody reads behind the others: the first one over again."""
    return np.concatenate([rows, np.repeat(rows[:1], -rows.size % multiple)])


def _round_up(numbers: Ints, multiple: int) -> Ints:
    return -(-numbers // multiple) * multiple


def _runs(lengths: Ints, multiple: int) -> Sequence[tuple[int, int]]:
    """Ranges of documents whose stack wastes at most WASTE of its rows, apart from the rounding."""
    lengths = _round_up(lengths, multiple)
    runs = []
    first, total = 0, 0
    for i, length in enumerate(lengths.tolist()):
        stacked = int(lengths[first]) * (i + 1 - first)
        if stacked - (total + length) > WASTE * stacked:
            runs.append((first, i))
            first, total = i, 0
        total += length
    return [*runs, (first, len(lengths))] if len(lengths) else []


def _group(lengths: Ints, asked: Ints | None, device: torch.device, dtype: torch.dtype) -> Group:
    multiple = grain(device, dtype).length
    keys = _stack(lengths, multiple, device)
    bias = np.where(np.arange(keys.length) < lengths[:, None], 0.0, -np.inf)[:, None, None, :]
    return Group(
        keys=keys,
        queries=keys if asked is None else _stack(asked, multiple, device),
        bias=None if keys.uneven is None else torch.as_tensor(bias, device=device, dtype=dtype),
    )


def _stack(counts: Ints, multiple: int, device: torch.device) -> Stack:
    size, length = int(counts.sum()), int(_round_up(counts, multiple).max())
    if len(counts) * length == size:
        return Stack(size=size, count=len(counts), length=length, uneven=None)
    column, starts = np.arange(length), np.cumsum(counts) - counts
    # What fills a short document is its own last row: another's would carry a NaN across, masked or not.
    gather = starts[:, None] + np.minimum(column, counts[:, None] - 1)
    real = (column < counts[:, None]).reshape(-1)
    indices = [gather.reshape(-1), np.flatnonzero(real), np.flatnonzero(~real)]
    on_device = [torch.as_tensor(each, device=device) for each in indices]
    uneven = Uneven(gather=on_device[0], real=on_device[1], filling=on_device[2])
    return Stack(size=size, count=len(counts), length=length, uneven=uneven)


def split(rows: Tensor, stacks: Sequence[Stack]) -> Sequence[Tensor]:
    """The rows of each stack, and those of no document, which fill the strip.

    One split, not a slice a group: the backward of a slice fills a whole strip with zeros.
    """
    sizes = [stack.size for stack in stacks]
    return torch.split(rows, [*sizes, len(rows) - sum(sizes)])
