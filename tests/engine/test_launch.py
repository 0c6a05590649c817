"""A process knows its place in the run and its share of the cores, and takes turns where memory is short."""

import os
from typing import Any
from unittest import mock

import pytest
import torch
from torch import distributed

from mtl.engine.launch import Ranks, any_rank, in_turns, join_run, leave_run, threads_of, wait_for_all
from tests.kit.ranks import run_on_ranks


@pytest.mark.parametrize("bytes_needed", [0, 1, 2**60])
def test_one_process_takes_its_turn_however_little_memory_is_free(bytes_needed: int) -> None:
    alone = Ranks.alone()
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


SRUN = {"SLURM_STEP_NUM_TASKS": "16", "SLURM_CPUS_PER_TASK": "8", "WORLD_SIZE": "16", "LOCAL_WORLD_SIZE": "8"}


@pytest.mark.parametrize(
    ("env", "cores", "threads"),
    [
        ({"WORLD_SIZE": "8", "LOCAL_WORLD_SIZE": "8"}, 64, 8),
        ({"WORLD_SIZE": "8", "LOCAL_WORLD_SIZE": "8"}, 4, 1),
        ({"WORLD_SIZE": "2", "OMP_NUM_THREADS": "3"}, 16, 3),
        ({"WORLD_SIZE": "2", "OMP_NUM_THREADS": "16"}, 16, 8),
        ({"WORLD_SIZE": "2", "OMP_NUM_THREADS": "0"}, 16, 8),
        ({"WORLD_SIZE": "2", "OMP_NUM_THREADS": "4,2"}, 16, 8),
        ({"WORLD_SIZE": "2", "OMP_NUM_THREADS": "1"}, 16, 1),
        (
            {"WORLD_SIZE": "2", "OMP_NUM_THREADS": "1", "TORCHELASTIC_RUN_ID": "none"},
            16,
            8,
        ),  # torchrun's word
        ({"WORLD_SIZE": "2", "OMP_NUM_THREADS": "2", "TORCHELASTIC_RUN_ID": "none"}, 16, 2),
        (SRUN, 8, 8),  # bound to its own
        (SRUN, 64, 8),  # not bound: the host's
        ({**SRUN, "SLURM_STEP_NUM_TASKS": "2"}, 8, 1),  # torchrun's ranks share the cores of srun's task
        ({**SRUN, "OMP_NUM_THREADS": "2"}, 8, 2),
    ],
)
def test_ranks_share_the_cores_of_a_host_but_not_those_that_srun_gave_to_each(
    env: dict[str, str], cores: int, threads: int
) -> None:
    assert threads_of(env, cores=cores) == threads


def precision_of_products() -> tuple[str, str]:
    before = torch.get_float32_matmul_precision()
    join_run()
    return before, torch.get_float32_matmul_precision()


def test_products_in_fp32_are_in_fp32_whatever_the_container_allows() -> None:
    (found,) = run_on_ranks(precision_of_products, 1, env={"TORCH_ALLOW_TF32_CUBLAS_OVERRIDE": "1"})
    assert found == ("high", "highest")


def gpus_left_to_see() -> tuple[str, str]:
    ranks = join_run()
    return ranks.device.type, os.environ["CUDA_VISIBLE_DEVICES"]


def test_who_keeps_deepspeed_off_the_gpus_keeps_the_ranks_off_them() -> None:
    env = {"DS_ACCELERATOR": "cpu", "CUDA_VISIBLE_DEVICES": "0,1"}
    assert run_on_ranks(gpus_left_to_see, 2, env=env) == [("cpu", "")] * 2


def barriers(backend: str) -> list[dict[str, Any]]:
    """With what PyTorch's barrier is called, in a group of that back end, on the second GPU."""
    called: list[dict[str, Any]] = []
    with (
        mock.patch.object(distributed, "barrier", lambda **said: called.append(said)),
        mock.patch.object(distributed, "get_backend", lambda: backend),
        mock.patch.object(distributed, "destroy_process_group", lambda: None),
        mock.patch.object(torch.cuda, "current_device", lambda: 1),
    ):
        wait_for_all()
        leave_run()
    return called


@pytest.mark.parametrize(("backend", "on"), [("nccl", [1]), ("gloo", None)])
def test_ranks_wait_for_each_other_on_their_own_gpus(backend: str, on: list[int] | None) -> None:
    assert run_on_ranks(barriers, 2, backend) == [[{"device_ids": on}] * 2] * 2


def test_one_rank_waits_for_nobody() -> None:
    assert run_on_ranks(barriers, 1, "nccl") == [[]]


def asked() -> list[bool]:
    ranks = join_run()
    return [any_rank(ranks, ranks.rank == 1), any_rank(ranks, False)]


def test_what_is_true_of_one_rank_is_known_to_all() -> None:
    assert run_on_ranks(asked, 2) == [[True, False]] * 2
