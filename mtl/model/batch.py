"""A strip on its device: what the encoder and every head need, as tensors made once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mtl.data.strip import Sites, Strip
from mtl.model.documents import Asking, Documents, fill, grain, plan_asking, plan_documents
from mtl.model.moving import move


@dataclass(frozen=True, kw_only=True)
class Reads:
    """What one head reads: `num_sites` rows of what the encoder puts out, of `num_examples` examples."""

    rows: Tensor
    """[num_sites]."""
    gold: Tensor
    """[num_gold]."""
    owner: Tensor
    """[num_sites] the example of each row."""
    padded: Tensor
    """[num_examples, most] rows of each example side by side, num_sites where an example has fewer."""
    num_examples: int
    softmaxes: float


@dataclass(frozen=True, kw_only=True)
class Batch:
    """A strip on the device."""

    tokens: Tensor
    positions: Tensor
    second: Tensor
    documents: Documents
    asking: Asking
    """What the last layer computes."""
    reads: Mapping[str, Reads]
    """For every head that runs, also those without sites."""


def to_device(
    strip: Strip, heads: Sequence[str], *, device: torch.device, dtype: torch.dtype, width: int
) -> Batch:
    """Move a strip, which `heads` will read.

    `dtype` is the encoder's; with the width of an attention head it decides the kernel.
    """
    sites = [strip.sites.get(head, NOTHING) for head in heads]
    asking, place = _asking(strip, sites, device=device, dtype=dtype, width=width)
    rows = grain(device, dtype).rows
    arrays = [fill(array, rows) for array in (strip.tokens, strip.positions, strip.second)]
    for each in sites:
        arrays += [place[each.rows], each.gold, _owners(each), _padded(each)]
    tokens, positions, second, *rest = move(arrays, device)
    return Batch(
        tokens=tokens,
        positions=positions,
        second=second,
        documents=plan_documents(strip.bounds, device=device, dtype=dtype, width=width),
        asking=asking,
        reads={
            head: Reads(
                rows=rest[4 * i],
                gold=rest[4 * i + 1],
                owner=rest[4 * i + 2],
                padded=rest[4 * i + 3],
                num_examples=len(each.per_example),
                softmaxes=each.softmaxes,
            )
            for i, (head, each) in enumerate(zip(heads, sites, strict=True))
        },
    )


def _asking(
    strip: Strip, sites: Sequence[Sites], *, device: torch.device, dtype: torch.dtype, width: int
) -> tuple[Asking, NDArray[np.int64]]:
    """What the last layer computes for these sites, and where each row of the strip then stands.

    Where nothing is read it computes everything: what runs must be the same on every rank.
    """
    place = np.arange(strip.tokens.size)
    rows = np.unique(np.concatenate([_EMPTY, *(each.rows for each in sites)]))
    asked = rows if rows.size else place
    asking, put_out = plan_asking(strip.bounds, asked, device=device, dtype=dtype, width=width)
    place[put_out] = np.arange(put_out.size)
    return asking, place


def _owners(sites: Sites) -> NDArray[np.int64]:
    return np.repeat(np.arange(len(sites.per_example)), sites.per_example)


def _padded(sites: Sites) -> NDArray[np.int64]:
    count, total = len(sites.per_example), len(sites.rows)
    starts = np.cumsum(sites.per_example) - sites.per_example
    column = np.arange(sites.per_example.max() if count else 1)
    return np.where(column < sites.per_example[:, None], starts[:, None] + column, total)


_EMPTY = np.zeros(0, dtype=np.int64)
NOTHING = Sites(rows=_EMPTY, per_example=_EMPTY, gold=_EMPTY, softmaxes=1.0)
