"""A process knows its place in the run, and takes turns where memory is short."""

import pytest
import torch

from mtl.engine.launch import Ranks, in_turns


@pytest.mark.parametrize("bytes_needed", [0, 1, 2**60])
def test_one_process_takes_its_turn_however_little_memory_is_free(bytes_needed: int) -> None:
    alone = Ranks(rank=0, world=1, local_rank=0, local_world=1, device=torch.device("cpu"))
    made = []

    def make() -> str:
        made.append(1)
        return "model"

    assert in_turns(alone, make, bytes_needed=bytes_needed) == "model"
    assert made == [1]


def test_the_rank_that_speaks_for_a_run_is_the_first_of_all_not_of_its_host() -> None:
    def at(rank: int) -> Ranks:
        return Ranks(rank=rank, world=8, local_rank=rank % 4, local_world=4, device=torch.device("cpu"))

    assert [at(rank).first for rank in range(8)] == [True] + [False] * 7
