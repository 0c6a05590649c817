"""From a strip's hidden states to one vector a document: the mean over its tokens, or its first token."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mtl.data.ranges import ranges
from mtl.retrieval.names import Pooling


class Pool:
    """The pooling of one strip, prepared once and used for as many layers as are asked for."""

    def __init__(
        self,
        bounds: NDArray[np.int64],
        *,
        how: Pooling,
        prefix: int,
        suffix: int,
        device: torch.device,
    ) -> None:
        """Read the documents between `bounds`, without so many special tokens at their start and end.

        A document that is special tokens alone keeps them.
        """
        first, last = bounds[:-1], bounds[1:]
        if how == "first":
            last = first + 1
        else:
            inner = last - first > prefix + suffix
            first, last = first + prefix * inner, last - suffix * inner
        lengths = last - first
        self._rows = torch.as_tensor(ranges(first, lengths), device=device)
        self._lengths = torch.as_tensor(lengths, device=device)

    def __call__(self, hidden: Tensor) -> Tensor:
        """[tokens, hidden] to [documents, hidden], in fp32."""
        read = hidden.index_select(0, self._rows).float()
        pooled: Tensor = torch.segment_reduce(read, "mean", lengths=self._lengths)
        return pooled
