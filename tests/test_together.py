"""An error on one rank is an error on all, before anybody waits for the one that left."""

import os
from pathlib import Path
from typing import Any

import pytest

from mtl.engine.checkpoint_files import DamagedError
from mtl.engine.launch import join_run
from mtl.errors import UserError
from mtl.together import OtherRankError, on_every, on_first, together
from tests.kit.ranks import run_on_ranks


def outcomes(_: Path) -> list[Any]:
    ranks = join_run()

    def fail_on(rank: int, error: Exception) -> Any:
        if ranks.rank == rank:
            raise error
        return ranks.rank

    results: list[Any] = [
        on_first(ranks, lambda: {"rank": ranks.rank}),
        on_every(ranks, lambda: ranks.rank),
    ]
    for call in (together, on_every, on_first):
        for error in (UserError("mend it"), DamagedError("torn"), ZeroDivisionError("ours")):
            try:
                results.append(call(ranks, lambda error=error: fail_on(0, error)))
            except Exception as caught:
                results.append((type(caught), str(caught)))
    try:
        together(ranks, lambda: fail_on(1, ZeroDivisionError("ours")))
    except Exception as caught:
        results.append((type(caught), str(caught)))
    return results


def test_results_and_errors_reach_every_rank(tmp_path: Path) -> None:
    first, second = run_on_ranks(outcomes, 2, tmp_path)
    assert first[:2] == second[:2] == [{"rank": 0}, [0, 1]]
    host = os.uname().nodename
    users = [(UserError, "mend it"), (DamagedError, "torn")]
    assert first[2:11] == [*users, (ZeroDivisionError, "ours")] * 3
    assert second[2:11] == [*users, (OtherRankError, f"rank 0 on {host} failed: ZeroDivisionError: ours")] * 3
    assert first[11] == (OtherRankError, f"rank 1 on {host} failed: ZeroDivisionError: ours")
    assert second[11] == (ZeroDivisionError, "ours")


def test_alone_it_is_a_plain_call() -> None:
    from tests.engine.test_checkpoint import ALONE

    assert on_first(ALONE, lambda: 3) == 3
    with pytest.raises(ZeroDivisionError):
        on_every(ALONE, lambda: 1 // 0)
