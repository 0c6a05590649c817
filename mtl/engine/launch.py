"""Who we are among the processes of a run, under any starter: deepspeed, torchrun, srun, or plain python."""

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

import psutil  # type: ignore[import-untyped]
import torch
from torch import distributed

from mtl.errors import UserError

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Ranks:
    """This process's place in the run."""

    rank: int
    world: int
    local_rank: int
    local_world: int
    device: torch.device

    @property
    def first(self) -> bool:
        """Whether this process speaks for the run."""
        return self.rank == 0


def join_run(*, timeout: timedelta = timedelta(minutes=30)) -> Ranks:
    """Find the other processes, take a device, and share the cores among the ranks of this host."""
    if not distributed.is_initialized():
        os.environ.update(rendezvous(os.environ))
        backend = "nccl" if torch.cuda.is_available() else "gloo"
        distributed.init_process_group(backend, timeout=timeout)
    local_rank = int(os.environ.get("LOCAL_RANK", "0"))
    local_world = int(
        os.environ.get("LOCAL_WORLD_SIZE") or os.environ.get("LOCAL_SIZE") or distributed.get_world_size()
    )
    # Without it DeepSpeed asks a program for the number of CPU devices, again in every pass.
    os.environ.setdefault("LOCAL_SIZE", str(local_world))
    if torch.cuda.is_available():
        if local_rank >= torch.cuda.device_count():
            raise UserError(
                f"rank {distributed.get_rank()} is process {local_rank} of its host, which has "
                f"{torch.cuda.device_count()} GPUs; start one process a GPU"
            )
        torch.cuda.set_device(local_rank)
        device = torch.device("cuda", local_rank)
    else:
        device = torch.device("cpu")
    # More threads than cores is a cliff, not a slope; a smaller wish of the user's is respected.
    share = max(len(os.sched_getaffinity(0)) // local_world, 1)
    wish = os.environ.get("OMP_NUM_THREADS", "")
    torch.set_num_threads(min(share, int(wish)) if wish.isdigit() and int(wish) > 0 else share)
    return Ranks(
        rank=distributed.get_rank(),
        world=distributed.get_world_size(),
        local_rank=local_rank,
        local_world=local_world,
        device=device,
    )


def rendezvous(env: Mapping[str, str]) -> dict[str, str]:
    """The variables by which PyTorch's processes find each other, from whatever the starter set."""
    if "RANK" in env and "WORLD_SIZE" in env:
        return {"LOCAL_RANK": env.get("LOCAL_RANK", "0")}
    # Set by srun for the tasks of a step; a batch script without srun has no step, and runs alone.
    if int(env.get("SLURM_STEP_NUM_TASKS", "1")) > 1:
        on_each_node = env.get("SLURM_STEP_TASKS_PER_NODE", env.get("SLURM_NTASKS_PER_NODE", "1"))
        on_this_node = _tasks_by_node(on_each_node)[int(env.get("SLURM_NODEID", "0"))]
        return {
            "RANK": env["SLURM_PROCID"],
            "WORLD_SIZE": env["SLURM_STEP_NUM_TASKS"],
            "LOCAL_RANK": env["SLURM_LOCALID"],
            "LOCAL_WORLD_SIZE": str(on_this_node),
            "MASTER_ADDR": env.get("MASTER_ADDR") or _first_host(env["SLURM_STEP_NODELIST"]),
            "MASTER_PORT": env.get("MASTER_PORT") or str(20000 + int(env["SLURM_JOB_ID"]) % 20000),
        }
    # Alone: port 0 lets the system choose a free one.
    return {
        "RANK": "0",
        "WORLD_SIZE": "1",
        "LOCAL_RANK": "0",
        "LOCAL_WORLD_SIZE": "1",
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": "0",
    }


def _tasks_by_node(tasks: str) -> list[int]:
    """Slurm's short form, one number a node: `4(x2),3` gives 4, 4, 3."""
    parts = re.findall(r"(\d+)(?:\(x(\d+)\))?", tasks)
    return [int(count) for count, nodes in parts for _ in range(int(nodes or 1))]


def _first_host(nodes: str) -> str:
    """The first host of a Slurm list: `gpu[03-05,9],login1` gives `gpu03`."""
    match = re.match(r"([^\[,]+)(?:\[([^\],-]+))?", nodes)
    assert match, nodes
    return match.group(1) + (match.group(2) or "")


def in_turns(ranks: Ranks, make: Callable[[], T], *, bytes_needed: int) -> T:
    """What `make` gives, called by as many ranks of a host at one time as its free memory allows."""
    at_once = max(psutil.virtual_memory().available // max(bytes_needed, 1), 1)
    # Hosts may differ in ranks and memory; all meet after each turn, so there are as many turns everywhere.
    turns = torch.tensor(-(-ranks.local_world // at_once), device=ranks.device)
    if ranks.world > 1:
        distributed.all_reduce(turns, distributed.ReduceOp.MAX)
    made = None
    for turn in range(int(turns)):
        if ranks.local_rank // at_once == turn:
            made = make()
        if ranks.world > 1:
            distributed.barrier()
    assert made is not None
    return made


def part() -> None:
    """Wait for the other ranks and let go of them; nothing is communicated afterwards."""
    if distributed.is_initialized():
        distributed.barrier()
        distributed.destroy_process_group()
