"""Which of the processes that share a search this one is; alone where none was started."""

from torch import distributed


def place() -> tuple[int, int]:
    """This process's rank and the number of ranks."""
    if not (distributed.is_available() and distributed.is_initialized()):
        return 0, 1
    return distributed.get_rank(), distributed.get_world_size()


def wait() -> None:
    """Until every rank has come this far."""
    if place()[1] > 1:
        distributed.barrier()
