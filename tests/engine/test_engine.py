"""The engine refuses what must not move the weights, and lets evaluation change nothing."""

import gc
import time
import weakref
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import distributed

from mtl.engine.agreement import agree
from mtl.engine.engine import NonFiniteError
from mtl.engine.launch import join_run
from tests.kit import cells
from tests.kit.cells import Cell
from tests.kit.ranks import run_on_ranks


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made: Path = tmp_path_factory.mktemp("stores")
    cells.make_stores(made)
    return made


def poison_one_head(folder: Path, stage: int) -> tuple[str, list[str], int, bool]:
    """Two steps with a head that gives NaN in the second: the error, its tasks, its slots, and whether weights moved."""
    ranks = join_run()
    cell = Cell(stage, steps=4)
    engine, steps = cells.make_engine(cell, ranks), cells.make_steps(cell, folder)
    engine.step(steps.for_rank(0, ranks.rank, ranks.world), stop=False)
    before = dict(engine.full_weights())
    head = engine.module.heads["anli"]
    whole = type(head).losses
    type(head).losses = lambda self, sites, reads: (
        whole(self, sites, reads) * (float("nan") if self is head else 1.0)
    )  # type: ignore[method-assign]
    try:
        engine.step(steps.for_rank(1, ranks.rank, ranks.world), stop=False)
    except NonFiniteError as error:
        after = dict(engine.full_weights())
        moved = any(not torch.equal(before[name], after[name]) for name in before)
        return str(error), list(error.tasks), len(error.slots), moved
    finally:
        type(head).losses = whole  # type: ignore[method-assign]
        engine.close()
    return "no error", [], 0, True


def poison_all_stages(folder: Path) -> list[tuple[str, list[str], int, bool]]:
    return [poison_one_head(folder, stage) for stage in (0, 1, 2, 3)]


@pytest.mark.parametrize("world", [1, 2])
def test_a_loss_that_is_not_finite_stops_before_the_weights_move(folder: Path, world: int) -> None:
    drawn = cells.make_steps(Cell(0, steps=4), folder).plan(1).draw.task
    by_rank = run_on_ranks(poison_all_stages, world, folder)
    for results in by_rank:
        for text, tasks, _, moved in results:
            assert text == "the loss of anli is not finite"
            assert tasks == ["anli"]
            assert not moved
    assert sum(results[0][2] for results in by_rank) == int((drawn == 0).sum())


def overflow_in_fp16(folder: Path) -> list[tuple[str, list[float], bool]]:
    """By stage, a head's gradient infinite from the third step on: the error, the loss scales, and what moved since."""
    ranks = join_run()
    results = []
    for stage in (1, 2, 3):
        cell = Cell(stage, steps=16, precision="fp16")
        engine, steps = cells.make_engine(cell, ranks), cells.make_steps(cell, folder)
        head = type(engine.module.heads["anli"])
        whole, text, scales = head.losses, "no error", []
        before: dict[str, torch.Tensor] = {}
        try:
            for step in range(16):
                if step == 2:
                    before = dict(engine.full_weights())
                    head.losses = lambda self, sites, reads, whole=whole: Explode.apply(
                        whole(self, sites, reads)
                    )  # type: ignore[method-assign]
                outcome = engine.step(steps.for_rank(step, ranks.rank, ranks.world), stop=False)
                assert outcome.loss_scale is not None and outcome.applied == (step < 2)
                scales.append(outcome.loss_scale)
        except NonFiniteError as error:
            text = str(error)
        finally:
            head.losses = whole  # type: ignore[method-assign]
        results.append((text, scales, any(not torch.equal(before[n], w) for n, w in engine.full_weights())))
        engine.close()
    return results


@pytest.mark.skipif("fp16" not in cells.HALVES, reason="this CPU cannot train in fp16")
def test_fp16_lowers_its_loss_scale_as_far_as_it_may_and_then_stops(folder: Path) -> None:
    for text, scales, moved in run_on_ranks(overflow_in_fp16, 2, folder)[0]:
        assert text.endswith("even at the smallest loss scale, fp16.min_loss_scale 1")
        assert scales[-1] == 1.0 and scales == sorted(scales, reverse=True)
        assert not moved


def overflow_once_in_fp16(folder: Path) -> list[tuple[list[bool], torch.Tensor]]:
    """By stage, without and with offload: which of six steps were applied, of which the third overflows, and the weights."""
    ranks = join_run()
    results = []
    for stage in (1, 2, 3):
        for offload in (False, True):
            cell = Cell(stage, steps=6, precision="fp16", offload=offload)
            engine, steps = cells.make_engine(cell, ranks), cells.make_steps(cell, folder)
            head = type(engine.module.heads["anli"])
            whole, applied = head.losses, []
            for step in range(cell.steps):
                if step == 2:
                    head.losses = lambda self, sites, reads, whole=whole: Explode.apply(
                        whole(self, sites, reads)
                    )  # type: ignore[method-assign]
                try:
                    work = steps.for_rank(step, ranks.rank, ranks.world)
                    applied.append(engine.step(work, stop=False).applied)
                finally:
                    head.losses = whole  # type: ignore[method-assign]
            weights = torch.cat([weight.reshape(-1) for _, weight in engine.full_weights()])
            results.append((applied, weights))
            engine.close()
    return results


@pytest.mark.skipif("fp16" not in cells.HALVES, reason="this CPU cannot train in fp16")
@pytest.mark.parametrize("world", [1, 2])
def test_fp16_goes_on_after_a_skipped_step_also_where_the_optimizer_is_offloaded(
    folder: Path, world: int
) -> None:
    results = run_on_ranks(overflow_once_in_fp16, world, folder)[0]
    assert [applied for applied, _ in results] == [[True, True, False, True, True, True]] * 6
    for (_, plain), (_, offloaded) in zip(results[::2], results[1::2], strict=True):
        assert (plain - offloaded).norm() <= 1e-4 * plain.norm()


class Explode(torch.autograd.Function):
    """Its value is its input, its gradient is infinite."""

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor) -> torch.Tensor:
        return x.clone()

    @staticmethod
    def backward(ctx: Any, *grads: torch.Tensor) -> torch.Tensor:
        return grads[0] * torch.inf


def explode_all_stages(folder: Path) -> list[tuple[str, bool]]:
    ranks = join_run()
    results = []
    for stage in (0, 1, 2, 3):
        cell = Cell(stage, steps=4)
        engine, steps = cells.make_engine(cell, ranks), cells.make_steps(cell, folder)
        head = type(engine.module.heads["anli"])
        whole = head.losses
        head.losses = lambda self, sites, reads, whole=whole: Explode.apply(whole(self, sites, reads))  # type: ignore[method-assign]
        before = dict(engine.full_weights())
        try:
            engine.step(steps.for_rank(0, ranks.rank, ranks.world), stop=False)
            text = "no error"
        except NonFiniteError as error:
            text = str(error)
        finally:
            head.losses = whole  # type: ignore[method-assign]
        results.append((text, any(not torch.equal(before[n], w) for n, w in engine.full_weights())))
        engine.close()
    return results


def test_a_gradient_that_is_not_finite_stops_before_the_weights_move(folder: Path) -> None:
    for text, moved in run_on_ranks(explode_all_stages, 2, folder)[0]:
        assert text == "the gradient is not finite although every loss is"
        assert not moved


def timeouts_of_groups() -> list[float]:
    """The seconds that a collective may take in each group of a rank's, DeepSpeed's own among them."""
    ranks = join_run()
    everything = distributed.distributed_c10d
    everything._set_pg_timeout(timedelta(seconds=77))
    cells.make_engine(Cell(3), ranks).close()
    groups = [group._get_backend(torch.device("cpu")) for group in everything._world.pg_map]
    return [group.options._timeout.total_seconds() for group in groups]


def test_a_collective_of_deepspeed_s_waits_as_long_as_any() -> None:
    (timeouts,) = run_on_ranks(timeouts_of_groups, 1)
    assert len(timeouts) > 1 and set(timeouts) == {77.0}


def lives_after_closing(folder: Path) -> list[bool]:
    """By stage: whether the model of a closed engine is still there, though the collector has not come by itself."""
    ranks, living = join_run(), []
    gc.disable()
    for stage in (0, 1, 2, 3):
        cell = Cell(stage, steps=4)
        engine, steps = cells.make_engine(cell, ranks), cells.make_steps(cell, folder)
        engine.step(steps.for_rank(0, ranks.rank, ranks.world), stop=False)
        model = weakref.ref(engine.module)
        engine.close()
        living.append(model() is not None)
    return living


def test_a_closed_engine_leaves_its_model_to_nobody(folder: Path) -> None:
    assert run_on_ranks(lives_after_closing, 1, folder) == [[False] * 4]


def strangers(_: Path) -> tuple[int, ...]:
    ranks = join_run()
    mine = 7 if ranks.rank == 2 else 2**48 - 1
    return agree(torch.ones(2), [1, 2], stop=False, mine=mine, rank=ranks.rank, world=ranks.world).strangers


def test_a_rank_that_does_something_else_is_named_to_all(folder: Path) -> None:
    assert run_on_ranks(strangers, 4, folder) == [(2,)] * 4


def one_wishes_to_stop(_: Path) -> tuple[bool, tuple[float, ...], tuple[int, ...]]:
    ranks = join_run()
    agreement = agree(
        torch.tensor([1.5, 0.25]),
        [1, ranks.rank],
        stop=ranks.rank == 1,
        mine=3,
        rank=ranks.rank,
        world=ranks.world,
    )
    return agreement.stop, agreement.loss_sums, agreement.counts


def test_sums_counts_and_the_wish_to_stop_reach_every_rank(folder: Path) -> None:
    assert run_on_ranks(one_wishes_to_stop, 2, folder) == [(True, (3.0, 0.5), (2, 1))] * 2


def train_with_looks(folder: Path, stage: int, looks: bool) -> list[float]:
    ranks = join_run()
    cell = Cell(stage, steps=6, dropout=0.1)
    engine, steps = cells.make_engine(cell, ranks), cells.make_steps(cell, folder)
    losses = []
    for step in range(cell.steps):
        work = steps.for_rank(step, ranks.rank, ranks.world)
        if looks:
            with engine.evaluating():
                engine.predict(work.bins[0][1])
        losses.append(sum(engine.step(work, stop=False).agreement.loss_sums))
    engine.close()
    return losses


def interleaved(folder: Path) -> list[tuple[list[float], list[float]]]:
    return [
        (train_with_looks(folder, stage, True), train_with_looks(folder, stage, False)) for stage in (2, 3)
    ]


def test_evaluation_between_steps_changes_nothing(folder: Path) -> None:
    for looked, not_looked in run_on_ranks(interleaved, 2, folder)[0]:
        assert looked == not_looked


def one_is_late(folder: Path) -> dict[int, tuple[float, ...]]:
    ranks, late = join_run(), {}
    for stage in (1, 3):
        cell = Cell(stage, steps=2)
        engine, steps = cells.make_engine(cell, ranks), cells.make_steps(cell, folder)
        for step in range(2):
            work = steps.for_rank(step, ranks.rank, ranks.world)
            time.sleep(0.3 * ranks.rank)
            late[stage] = engine.step(work, stop=False).agreement.ready
        engine.close()
    return late


def test_a_rank_that_lags_is_known_to_all_at_every_stage(folder: Path) -> None:
    for late in run_on_ranks(one_is_late, 2, folder):
        assert all(slow > fast + 0.1 for fast, slow in late.values()), late
