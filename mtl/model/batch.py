"""A strip on its device: what the encoder and every head need, as tensors made once."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mtl.data.strip import Sites, Strip
from mtl.model.attention import Documents, plan_documents


@dataclass(frozen=True, kw_only=True)
class Reads:
    """What one head reads: `num_sites` rows of the encoder's output, of `num_examples` examples."""

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
    reads: Mapping[str, Reads]
    """For every head that runs, also those without sites."""


def to_device(strip: Strip, heads: Sequence[str], *, device: torch.device, dtype: torch.dtype) -> Batch:
    """Move a strip, which `heads` will read; `dtype` is the encoder's and decides the attention kernel."""

    def move(array: NDArray[Any]) -> Tensor:
        return torch.from_numpy(np.ascontiguousarray(array)).to(device, non_blocking=True)

    return Batch(
        tokens=move(strip.tokens),
        positions=move(strip.positions),
        second=move(strip.second),
        documents=plan_documents(strip.bounds, device=device, dtype=dtype),
        reads={head: _reads(strip.sites.get(head, NOTHING), move) for head in heads},
    )


def _reads(sites: Sites, move: Callable[[NDArray[Any]], Tensor]) -> Reads:
    count, total = len(sites.per_example), len(sites.rows)
    starts = (
        np.concatenate([[0], np.cumsum(sites.per_example)[:-1]]) if count else np.zeros(0, dtype=np.int64)
    )
    column = np.arange(sites.per_example.max() if count else 1)
    padded = np.where(column < sites.per_example[:, None], starts[:, None] + column, total)
    return Reads(
        rows=move(sites.rows),
        gold=move(sites.gold),
        owner=move(np.repeat(np.arange(count), sites.per_example)),
        padded=move(padded.astype(np.int64)),
        num_examples=count,
        softmaxes=sites.softmaxes,
    )


_EMPTY = np.zeros(0, dtype=np.int64)
NOTHING = Sites(rows=_EMPTY, per_example=_EMPTY, gold=_EMPTY, softmaxes=1.0)
