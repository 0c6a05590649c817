"""What one rank does for all, and what all must do or none: an error on any rank is an error on every rank.

Otherwise the others would wait in their next collective for a rank that has already left.
"""

import os
from collections.abc import Callable
from typing import Any, Protocol, TypeVar

from torch import distributed

from mtl.errors import UserError

T = TypeVar("T")


class Place(Protocol):
    """A process's place among those that work together."""

    @property
    def rank(self) -> int:
        """Its number, from 0 on."""

    @property
    def world(self) -> int:
        """How many there are."""


class OtherRankError(RuntimeError):
    """Another rank has failed; its own traceback is on its own error stream."""


def together(ranks: Place, make: Callable[[], T]) -> T:
    """What `make` gives here, once it has succeeded on every rank; else all ranks raise."""
    made, problem = None, None
    try:
        made = make()
    except Exception as error:
        problem = error
    others = [told for told in _gather(ranks, _told(problem, ranks)) if told is not None]
    if problem is not None:
        raise problem
    if others:
        raise others[0]
    return made  # type: ignore[return-value]


def on_every(ranks: Place, make: Callable[[], T]) -> list[T]:
    """What `make` gives on each rank, in their order, on every rank."""
    return _gather(ranks, together(ranks, make))


def on_first(ranks: Place, make: Callable[[], T]) -> T:
    """What `make` gives on the first rank, which alone calls it, on every rank."""
    made: Any = [together(ranks, lambda: make() if ranks.rank == 0 else None)]
    if ranks.world > 1:
        distributed.broadcast_object_list(made)
    result: T = made[0]
    return result


def _gather(ranks: Place, mine: T) -> list[T]:
    if ranks.world == 1:
        return [mine]
    everyone: list[Any] = [None] * ranks.world
    distributed.all_gather_object(everyone, mine)
    return everyone


def _told(error: Exception | None, ranks: Place) -> Exception | None:
    """An error as the other ranks hear of it."""
    if error is None or isinstance(error, UserError):
        return error
    where = f"rank {ranks.rank} on {os.uname().nodename}"
    return OtherRankError(f"{where} failed: {type(error).__name__}: {error}")
