"""Small arrays on their way to the device: in one piece, from pinned memory; nobody waits for them."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor


def move(arrays: Sequence[NDArray[Any]], device: torch.device) -> list[Tensor]:
    """Arrays of whole numbers on the device, as int64 and in their shapes."""
    flat = torch.from_numpy(np.concatenate([array.reshape(-1) for array in arrays], dtype=np.int64))
    if device.type == "cuda":
        flat = flat.pin_memory()
    parts = flat.to(device, non_blocking=True).split([array.size for array in arrays])  # type: ignore[no-untyped-call]
    return [part.view(array.shape) for part, array in zip(parts, arrays, strict=True)]
