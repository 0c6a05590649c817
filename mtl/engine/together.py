"""What one rank does for all, and what all must do or none: an error on any rank is an error on every rank.

Otherwise the others would wait in their next collective for a rank that has already left.
"""

import os
from collections.abc import Callable
from typing import Any, TypeVar

import torch
from torch import distributed

from mtl.engine.launch import Ranks
from mtl.errors import UserError

T = TypeVar("T")


class OtherRankError(RuntimeError):
    """Another rank has failed; its own message is on its own error stream."""


def on_first(ranks: Ranks, make: Callable[[], T]) -> T:
    """What `make` gives on the first rank, on every rank."""
    return on_every(ranks, lambda: make() if ranks.first else None)[0]  # type: ignore[return-value]


def on_every(ranks: Ranks, make: Callable[[], T]) -> list[T]:
    """What `make` gives on each rank, in their order, on every rank."""
    made: Any = None
    problem: Exception | None = None
    try:
        made = make()
    except Exception as error:
        problem = error
    if ranks.world == 1:
        if problem is not None:
            raise problem
        return [made]
    said = None if problem is None else (isinstance(problem, UserError), _words(problem, ranks))
    everyone: list[Any] = [None] * ranks.world
    distributed.all_gather_object(everyone, (made, said))
    if problem is not None:
        raise problem
    for _, theirs in everyone:
        if theirs is not None:
            users, words = theirs
            raise UserError(words) if users else OtherRankError(words)
    return [each for each, _ in everyone]


def any_rank(ranks: Ranks, mine: bool) -> bool:
    """Whether it is true of any rank."""
    flag = torch.tensor(float(mine), device=ranks.device)
    if ranks.world > 1:
        distributed.all_reduce(flag, distributed.ReduceOp.MAX)
    return bool(flag)


def _words(error: Exception, ranks: Ranks) -> str:
    if isinstance(error, UserError):
        return str(error)
    return f"rank {ranks.rank} on {os.uname().nodename} failed: {type(error).__name__}: {error}"
