"""A process knows its place in the run, and takes turns where memory is short."""

import pytest
import torch

from mtl.engine.launch import Ranks, in_turns, join_run, threads_wished
from tests.kit.ranks import run_on_ranks


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


@pytest.mark.parametrize(
    ("env", "threads"),
    [
        ({}, None),
        ({"OMP_NUM_THREADS": "3"}, 3),
        ({"OMP_NUM_THREADS": "0"}, None),
        ({"OMP_NUM_THREADS": "4,2"}, None),
        ({"OMP_NUM_THREADS": "1"}, 1),
        ({"OMP_NUM_THREADS": "1", "TORCHELASTIC_RUN_ID": "none"}, None),
        ({"OMP_NUM_THREADS": "2", "TORCHELASTIC_RUN_ID": "none"}, 2),
    ],
)
def test_one_thread_is_a_wish_unless_torchrun_says_it(env: dict[str, str], threads: int | None) -> None:
    assert threads_wished(env) == threads


def precision_of_products() -> tuple[str, str]:
    before = torch.get_float32_matmul_precision()
    join_run()
    return before, torch.get_float32_matmul_precision()


def test_products_in_fp32_are_in_fp32_whatever_the_container_allows() -> None:
    (found,) = run_on_ranks(precision_of_products, 1, env={"TORCH_ALLOW_TF32_CUBLAS_OVERRIDE": "1"})
    assert found == ("high", "highest")
