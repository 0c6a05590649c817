"""Sharding shards, and phases leave nothing behind."""

from pathlib import Path
from typing import Any

import pytest

from mtl.engine.engine import Engine
from mtl.engine.launch import Ranks, join_run
from mtl.model.load import build_model
from tests.kit import cells
from tests.kit.cells import Cell, N, ds_config, make_steps, settings
from tests.kit.memory import live_bytes
from tests.kit.models import make_config
from tests.kit.ranks import run_on_ranks
from tests.kit.stores import head_spec

STAGES = (0, 1, 2, 3)
SMALL = 170  # the budget that comes with small buckets and no persistent parameters


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made: Path = tmp_path_factory.mktemp("stores")
    cells.make_stores(made)
    return made


def wide_engine(cell: Cell, ranks: Ranks) -> tuple[Engine, int]:
    """An engine whose weights outweigh everything else in the process, and their bytes in fp32."""
    shape = {"hidden_size": 256, "num_hidden_layers": 3, "num_attention_heads": 4, "intermediate_size": 1024}
    specs = [head_spec(task) for task in cells.tasks()]
    model = build_model(None, make_config(shape), specs, seed=0)
    size = 4 * sum(parameter.numel() for parameter in model.parameters())
    engine = Engine(
        model,
        ds_config=ds_config(cell),
        settings=settings(cell),
        loss_weights=[1.0] * len(specs),
        examples_per_step=N,
        seed=0,
        ranks=ranks,
    )
    return engine, size


def held_before_a_step(folder: Path) -> dict[int, dict[str, float]]:
    """By stage: what is live right before the second optimizer step, and the optimizer's state, in units of the weights."""
    ranks = join_run()
    held = {}
    for stage in STAGES:
        cell = Cell(stage, SMALL, steps=2)
        base = live_bytes()
        engine, size = wide_engine(cell, ranks)
        steps = make_steps(cell, folder)
        engine.step(steps.for_rank(0, ranks.rank, ranks.world), stop=False)
        seen: list[int] = []
        prepare = engine.optimizer.prepare

        def look(*args: Any, prepare: Any = prepare, seen: list[int] = seen, **kwargs: Any) -> float:
            seen.append(live_bytes())
            return float(prepare(*args, **kwargs))

        engine.optimizer.prepare = look  # type: ignore[method-assign]
        engine.step(steps.for_rank(1, ranks.rank, ranks.world), stop=False)
        state = sum(t.nbytes for each in engine.optimizer.state.values() for t in each.values())
        held[stage] = {"live": (seen[0] - base) / size, "state": state / size}
        engine.close()
        del engine, prepare, look
    return held


@pytest.fixture(scope="module")
def held(folder: Path) -> dict[int, list[dict[int, dict[str, float]]]]:
    return {world: run_on_ranks(held_before_a_step, world, folder) for world in (1, 2)}


def test_optimizer_state_is_shared_out_from_stage_1_on(held: Any) -> None:
    for world, by_rank in held.items():
        for by_stage in by_rank:
            for stage in STAGES:
                share = 2 / (world if stage else 1)  # two averages, each as large as the weights
                assert by_stage[stage]["state"] == pytest.approx(share, rel=0.05), (world, stage)


@pytest.mark.parametrize("stage", [1, 2, 3])
def test_what_a_second_rank_saves_is_what_the_stage_promises(held: Any, stage: int) -> None:
    """In units of the fp32 weights: averages and master copy (3), from stage 2 gradients (1), at stage 3 weights (1)."""
    alone, halved = held[1][0][stage]["live"], max(by_rank[stage]["live"] for by_rank in held[2])
    sharded = {1: 3, 2: 4, 3: 4}[stage]  # at stage 3 the fp32 partition is its own master copy
    assert alone - halved >= 0.9 * sharded / 2


def phases_in_a_row(folder: Path, stage: int, count: int) -> list[tuple[list[float], int]]:
    """Losses of each phase's first steps, and what is live after it."""
    ranks = join_run()
    cell = Cell(stage, steps=3)
    seen = []
    for _ in range(count):
        result = cells.run_cell(cell, folder, ranks)
        losses = result.losses
        del result
        seen.append((losses, live_bytes()))
    return seen


def ten_phases_each_stage(folder: Path) -> dict[int, list[tuple[list[float], int]]]:
    return {stage: phases_in_a_row(folder, stage, 10) for stage in STAGES}


def test_ten_phases_in_one_process_are_ten_fresh_starts(folder: Path) -> None:
    by_stage = run_on_ranks(ten_phases_each_stage, 2, folder)[0]
    for stage, phases in by_stage.items():
        (first_losses, first_live), *others = phases
        for losses, live in others:
            assert losses == first_losses, stage
            assert live <= first_live + 4096, f"stage {stage} keeps tensors alive after a phase"


def test_a_phase_in_a_row_equals_one_in_a_fresh_process(folder: Path) -> None:
    row = run_on_ranks(ten_phases_each_stage_short, 1, folder)[0]
    for stage, phases in row.items():
        fresh = run_on_ranks(phases_in_a_row, 1, folder, stage, 1)[0]
        assert phases[-1][0] == fresh[0][0]


def ten_phases_each_stage_short(folder: Path) -> dict[int, list[tuple[list[float], int]]]:
    return {stage: phases_in_a_row(folder, stage, 2) for stage in (1, 3)}
