"""The promise: the same run on any number of ranks, at any ZeRO stage and budget, and the same as the plain padded loop."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from tests.kit import cells
from tests.kit.cells import Cell, Result
from tests.kit.ranks import is_mixed_up, run_on_ranks

STAGES = (0, 1, 2, 3)
# The small budget comes with tiny buckets and, at stage 3, with every parameter sharded.
PLAIN = [Cell(stage, budget) for stage in STAGES for budget in (170, 400)]
DROPOUT = [Cell(stage, dropout=0.1, steps=8) for stage in STAGES]
HALF = [Cell(stage, precision=half, steps=8) for half in cells.HALVES for stage in (1, 2, 3)]
CLASSICAL = [
    *(Cell(stage, by="step") for stage in (0, 1, 2)),
    *(Cell(stage, by="step", lazy=True) for stage in (1, 3)),
]
RECOMPUTED = [Cell(3, dropout=0.1, steps=8, recompute=True)]
ALL = [*PLAIN, *DROPOUT, *HALF, *CLASSICAL, *RECOMPUTED]
OFFLOAD = [
    *(Cell(stage, offload=True, steps=8) for stage in (1, 2, 3)),
    Cell(2, offload=True, by="step", steps=8),
]
LAZY_OFFLOAD = [Cell(stage, offload=True, by="step", lazy=True, steps=8) for stage in (2, 3)]

Results = dict[Cell, Result]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made: Path = tmp_path_factory.mktemp("stores")
    cells.make_stores(made)
    return made


@pytest.fixture(scope="module", params=[1, 2, 4])
def results(request: pytest.FixtureRequest, folder: Path) -> Iterator[Results]:
    """All cells of one world size, by one launch."""
    wanted = [*ALL, *OFFLOAD, *LAZY_OFFLOAD] if request.param == 2 else ALL
    yield run_on_ranks(cells.run_cells, request.param, wanted, folder)[0]


@pytest.fixture(scope="module")
def one_rank(folder: Path) -> Results:
    """What one rank gives, for worlds to agree with."""
    wanted = [DROPOUT[1], *(cell for cell in HALF if cell.stage == 1)]
    return dict(run_on_ranks(cells.run_cells, 1, wanted, folder)[0])


@pytest.fixture(scope="module")
def references(folder: Path) -> Results:
    from tests.kit import reference

    wanted = [Cell(0), Cell(0, steps=8), *(Cell(0, by="step", lazy=lazy) for lazy in (False, True))]
    wanted += [Cell(0, by="step", lazy=lazy, steps=8) for lazy in (False, True)]
    return {cell: reference.train(cell, folder) for cell in wanted}


def relative(ours: list[float], theirs: list[float]) -> float:
    return max(abs(a / b - 1) for a, b in zip(ours, theirs, strict=True))


def assert_same_run(ours: Result, theirs: Result, weights: dict[str, torch.Tensor]) -> None:
    assert relative(ours.losses, theirs.losses) < 1e-5
    assert relative(ours.norms, theirs.norms) < 1e-5
    parts: dict[str, list[str]] = {}
    for name in weights:
        if not name.endswith(WITHOUT_GRADIENT) and not is_score_bias(name):
            part = name.split("/")[0] if "/" in name else ".".join(name.split(".")[:2])
            large = name.endswith("scale")  # beside which nothing else would count
            parts.setdefault(name if large else part, []).append(name)
    for part, names in parts.items():
        own, other = (
            torch.cat([every[name].reshape(-1) for name in names]) for every in (weights, theirs.weights)
        )
        assert (own - other).norm() <= 1e-4 * other.norm(), part


WITHOUT_GRADIENT = ("self.key.bias", "qkv.bias")
"""Softmax does not see a shift of its inputs: these gradients are rounding alone, which AdamW makes steps of."""


def is_score_bias(name: str) -> bool:
    """The bias of a choice's or a token's one score: a shift, too."""
    task = name.replace("heads.", "").replace("/", ".").split(".")[0]
    shifts = task in cells.TASKS and cells.TASKS[task][0] in ("choice", "span")
    return shifts and name.endswith(("classifier.bias", "qa_outputs.bias", "out.bias"))


def stock_names(result: Result) -> dict[str, torch.Tensor]:
    from tests.kit.reference import StockModels

    return StockModels.theirs(result.weights)


def test_some_heads_are_idle_in_some_steps_and_the_number_of_bins_changes(folder: Path) -> None:
    steps = cells.make_steps(Cell(0, 170), folder)
    plans = [steps.plan(step) for step in range(30)]
    assert any(len(set(plan.draw.task.tolist())) < len(cells.TASKS) for plan in plans)
    assert len({len(plan.packing.bins) for plan in plans}) > 1


@pytest.mark.parametrize("cell", PLAIN, ids=str)
def test_every_stage_and_budget_gives_the_padded_reference_run(
    results: Results, references: Results, cell: Cell
) -> None:
    theirs = references[Cell(0)]
    assert_same_run(results[cell], theirs, stock_names(results[cell]))


@pytest.mark.parametrize("cell", CLASSICAL, ids=str)
def test_one_task_a_step_gives_the_reference_run_dense_and_lazy(
    results: Results, references: Results, cell: Cell
) -> None:
    theirs = references[Cell(0, by="step", lazy=cell.lazy)]
    assert_same_run(results[cell], theirs, stock_names(results[cell]))


def test_lazy_and_dense_are_two_different_runs(references: Results) -> None:
    dense, lazy = (references[Cell(0, by="step", lazy=lazy)] for lazy in (False, True))
    assert relative(dense.losses, lazy.losses) > 1e-4


@pytest.mark.parametrize("cell", DROPOUT, ids=str)
def test_with_dropout_all_stages_and_worlds_agree(results: Results, one_rank: Results, cell: Cell) -> None:
    theirs = one_rank[DROPOUT[1]]
    assert_same_run(results[cell], theirs, results[cell].weights)


@pytest.mark.parametrize("cell", RECOMPUTED, ids=str)
def test_recomputing_activations_changes_nothing(results: Results, one_rank: Results, cell: Cell) -> None:
    assert_same_run(results[cell], one_rank[DROPOUT[1]], results[cell].weights)


@pytest.mark.parametrize("cell", HALF, ids=str)
def test_in_half_precision_stages_and_worlds_agree_to_rounding(
    results: Results, one_rank: Results, cell: Cell
) -> None:
    assert relative(results[cell].losses, one_rank[replace(cell, stage=1)].losses) < 1e-3


@pytest.mark.parametrize("cell", [*OFFLOAD, *LAZY_OFFLOAD], ids=str)
def test_offloading_changes_nothing(results: Results, references: Results, cell: Cell) -> None:
    if cell not in results:
        pytest.skip("offload runs on two ranks only")
    theirs = references[Cell(0, by=cell.by, lazy=cell.lazy, steps=8)]
    assert_same_run(results[cell], theirs, stock_names(results[cell]))


@pytest.mark.parametrize(("stage", "world"), [(1, 2), (3, 1), (3, 2)])
def test_skipping_idle_heads_does_not_pass_this_test(
    folder: Path, references: Results, stage: int, world: int
) -> None:
    """The grid is worth something only if the usual design fails it: by its numbers, or in the collectives."""
    cell = Cell(stage, skip_idle_heads=True)
    try:
        broken = run_on_ranks(cells.run_cells, world, [cell], folder, timeout=120)[0][cell]
    except AssertionError as crash:
        assert world > 1 and is_mixed_up(crash)
        return
    with pytest.raises(AssertionError):
        assert_same_run(broken, references[Cell(0)], stock_names(broken))
