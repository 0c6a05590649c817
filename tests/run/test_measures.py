"""The numbers of two tasks over three steps, each checked against a sum done by hand."""

import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
import torch

from mtl.data.draw import StepDraw
from mtl.data.mixture import plan_mixture
from mtl.data.mixture_spec import MixtureSpec, TaskSize
from mtl.data.packing import Packing
from mtl.data.steps import Plan, RankStep
from mtl.engine.agreement import Agreement
from mtl.engine.engine import Outcome
from mtl.engine.loop import StepResult
from mtl.run.measures import Measures, memory_gib, real_share
from mtl.run.prepare import Prepared

SIZES = [
    TaskSize(name="a", num_records=6, num_examples=12),
    TaskSize(name="b", num_records=2, num_examples=2),
]


def prepared() -> Prepared:
    """What measuring needs of a phase: the temperature passes from 1 to infinity's near end between blocks."""
    spec = MixtureSpec(temperature=((0, 1.0), (2, 1e9)), block_steps=2)
    sources = [
        SimpleNamespace(store=SimpleNamespace(header=SimpleNamespace(num_examples=size.num_examples)))
        for size in SIZES
    ]
    mixture = plan_mixture(SIZES, spec, examples_per_step=4, steps=4)
    return cast("Prepared", SimpleNamespace(mixture=mixture, sources=sources, loss_weights=[1.0, 0.5]))


def packing(*bins: int) -> Packing:
    """Bins of so many tokens, in a budget of 10; a token costs 7."""
    tokens = np.array(bins, dtype=np.int64)
    examples = tuple(np.zeros(0, dtype=np.int64) for _ in bins)
    return Packing(budget=10, bins=examples, tokens=tokens, cost=np.array([7.0 * num for num in bins]))


def result(step: int, drawn: list[int], sums: tuple[float, float], *bins: int, **changes: Any) -> StepResult:
    """A step that drew examples of these tasks, with these sums of losses, in 2 seconds of which it waited 0.5."""
    draw = StepDraw(
        task=np.array(drawn, dtype=np.int32),
        example=np.zeros(len(drawn), dtype=np.int64),
        epoch=np.zeros(len(drawn), dtype=np.int32),
    )
    plan = Plan(step=step, draw=draw, packing=packing(*bins), digest=0)
    counts = (drawn.count(0), drawn.count(1))
    ready = changes.pop("ready", (0.0,))
    agreement = Agreement(loss_sums=sums, counts=counts, stop=False, strangers=(), ready=ready)
    given: dict[str, Any] = {"applied": True, "loss_scale": None, **changes}
    outcome = Outcome(
        step=step, rate=0.1 * (step + 1), agreement=agreement, grad_norm=float(step + 5), **given
    )
    return StepResult(work=RankStep(plan=plan, bins=()), outcome=outcome, seconds=2.0, waited=0.5)


def measures(*results: StepResult) -> Measures:
    made = Measures(prepared(), matmul_flops=1000.0, ranks=2)
    for one in results:
        made.add(one)
    return made


FIRST = result(0, [0, 0, 0, 1], (6.0, 2.0), 10, 6, 4, 0)
SECOND = result(1, [0, 0, 0, 0], (2.0, 0.0), 8, 8, 8, 8)
THIRD = result(2, [0, 1, 1, 1], (1.0, 9.0), 10, 10, 0, 0)


def test_losses_are_means_over_examples_not_over_steps() -> None:
    values = measures(FIRST, SECOND).scalars()
    assert values["loss/a"] == pytest.approx(8 / 7)
    assert values["loss/b"] == pytest.approx(2.0)
    assert values["loss"] == pytest.approx((8 + 0.5 * 2) / 8)  # what was optimised: with the tasks' weights


def test_a_task_that_was_not_drawn_has_no_loss() -> None:
    values = measures(SECOND).scalars()
    assert values["loss"] == values["loss/a"] == pytest.approx(0.5)
    assert "loss/b" not in values


def test_speed_is_over_the_steps_in_between() -> None:
    values = measures(FIRST, SECOND).scalars()
    assert values["tokens_per_second"] == pytest.approx(52 / 4)
    assert values["step_seconds"] == pytest.approx(2.0)
    assert values["data_wait"] == pytest.approx(0.25)
    assert values["flop_utilisation"] == pytest.approx(3 * 7 * 52 / 4 / (1000 * 2))


def test_packing_is_the_mean_over_steps() -> None:
    values = measures(FIRST, SECOND).scalars()
    assert values["packing/bins"] == 4.0
    assert values["packing/fill"] == pytest.approx((20 / 30 + 32 / 40) / 2)
    assert values["packing/imbalance"] == pytest.approx((10 / 5 + 1) / 2)
    assert values["packing/efficiency"] == pytest.approx((20 / 22 + 1) / 2)


def test_a_bin_without_examples_costs_two_tokens() -> None:
    assert real_share(packing(10, 10)) == 1.0
    assert real_share(packing(10, 0, 0)) == pytest.approx(10 / 14)


def test_rate_and_norm_are_the_last_steps() -> None:
    values = measures(FIRST, SECOND).scalars()
    assert [values["rate"], values["grad_norm"]] == pytest.approx([0.2, 6.0])


def test_each_line_starts_afresh_but_shares_and_epochs_go_on() -> None:
    made = measures(FIRST, SECOND)
    before = made.scalars()
    made.add(THIRD)
    after = made.scalars()
    assert (before["mixture/sampled/a"], before["mixture/sampled/b"]) == (7 / 8, 1 / 8)
    assert (after["mixture/sampled/a"], after["mixture/sampled/b"]) == (8 / 12, 4 / 12)
    assert (after["epochs/a"], after["epochs/b"]) == (8 / 12, 2.0)
    assert after["loss/b"] == pytest.approx(3.0)
    assert after["tokens_per_second"] == pytest.approx(10.0)


def test_the_wanted_share_is_that_of_the_last_steps_block() -> None:
    made = measures(FIRST, SECOND)
    assert made.scalars()["mixture/wanted/a"] == pytest.approx(0.75)
    made.add(THIRD)
    assert made.scalars()["mixture/wanted/a"] == pytest.approx(0.5)


def test_totals_are_over_the_whole_run() -> None:
    made = measures(FIRST, SECOND)
    made.scalars()
    made.add(THIRD)
    assert (made.total_tokens, made.total_seconds, made.total_waited) == (72, 6.0, 1.5)


def test_a_loss_scale_comes_with_the_number_of_steps_that_it_cost() -> None:
    assert not {"loss_scale", "skipped"} & set(measures(FIRST).scalars())
    skipped = result(0, [0], (1.0, 0.0), 5, applied=False, loss_scale=512.0)
    applied = result(1, [0], (1.0, 0.0), 5, applied=True, loss_scale=256.0)
    values = measures(skipped, skipped, applied).scalars()
    assert (values["loss_scale"], values["skipped"]) == (256.0, 2.0)


@pytest.mark.skipif(torch.cuda.is_available(), reason="the GPU's memory is measured there")
def test_memory_is_the_processs_in_gib() -> None:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    resident = pages * os.sysconf("SC_PAGE_SIZE") / 2**30
    assert 0.9 * resident <= memory_gib() <= 64 * resident


def test_all_numbers_are_plain_floats() -> None:
    assert {type(value) for value in measures(FIRST, SECOND).scalars().values()} <= {float, np.float64}


def test_what_is_remembered_survives_a_checkpoint_in_the_middle_of_a_line() -> None:
    import json

    whole, before = measures(FIRST, SECOND, THIRD), measures(FIRST, SECOND)
    after = Measures(prepared(), matmul_flops=1000.0, ranks=2)
    after.restore(json.loads(json.dumps(before.state(), allow_nan=False)))
    after.add(THIRD)
    memory = {"memory_gib": 0.0}
    assert {**after.scalars(), **memory} == {**whole.scalars(), **memory}
    assert after.state() == whole.state()


def test_the_rank_that_lags_is_named() -> None:
    def late(*ready: float) -> StepResult:
        return result(0, [0, 1], (1.0, 1.0), 5, 5, ready=ready)

    values = measures(late(0.1, 0.5, 0.2), late(0.1, 0.9, 0.4)).scalars()
    assert values["lag/rank"] == 1
    assert values["lag/seconds"] == pytest.approx(0.7 - 0.3)
    assert "lag/rank" not in measures(late(0.1)).scalars(), "alone, nobody waits"
