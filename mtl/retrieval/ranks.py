"""Which of the processes that share a search this one is; alone where none was started."""

from torch import distributed


def my_rank() -> int:
    """This process's number, from 0 on."""
    return distributed.get_rank() if _are_several() else 0


def num_ranks() -> int:
    """How many processes there are."""
    return distributed.get_world_size() if _are_several() else 1


def is_first() -> bool:
    """Whether this process writes what is one for all."""
    return my_rank() == 0


def wait() -> None:
    """Until every rank has come this far."""
    if num_ranks() > 1:
        distributed.barrier()


def _are_several() -> bool:
    return distributed.is_available() and distributed.is_initialized()
