"""Whatever starts a run, its processes know their places and where to meet."""

import os
import socket
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mtl.engine.meeting import check_place, first_host, rendezvous
from mtl.errors import UserError
from tests.kit.ranks import ROOT

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
    assert rendezvous({**LAUNCHER, "RANK": "3"}) == {"LOCAL_RANK": "0", "LOCAL_WORLD_SIZE": "1"}


@pytest.mark.parametrize(
    "env",
    [{}, BATCH, srun(SLURM_STEP_NUM_TASKS="1", SLURM_STEP_TASKS_PER_NODE="1"), {"RANK": "0"}],
    ids=["bare", "batch script without srun", "srun of one task", "half a launcher"],
)
def test_alone_a_process_meets_nobody(env: dict[str, str]) -> None:
    assert rendezvous(env) == {
        "RANK": "0",
        "WORLD_SIZE": "1",
        "LOCAL_RANK": "0",
        "LOCAL_WORLD_SIZE": "1",
    }


def test_the_tasks_of_srun_are_ranks_that_meet_at_its_first_host() -> None:
    found = rendezvous(srun(6))
    assert 20_000 <= int(found.pop("MASTER_PORT")) < 32_000
    assert found == {
        "RANK": "6",
        "WORLD_SIZE": "8",
        "LOCAL_RANK": "2",
        "LOCAL_WORLD_SIZE": "4",
        "MASTER_ADDR": "gpu03",
    }


def test_two_steps_of_a_job_do_not_share_a_port() -> None:
    ports = {rendezvous(srun(SLURM_STEP_ID=str(step)))["MASTER_PORT"] for step in range(4)}
    assert len(ports) == 4


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
    assert 1024 <= int(port) < 32768, "from there on Linux hands ports out by itself"


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
    assert first_host(nodes) == host


@pytest.mark.parametrize(("node", "on_it"), [(0, 4), (1, 4), (2, 3)])
def test_srun_tells_each_node_its_own_number_of_ranks(node: int, on_it: int) -> None:
    env = srun(SLURM_STEP_TASKS_PER_NODE="4(x2),3", SLURM_NODEID=str(node))
    assert rendezvous(env)["LOCAL_WORLD_SIZE"] == str(on_it)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"RANK": "x"}, "RANK=x: is no whole number"),
        ({"RANK": ""}, "RANK=: is no whole number"),
        ({"RANK": "4"}, "RANK=4: must be from 0 to 3"),
        ({"RANK": "-1"}, "RANK=-1: must be"),
        ({"WORLD_SIZE": "two"}, "WORLD_SIZE=two"),
        ({"WORLD_SIZE": "0"}, "since WORLD_SIZE=0"),
        ({"LOCAL_RANK": "-2"}, "LOCAL_RANK=-2"),
        ({"LOCAL_WORLD_SIZE": "0"}, "LOCAL_WORLD_SIZE=0"),
        ({"MASTER_PORT": "http"}, "MASTER_PORT=http"),
        ({"MASTER_PORT": "70000"}, "MASTER_PORT=70000: is no port"),
        ({"MASTER_ADDR": ""}, "MASTER_ADDR: is not set"),
    ],
)
def test_variables_that_make_no_sense_are_one_line(changes: dict[str, str], words: str) -> None:
    with pytest.raises(UserError) as told:
        check_place({**LAUNCHER, "RANK": "0", "LOCAL_RANK": "0", **changes})
    assert words in str(told.value) and "\n" not in str(told.value)


MEET = """
import sys
from datetime import timedelta
import psutil
from torch import distributed
from mtl.engine.launch import join_run
from mtl.errors import leave_at_once, run_verb

def main():
    join_run(patience=timedelta(seconds=float(sys.argv[1])))
    distributed.barrier()
    listening = {c.laddr.ip for c in psutil.Process().net_connections() if c.status == "LISTEN"}
    everyone = [None] * distributed.get_world_size()
    distributed.all_gather_object(everyone, listening)
    sys.stdout.write(" ".join(sorted(set().union(*everyone))))

run_verb(main, leave=leave_at_once)
"""


def start(rank: int, world: int, port: int, *, patience: float = 60) -> subprocess.Popen[str]:
    place = {"RANK": rank, "WORLD_SIZE": world, "LOCAL_RANK": rank, "LOCAL_WORLD_SIZE": world}
    env = {**os.environ, "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port), "PYTHONPATH": str(ROOT)}
    env |= {key: str(value) for key, value in place.items()}
    return subprocess.Popen(
        [sys.executable, "-c", MEET, str(patience)],
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def test_ranks_of_one_host_listen_to_nobody_outside_of_it() -> None:
    port = free_port()
    both = [start(rank, 2, port) for rank in range(2)]
    outputs = [process.communicate(timeout=120) for process in both]
    assert [out for out, _ in outputs] == ["127.0.0.1"] * 2, outputs


def test_a_rank_that_nobody_joins_ends_with_one_line() -> None:
    _, told = start(0, 2, free_port(), patience=1).communicate(timeout=120)
    assert "error: rank 0 on" in told and "cannot meet the other 1 ranks at 127.0.0.1:" in told
    assert "Traceback" not in told


def test_a_meeting_place_that_is_taken_is_one_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = int(taken.getsockname()[1])
        _, told = start(0, 2, port).communicate(timeout=120)
    assert f"error: 127.0.0.1:{port}: the meeting place cannot be opened" in told and "--master_port" in told
    assert "Traceback" not in told
