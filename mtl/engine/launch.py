"""Who we are among the processes of a run, under any starter: deepspeed, torchrun, srun, or plain python."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

import psutil  # type: ignore[import-untyped]
import torch
from torch import distributed

from mtl.engine.heap import keep_freed_memory
from mtl.engine.meeting import local_world_of, meet
from mtl.engine.product_cache import keep_compiled_products
from mtl.errors import UserError

T = TypeVar("T")

COLLECTIVE_TIMEOUT = timedelta(minutes=30)
"""How long a collective may take where nobody says otherwise."""


@dataclass(frozen=True, kw_only=True)
class Ranks:
    """This process's place in the run."""

    rank: int
    world: int
    local_rank: int
    local_world: int
    device: torch.device

    @classmethod
    def alone(cls, device: str = "cpu") -> "Ranks":
        """Those of a process that is the whole run."""
        return cls(rank=0, world=1, local_rank=0, local_world=1, device=torch.device(device))

    @property
    def first(self) -> bool:
        """Whether this process speaks for the run."""
        return self.rank == 0


def join_run(
    *, timeout: timedelta = COLLECTIVE_TIMEOUT, patience: timedelta = timedelta(minutes=10)
) -> Ranks:
    """Find the other processes, take a device, and share the cores among the ranks of this host."""
    if os.environ.get("DS_ACCELERATOR") == "cpu":  # DeepSpeed's word for a run without GPUs: PyTorch's, too
        os.environ["CUDA_VISIBLE_DEVICES"] = ""
    if not distributed.is_initialized():
        meet(timeout=timeout, patience=patience)
    local_rank = int(os.environ.get("LOCAL_RANK", "0"))
    local_world = local_world_of(os.environ)
    # Without it DeepSpeed asks a program for the number of CPU devices, again in every pass.
    os.environ.setdefault("LOCAL_SIZE", str(local_world))
    # The images of NVIDIA's allow TF32 by a variable, which rounds the factors of fp32 products to 10 bits.
    torch.set_float32_matmul_precision("highest")
    if torch.cuda.is_available():
        if local_rank >= torch.cuda.device_count():
            raise UserError(
                f"rank {distributed.get_rank()} is process {local_rank} of its host and sees "
                f"{torch.cuda.device_count()} GPUs; start one process a GPU, and let each see all of "
                "the host's (--gpus-per-node, not --gpus-per-task)"
            )
        torch.cuda.set_device(local_rank)
        device = torch.device("cuda", local_rank)
    else:
        device = torch.device("cpu")
        keep_freed_memory()
        keep_compiled_products()
    torch.set_num_threads(threads_of(os.environ, cores=len(os.sched_getaffinity(0))))
    return Ranks(
        rank=distributed.get_rank(),
        world=distributed.get_world_size(),
        local_rank=local_rank,
        local_world=local_world,
        device=device,
    )


def threads_of(env: Mapping[str, str], *, cores: int) -> int:
    """A rank's share of the cores that it may use; a smaller wish of the user's is respected.

    More threads than cores is a cliff, not a slope.
    """
    # Where the ranks are srun's tasks, these may be the task's own already.
    are_tasks = env.get("WORLD_SIZE") == env.get("SLURM_STEP_NUM_TASKS")
    own = are_tasks and env.get("SLURM_CPUS_PER_TASK") == str(cores)
    share = cores if own else max(cores // local_world_of(env), 1)
    wish = env.get("OMP_NUM_THREADS", "")
    # torchrun says 1 for whoever says nothing.
    unsaid = wish == "1" and "TORCHELASTIC_RUN_ID" in env
    return min(share, int(wish)) if wish.isdigit() and int(wish) > 0 and not unsaid else share


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
        wait_for_all()
    assert made is not None
    return made


def wait_for_all() -> None:
    """Return when every rank has come this far; at once where there is one alone."""
    if distributed.is_initialized() and distributed.get_world_size() > 1:
        # NCCL left to itself guesses which GPU is this rank's, and warns.
        on_gpu = distributed.get_backend() == "nccl"
        distributed.barrier(device_ids=[torch.cuda.current_device()] if on_gpu else None)


def any_rank(ranks: Ranks, mine: bool) -> bool:
    """Whether it is true of any rank."""
    flag = torch.tensor(float(mine), device=ranks.device)
    if ranks.world > 1:
        distributed.all_reduce(flag, distributed.ReduceOp.MAX)
    return bool(flag)


def leave_run() -> None:
    """Wait for the other ranks and let go of them; nothing is communicated afterwards."""
    wait_for_all()
    if distributed.is_initialized():
        distributed.destroy_process_group()
