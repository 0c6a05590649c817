"""Legs of runs: some steps of a cell, from the beginning or a checkpoint, perhaps to a checkpoint; and what came out."""

from dataclasses import dataclass
from pathlib import Path

import torch

from mtl.engine import checkpoint
from mtl.engine.checkpoint_files import folder_name
from mtl.engine.engine import Engine
from mtl.engine.launch import join_run
from mtl.engine.shards import ADAM_KEYS
from tests.kit import cells
from tests.kit.cells import Cell

SAVED = 3
"""The step after which a leg saves."""


@dataclass(frozen=True)
class Leg:
    name: str
    cell: Cell
    load: str | None = None
    """The leg that saved what this one goes on from."""
    save: bool = False
    """Take a checkpoint, and make it whole only after the next step."""
    room: bool = True
    """The host has memory for a copy of what is saved."""


@dataclass(frozen=True)
class Walked:
    losses: list[float]
    state: dict[str, torch.Tensor]


def whole_state(engine: Engine) -> dict[str, torch.Tensor]:
    """Weights and averages, whole."""
    shards = engine.shards
    state = dict(engine.full_weights())
    for name in [name for name in state if shards.trains(name)]:
        for key in ADAM_KEYS:
            whole = shards.average(name, key)
            assert whole is not None
            state[f"{name}/{key}"] = whole
    return state


def walk(leg: Leg, stores: Path, root: Path) -> Walked:
    ranks = join_run()
    engine, steps = cells.make_engine(leg.cell, ranks), cells.make_steps(leg.cell, stores)
    first, records = 0, {"heads": list(engine.heads)}
    if leg.load is not None:
        opened = checkpoint.open_checkpoint(root / leg.load / folder_name(SAVED), ranks)
        assert opened.records == records
        checkpoint.load_state(engine, opened)
        first = opened.step
    losses, saves = [], []
    checkpoint.Save._has_room = lambda self, needed: leg.room  # type: ignore[method-assign]
    for step in range(first, leg.cell.steps):
        if leg.save and step == SAVED:
            saves.append(checkpoint.Save(engine, root / leg.name, step=step, records=records))
        outcome = engine.step(steps.for_rank(step, ranks.rank, ranks.world), stop=False)
        while saves:
            saves.pop().finish()
        losses.append(sum(outcome.agreement.loss_sums))
    walked = Walked(losses, whole_state(engine))
    engine.close()
    return walked


def walk_all(legs: list[Leg], stores: Path, root: Path) -> dict[str, Walked]:
    return {leg.name: walk(leg, stores, root) for leg in legs}
