"""The shorter ways with gradients give what DeepSpeed's own give."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from mtl.engine.engine import Engine
from mtl.engine.gradients import BLOCK, squares
from mtl.engine.launch import join_run
from tests.kit import cells
from tests.kit.cells import Cell
from tests.kit.ranks import run_on_ranks

SHARDED = [
    Cell(1, 170, steps=3),
    Cell(2, 170, steps=3),
    *(Cell(2, 170, steps=3, precision=half) for half in cells.HALVES),
    *(Cell(1, 170, steps=3, precision=half) for half in cells.HALVES if half == "fp16"),
]
SUMMED = Cell(1, 170, steps=4, precision="bf16")
"""Of several bins a step, so that gradients are copied as well as added."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made: Path = tmp_path_factory.mktemp("stores")
    cells.make_stores(made)
    return made


def walk(cell: Cell, folder: Path, change: Callable[[Engine], None]) -> dict[str, torch.Tensor]:
    """The weights after the cell's steps, where `change` did something to the engine first."""
    ranks = join_run()
    engine, steps = cells.make_engine(cell, ranks), cells.make_steps(cell, folder)
    change(engine)
    for step in range(cell.steps):
        engine.step(steps.for_rank(step, ranks.rank, ranks.world), stop=False)
    weights = {name: weight.clone() for name, weight in engine.full_weights()}
    engine.close()
    return weights


def norms_of_both(folder: Path) -> list[tuple[float, float]]:
    """The gradient's norm at every step of every cell: ours, DeepSpeed's."""
    both = []

    def compare(engine: Engine) -> None:
        optimizer = engine._engine.optimizer
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


def dense_and_unclipped(engine: Engine) -> None:
    word_table(engine).sparse = False
    engine.optimizer.clip = lambda *_: None  # type: ignore[method-assign]


def word_table(engine: Engine) -> torch.nn.Embedding:
    return engine.module.encoder.embeddings.word


def accumulate_both_ways(folder: Path) -> bool:
    def undo(engine: Engine) -> None:
        # The class's own are there again.
        zero = engine._engine.optimizer
        del zero._update_hp_grad, zero.clear_hp_grads, zero.get_grads_for_norm
        dense_and_unclipped(engine)

    ours, theirs = walk(SUMMED, folder, dense_and_unclipped), walk(SUMMED, folder, undo)
    return all(torch.equal(ours[name], theirs[name]) for name in theirs)


@pytest.mark.parametrize("world", [1, 2])
def test_half_precision_gradients_accumulate_to_the_same_bits(folder: Path, world: int) -> None:
    plans = [cells.make_steps(SUMMED, folder).plan(step) for step in range(SUMMED.steps)]
    assert max(len(plan.packing.bins) for plan in plans) > world
    assert all(run_on_ranks(accumulate_both_ways, world, folder))


PLAIN = Cell(0, 170, steps=4)
WITHOUT_MLM = replace(PLAIN, spare_words=20)


def weights_of_both(cell: Cell, folder: Path) -> list[dict[str, torch.Tensor]]:
    """The weights where the word table's gradient is sparse, and where it is dense."""

    def expect_sparse(engine: Engine) -> None:
        assert word_table(engine).sparse

    def make_dense(engine: Engine) -> None:
        word_table(engine).sparse = False

    return [walk(cell, folder, change) for change in (expect_sparse, make_dense)]


@pytest.mark.parametrize("cell", [PLAIN, WITHOUT_MLM], ids=["mlm", "no_mlm"])
def test_a_sparse_gradient_of_the_word_table_moves_the_weights_as_a_dense_one(
    cell: Cell, folder: Path
) -> None:
    ((sparse, dense),) = run_on_ranks(weights_of_both, 1, cell, folder)
    # A hundredth of a step: the gradients of some biases are rounding alone.
    torch.testing.assert_close(sparse, dense, rtol=1e-6, atol=1e-5)


def norms_seen_and_real(folder: Path) -> list[tuple[float, float]]:
    """The norm that a half-precision step reports, and that of all that the optimizer is given."""
    ranks, cell = join_run(), replace(WITHOUT_MLM, stage=1, precision="bf16")
    engine, steps = cells.make_engine(cell, ranks), cells.make_steps(cell, folder)
    zero, pairs = engine._engine.optimizer, []
    assert word_table(engine).sparse
    for step in range(cell.steps):
        # AdamW has shrunk what it was given by what it was told to.
        norm = engine.step(steps.for_rank(step, 0, 1), stop=False).grad_norm
        given = torch.cat([part.double() for part in zero.fp32_groups_gradient_flat_partition]).norm()
        pairs.append((norm, float(given) * float(engine.optimizer.grad_scale)))
    engine.close()
    return pairs


def test_rows_that_a_step_does_not_touch_hold_nothing_of_the_last_one(folder: Path) -> None:
    (pairs,) = run_on_ranks(norms_seen_and_real, 1, folder)
    for seen, real in pairs:
        assert seen == pytest.approx(real, rel=1e-6)


@pytest.mark.parametrize("sizes", [[3], [BLOCK + 1, 5], [2 * BLOCK, 0, 1]])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_squares_are_those_of_fp64(sizes: list[int], dtype: torch.dtype) -> None:
    parts = [torch.randn(size, generator=torch.Generator().manual_seed(size)).to(dtype) for size in sizes]
    assert float(squares(parts)) == pytest.approx(
        sum(float(part.double().square().sum()) for part in parts), rel=1e-5
    )
