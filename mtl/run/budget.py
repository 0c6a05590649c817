"""`train.token_budget: auto`: the largest budget that is safe on every rank, and the same on all.

It is chosen once, before the first step, and written into the phase's folder: a run that goes on elsewhere
keeps it, because with dropout another budget would be another run.
"""

import gc
import json
from dataclasses import dataclass

import psutil  # type: ignore[import-untyped]
import torch

from mtl.engine.heap import give_back_memory
from mtl.engine.launch import Ranks
from mtl.errors import UserError
from mtl.files import write_atomic
from mtl.model.config import EncoderConfig
from mtl.run.memory import Sharding, Sizes, memory_of
from mtl.run.recipe.schema import Phase
from mtl.run.scaling import largest_budget
from mtl.runfolder import PhaseFolder
from mtl.together import on_every


@dataclass(frozen=True, kw_only=True)
class Capacity:
    """What a phase's ranks have: how many there are, and the bytes that each may take."""

    ranks: int
    bytes: float
    on_cpus: bool = False
    chosen: int | None = None
    """The budget with which the phase began."""


def look_around(ranks: Ranks, folder: PhaseFolder) -> Capacity:
    """That of the rank with least, and the budget that was chosen earlier; every rank must call it."""

    def look() -> tuple[float, int | None]:
        return _free_bytes(ranks), _read(folder)

    everyone = on_every(ranks, look)
    return Capacity(
        ranks=ranks.world,
        bytes=min(free for free, _ in everyone),
        on_cpus=ranks.device.type == "cpu",
        chosen=everyone[0][1],
    )


def find_budget(
    phase: Phase, config: EncoderConfig, sizes: Sizes, sharding: Sharding, capacity: Capacity, *, longest: int
) -> int:
    """The budget with which the phase began, or else the largest that the model of memory allows.

    No document is longer than `longest`.
    """
    if capacity.chosen is not None:
        return capacity.chosen
    precision = phase.train.precision
    memory = memory_of(sizes, sharding, ranks=capacity.ranks, precision=precision)
    held = memory.total + (memory.computer if capacity.on_cpus else 0.0)
    budget = largest_budget(
        config,
        held,
        room=capacity.bytes,
        precision=precision,
        recompute=phase.model.recompute,
        kept_keys=longest if capacity.on_cpus else 0,
    )
    if not budget:
        raise UserError(
            f"train.token_budget: a rank has {capacity.bytes / 2**30:.1f} GiB, of which weights, gradients "
            f"and optimizer take {held / 2**30:.1f}; set model.recompute=true, a higher ZeRO stage, or more "
            "ranks"
        )
    return budget


def write_budget(folder: PhaseFolder, budget: int) -> None:
    """Save the budget, for a run that goes on."""
    write_atomic(folder.budget, json.dumps({"token_budget": budget}) + "\n")


def _read(folder: PhaseFolder) -> int | None:
    if not folder.has_work():  # a start that failed wrote it, perhaps for another model
        return None
    try:
        return int(json.loads(folder.budget.read_text(encoding="utf-8"))["token_budget"])
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError):
        raise UserError(f"{folder.budget}: is damaged; set train.token_budget to a number") from None


def _free_bytes(ranks: Ranks) -> float:
    # What an earlier phase of this process has freed counts as free: alone, this one would find it so.
    gc.collect()
    give_back_memory()
    if ranks.device.type == "cuda":
        torch.cuda.empty_cache()
        return float(torch.cuda.mem_get_info(ranks.device)[0])
    return float(psutil.virtual_memory().available) / ranks.local_world
