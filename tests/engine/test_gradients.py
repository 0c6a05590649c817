"""The shorter ways with gradients give what DeepSpeed's own give."""

from pathlib import Path
from typing import Any

import pytest
import torch

from mtl.engine.launch import join_run
from tests.kit import cells
from tests.kit.cells import Cell
from tests.kit.ranks import run_on_ranks

SHARDED = [Cell(1, 170, steps=3), Cell(2, 170, steps=3), Cell(2, 170, steps=3, precision="bf16")]
SUMMED = Cell(1, 170, steps=4, precision="bf16")
"""Of several bins a step, so that gradients are copied as well as added."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made: Path = tmp_path_factory.mktemp("stores")
    cells.make_stores(made)
    return made


def walk(cell: Cell, folder: Path, change: Any) -> dict[str, torch.Tensor]:
    """The weights after the cell's steps, where `change` did something to DeepSpeed's optimizer first."""
    ranks = join_run()
    engine, steps = cells.make_engine(cell, ranks), cells.make_steps(cell, folder)
    change(engine._engine.optimizer)
    for step in range(cell.steps):
        engine.step(steps.for_rank(step, ranks.rank, ranks.world), stop=False)
    weights = {name: weight.clone() for name, weight in engine.full_weights()}
    engine.close()
    return weights


def norms_of_both(folder: Path) -> list[tuple[float, float]]:
    """The gradient's norm at every step of every cell: ours, DeepSpeed's."""
    both = []

    def compare(optimizer: Any) -> None:
        ours = optimizer.scaled_global_norm

        def measure(norm_type: int = 2) -> torch.Tensor:
            norm: torch.Tensor = ours(norm_type)
            both.append((float(norm), float(type(optimizer).scaled_global_norm(optimizer, norm_type))))
            return norm

        optimizer.scaled_global_norm = measure

    for cell in SHARDED:
        walk(cell, folder, compare)
    return both


@pytest.mark.parametrize("world", [1, 2])
def test_the_norm_of_sharded_gradients_is_deepspeeds_on_every_rank(folder: Path, world: int) -> None:
    by_rank = run_on_ranks(norms_of_both, world, folder)
    assert all(norms == by_rank[0] for norms in by_rank)
    assert len(by_rank[0]) == sum(cell.steps for cell in SHARDED)
    for ours, theirs in by_rank[0]:
        assert ours == pytest.approx(theirs, rel=1e-6)


def accumulate_both_ways(folder: Path) -> bool:
    def undo(optimizer: Any) -> None:
        # The class's own are there again.
        del optimizer._update_hp_grad, optimizer.clear_hp_grads, optimizer.get_grads_for_norm

    ours, theirs = walk(SUMMED, folder, lambda optimizer: None), walk(SUMMED, folder, undo)
    return all(torch.equal(ours[name], theirs[name]) for name in theirs)


@pytest.mark.parametrize("world", [1, 2])
def test_half_precision_gradients_accumulate_to_the_same_bits(folder: Path, world: int) -> None:
    plans = [cells.make_steps(SUMMED, folder).plan(step) for step in range(SUMMED.steps)]
    assert max(len(plan.layout.bins) for plan in plans) > world
    assert all(run_on_ranks(accumulate_both_ways, world, folder))
