"""What a step of a cell really holds and sends, beside what the model of memory says."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

import torch
from torch import distributed

from mtl.engine.ds_config import DsConfig
from mtl.engine.engine import Engine
from mtl.engine.launch import Ranks, join_run
from mtl.model.load import build_model
from mtl.run.memory import WIDTH, Sharding, Sizes, memory_of, sent_bytes, sizes_of
from tests.kit import cells
from tests.kit.cells import Cell, N, ds_config, make_steps, settings
from tests.kit.memory import live_bytes
from tests.kit.models import make_config
from tests.kit.stores import head_spec

WIDE = {"hidden_size": 256, "num_hidden_layers": 3, "num_attention_heads": 4, "intermediate_size": 1024}
REPEATED = 2
"""A bucket that is reduced in the background may be let go a moment late: the least of several steps counts."""


@dataclass(frozen=True)
class Footprint:
    held: float
    predicted_held: float
    sent: float
    """Through a ring, by the all-reduces that there were; and the updated weights at stages 1 and 2."""
    predicted_sent: float


def wide_engine(cell: Cell, ranks: Ranks, config: DsConfig) -> tuple[Engine, Sizes]:
    """An engine whose weights outweigh everything else in the process."""
    specs = [head_spec(task) for task in cells.tasks()]
    model = build_model(None, make_config(WIDE), specs, seed=0)
    sizes = sizes_of(model, persistence_threshold=Sharding.of(config).persistence_threshold)
    engine = Engine(
        model,
        ds_config=config,
        settings=settings(cell),
        loss_weights=[1.0] * len(specs),
        examples_per_step=N,
        seed=0,
        ranks=ranks,
    )
    return engine, sizes


@contextmanager
def looking(engine: Engine) -> Iterator[list[int]]:
    """While open: what is live after each backward pass, and right before the optimizer moves."""
    seen: list[int] = []

    def look(function: Any) -> Any:
        def looked(*args: Any, **kwargs: Any) -> Any:
            given = function(*args, **kwargs)
            seen.append(live_bytes())
            return given

        return looked

    with (
        mock.patch.object(engine._engine, "backward", look(engine._engine.backward)),
        mock.patch.object(engine.optimizer, "prepare", look(engine.optimizer.prepare)),
    ):
        yield seen


def footprint(cell: Cell, folder: Path) -> Footprint:
    """Of the second step, when the optimizer's state is there."""
    ranks, config = join_run(), ds_config(cell)
    gc.collect()
    gc.freeze()  # what is there already is not counted, and not searched again
    engine, sizes = wide_engine(cell, ranks, config)
    steps = make_steps(cell, folder)
    engine.step(steps.for_rank(0, ranks.rank, ranks.world), stop=False)
    work, reduced = steps.for_rank(1, ranks.rank, ranks.world), [0]
    all_reduce = distributed.all_reduce

    def counted(tensor: torch.Tensor, *args: Any, **kwargs: Any) -> Any:
        if tensor.numel() > 100:  # the rest is agreement
            reduced[0] += tensor.nbytes
        return all_reduce(tensor, *args, **kwargs)

    held = []
    for repeated in range(1 + REPEATED):
        with looking(engine) as seen, mock.patch.object(distributed, "all_reduce", counted):
            engine.step(work, stop=False)
        held.append(max(seen))
        if not repeated:
            sent = reduced[0]
    engine.close()
    sharding, precision = Sharding.of(config), cell.precision
    predicted = memory_of(sizes, sharding, ranks=ranks.world, precision=precision)
    gathered = sizes.trainable * WIDTH[precision] if sharding.stage else 0
    return Footprint(
        held=min(held),
        predicted_held=predicted.held + predicted.computer,
        sent=(2 * sent + gathered) * (ranks.world - 1) / ranks.world,
        predicted_sent=sent_bytes(
            sizes, sharding.stage, ranks=ranks.world, bins=len(work.bins), precision=precision
        ),
    )


def footprints(of: list[Cell], folder: Path) -> list[Footprint]:
    """Of several cells, one after another in one process."""
    return [footprint(cell, folder) for cell in of]
