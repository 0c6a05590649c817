"""A task is said to have collapsed when its loss stays at the labels' entropy after warm-up, and only then."""

import json
from math import log
from pathlib import Path

import numpy as np
import pytest

from mtl.data.features import Document, Example
from mtl.files import write_atomic
from mtl.run.collapse import STEPS, CollapseGuard, entropy_of
from mtl.run.running import run_recipe
from mtl.run.train_phase import restart_seed
from tests.kit.ranks import run_on_ranks
from tests.kit.stores import make_store, make_task, write_store


def judged(losses: list[float], *, warmup: int = 10) -> dict[int, set[int]]:
    """By the last step of a span: what had collapsed. Each step has 4 examples of the first task, none of the second."""
    guard = CollapseGuard([log(3), log(2)], warmup_steps=warmup)
    ends = {
        step: guard.add(step, [4 * loss, 0.0], [4, 0]) and set(guard.collapsed)
        for step, loss in enumerate(losses)
    }
    return {step: collapsed for step, collapsed in ends.items() if collapsed is not False}


def test_a_loss_that_stays_at_the_entropy_is_a_collapse() -> None:
    assert judged([1.5] * 10 + [1.0986] * 250) == {9 + STEPS: {0}, 9 + 2 * STEPS: {0}}


def test_a_loss_that_falls_is_none_however_high_it_was_before() -> None:
    assert judged([5.0] * 10 + [1.09] * 20 + [0.9] * 80) == {9 + STEPS: set()}


def test_a_task_that_was_only_slow_is_taken_back() -> None:
    assert judged([5.0] * 10 + [1.0986] * STEPS + [0.5] * STEPS) == {9 + STEPS: {0}, 9 + 2 * STEPS: set()}


def test_a_phase_that_is_shorter_is_not_judged() -> None:
    assert judged([1.0986] * (9 + STEPS)) == {}


def test_a_task_that_is_not_drawn_in_a_span_stays_what_it_was() -> None:
    guard = CollapseGuard([log(3)], warmup_steps=0)
    for step in range(STEPS):
        guard.add(step, [1.0986], [1])
    for step in range(STEPS, 2 * STEPS):
        guard.add(step, [0.0], [0])
    assert guard.collapsed == {0}


@pytest.mark.parametrize(("done", "step"), [(9 + STEPS, 9), (10 + STEPS, 9 + STEPS), (11 + STEPS, 9 + STEPS)])
def test_the_last_judgement_before_a_checkpoint_is_known(done: int, step: int) -> None:
    assert CollapseGuard([log(3)], warmup_steps=10).judged_by(done) == step


def test_a_guard_goes_on_from_its_state() -> None:
    whole, first, second = (CollapseGuard([log(3)], warmup_steps=0) for _ in range(3))
    losses = [1.0986] * STEPS + np.linspace(1.0, 1.2, STEPS).tolist()
    said = [(whole.add(step, [loss], [1]), whole.collapsed) for step, loss in enumerate(losses)]
    for step, loss in enumerate(losses[:150]):
        first.add(step, [loss], [1])
    second.restore(first.state())
    assert [
        (second.add(step, [loss], [1]), second.collapsed) for step, loss in enumerate(losses[150:], 150)
    ] == said[150:]
    assert said[-1] == (True, {0}), "1.1 on average"


@pytest.mark.parametrize(("kind", "expected"), [("span", None), ("mlm", None), ("choice", log(4))])
def test_only_closed_labels_have_an_entropy(tmp_path: Path, kind: str, expected: float | None) -> None:
    assert entropy_of(make_store(tmp_path, make_task("t", kind), 8)) == expected  # type: ignore[arg-type]


def test_a_dual_encoders_entropy_is_that_of_its_groups(tmp_path: Path) -> None:
    """What the head loses that gives all texts the same vector."""
    text = Document(tokens=(0, 2), second=2)
    examples = [Example(documents=(text,), sites=(), gold=tuple(range(size))) for size in (2, 4, 4)]
    store = write_store(tmp_path / "s", make_task("t", "embed"), examples)
    assert store.header.softmaxes == pytest.approx(10 / 3)
    assert entropy_of(store) == pytest.approx((2 * log(2) + 8 * log(4)) / 10)


def test_a_pair_tasks_entropy_is_that_of_its_labels(tmp_path: Path) -> None:
    store = make_store(tmp_path, make_task("t", "pair"), 60)
    shares = np.bincount(store.gold) / len(store.gold)
    assert entropy_of(store) == pytest.approx(-sum(share * log(share) for share in shares if share))


STUCK = """
model: {config: {hidden_size: 16, num_hidden_layers: 1, num_attention_heads: 2, intermediate_size: 16}}
data: {world: {scale: 0.05}, workers: 1}
tasks: [mnli]
train: {steps: 102, lr: 1e-12, warmup: 0, precision: fp32, token_budget: 1024, bins_multiple: 2, examples_per_step: 2, restarts: 1}
"""


def train_stuck(folder: Path) -> None:
    run_recipe(folder / "stuck.yaml", [f"out={folder}", f"data.cache={folder}"])


def test_a_collapsed_phase_is_begun_anew_with_another_seed_as_often_as_the_recipe_allows(
    tmp_path: Path,
) -> None:
    (tmp_path / "stuck.yaml").write_text(STUCK)
    run_on_ranks(train_stuck, 2, tmp_path)
    folder = tmp_path / "stuck/intermediate"
    (reason,) = json.loads((folder / "restarts.json").read_text())
    assert reason.startswith("seed 0: step 99: mnli: collapsed")
    lines = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    assert [line["step"] for line in lines if "loss" in line] == list(range(102)), (
        "the second attempt's alone"
    )
    assert json.loads((folder / "phase.json").read_text())["done"]
    assert json.loads((folder / "collapsed.json").read_text()) == {"mnli": 99}, "for the report"


def train_two_steps(folder: Path) -> None:
    changes = [f"out={folder}", f"data.cache={folder}", "train.steps=2"]
    run_recipe(folder / "stuck.yaml", changes)


def test_a_start_takes_away_what_another_attempt_said_of_collapses(tmp_path: Path) -> None:
    (tmp_path / "stuck.yaml").write_text(STUCK)
    stale = tmp_path / "stuck/intermediate/collapsed.json"
    write_atomic(stale, '{"mnli": 99}')
    run_on_ranks(train_two_steps, 1, tmp_path)
    assert not stale.exists()


def test_a_restart_s_seed_is_no_neighbour_and_always_the_same() -> None:
    found = {restart_seed(seed, restarts) for seed in range(5) for restarts in (1, 2, 3)}
    assert len(found) == 15
    assert all(1000 < seed < 2**63 for seed in found)
    assert restart_seed(3, 0) == 3
