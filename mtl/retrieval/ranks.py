"""Which of the processes that share a search this one is; alone where none was started."""

from dataclasses import dataclass

from torch import distributed


@dataclass(frozen=True, kw_only=True)
class Here:
    """This process's place among them."""

    rank: int
    world: int

    @property
    def first(self) -> bool:
        """Whether it writes what is one for all."""
        return self.rank == 0


def here() -> Here:
    """This process's place."""
    if distributed.is_available() and distributed.is_initialized():
        return Here(rank=distributed.get_rank(), world=distributed.get_world_size())
    return Here(rank=0, world=1)
