"""How much of a GPU's memory is one rival's, where several live side by side."""

from collections.abc import Callable
from typing import TypeVar

import torch

T = TypeVar("T")


class Footprint:
    """What a rival holds between its turns, and the most that it ever held; nothing without a GPU."""

    def __init__(self) -> None:
        """Nothing is held yet."""
        self._held = 0
        self.peak = 0

    def of(self, work: Callable[[], T]) -> T:
        """What `work` gives, whose memory counts."""
        if not torch.cuda.is_available():
            return work()
        torch.cuda.reset_peak_memory_stats()
        before = torch.cuda.memory_allocated()
        made = work()
        self.peak = max(self.peak, self._held + torch.cuda.max_memory_allocated() - before)
        self._held += torch.cuda.memory_allocated() - before
        return made
