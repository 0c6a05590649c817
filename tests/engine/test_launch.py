"""Whatever starts a run, its processes know their places and where to meet."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from mtl.engine.launch import Ranks, _first_host, in_turns, rendezvous

BATCH = {
    "SLURM_JOB_ID": "123456",
    "SLURM_NTASKS": "8",
    "SLURM_NTASKS_PER_NODE": "4",
    "SLURM_JOB_NUM_NODES": "2",
}
"""What a batch script sees, outside of srun."""
LAUNCHER = {"WORLD_SIZE": "4", "MASTER_ADDR": "10.0.0.7", "MASTER_PORT": "29500"}


def srun(rank: int = 0, **changes: str) -> dict[str, str]:
    """What srun tells the task of this rank."""
    return {
        **BATCH,
        "SLURM_PROCID": str(rank),
        "SLURM_LOCALID": str(rank % 4),
        "SLURM_STEP_NUM_TASKS": "8",
        "SLURM_STEP_TASKS_PER_NODE": "4(x2)",
        "SLURM_STEP_NODELIST": "gpu[03-04]",
        **changes,
    }


@pytest.mark.parametrize("outside", [{}, BATCH, srun(5)], ids=["bare", "batch script", "srun"])
def test_what_a_launcher_says_is_kept_whatever_it_was_started_by(outside: dict[str, str]) -> None:
    env = {**outside, **LAUNCHER, "RANK": "3", "LOCAL_RANK": "1"}
    assert {**env, **rendezvous(env)} == env


def test_a_launcher_that_names_no_local_rank_has_one_process_a_host() -> None:
    assert rendezvous({**LAUNCHER, "RANK": "3"}) == {"LOCAL_RANK": "0"}


@pytest.mark.parametrize(
    "env",
    [{}, BATCH, srun(SLURM_STEP_NUM_TASKS="1", SLURM_STEP_TASKS_PER_NODE="1"), {"RANK": "0"}],
    ids=["bare", "batch script without srun", "srun of one task", "half a launcher"],
)
def test_alone_a_process_meets_nobody_on_a_port_that_the_system_chooses(env: dict[str, str]) -> None:
    assert rendezvous(env) == {
        "RANK": "0",
        "WORLD_SIZE": "1",
        "LOCAL_RANK": "0",
        "LOCAL_WORLD_SIZE": "1",
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": "0",
    }


def test_the_tasks_of_srun_are_ranks_that_meet_at_its_first_host() -> None:
    assert rendezvous(srun(6)) == {
        "RANK": "6",
        "WORLD_SIZE": "8",
        "LOCAL_RANK": "2",
        "LOCAL_WORLD_SIZE": "4",
        "MASTER_ADDR": "gpu03",
        "MASTER_PORT": "23456",
    }


def test_srun_counts_the_tasks_of_the_step_not_of_the_job() -> None:
    env = srun(SLURM_NTASKS="16", SLURM_STEP_NUM_TASKS="2", SLURM_STEP_TASKS_PER_NODE="2")
    found = rendezvous(env)
    assert (found["WORLD_SIZE"], found["LOCAL_WORLD_SIZE"]) == ("2", "2")


def test_a_meeting_place_that_the_user_names_is_respected() -> None:
    found = rendezvous(srun(MASTER_ADDR="10.1.1.1", MASTER_PORT="4000"))
    assert (found["MASTER_ADDR"], found["MASTER_PORT"]) == ("10.1.1.1", "4000")


@given(st.integers(0, 10**9), st.integers(2, 64))
def test_all_tasks_of_srun_find_the_same_unprivileged_port(job: int, tasks: int) -> None:
    env = {"SLURM_JOB_ID": str(job), "SLURM_STEP_NUM_TASKS": str(tasks)}
    found = [rendezvous(srun(rank, **env)) for rank in range(tasks)]
    assert [int(one["RANK"]) for one in found] == list(range(tasks))
    ((_, port),) = {(one["MASTER_ADDR"], one["MASTER_PORT"]) for one in found}
    assert 1024 <= int(port) < 65536


@pytest.mark.parametrize(
    ("nodes", "host"),
    [
        ("gpu03", "gpu03"),
        ("gpu[03-05,9],login1", "gpu03"),
        ("gpu[9,03-05]", "gpu9"),
        ("node-a-1,node-a-2", "node-a-1"),
        ("rack-2-[001-016]", "rack-2-001"),
        ("login1,gpu[1-2]", "login1"),
        ("n1.cluster.example,n2.cluster.example", "n1.cluster.example"),
    ],
)
def test_the_first_host_of_a_slurm_list(nodes: str, host: str) -> None:
    assert _first_host(nodes) == host


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


@pytest.mark.parametrize(("node", "on_it"), [(0, 4), (1, 4), (2, 3)])
def test_srun_tells_each_node_its_own_number_of_ranks(node: int, on_it: int) -> None:
    env = srun(SLURM_STEP_TASKS_PER_NODE="4(x2),3", SLURM_NODEID=str(node))
    assert rendezvous(env)["LOCAL_WORLD_SIZE"] == str(on_it)
