"""The time that is left is what phases alike took, by the size of each."""

from pathlib import Path

import pytest

from mtl.run.recipe.read import load_recipe
from mtl.run.recipe.schema import Recipe
from mtl.study.forecast import seconds_left, time_left

GRAPH = """
model: {config: {hidden_size: 32, num_hidden_layers: 1, num_attention_heads: 2, intermediate_size: 64}}
data: {world: {}}
train: {steps: 10}
phases:
  text: {tasks: [mnli], train: {steps: 100}}
  a: {after: text, tasks: [mnli]}
  a.test: {kind: evaluate, after: a, tasks: [xnli]}
  b: {after: text, tasks: [qqp]}
  b.test: {kind: evaluate, after: b, tasks: [pawsx]}
"""


@pytest.fixture
def recipe(tmp_path: Path) -> Recipe:
    (tmp_path / "graph.yaml").write_text(GRAPH)
    return load_recipe(tmp_path / "graph.yaml", [f"out={tmp_path}"])


def test_a_long_phase_says_nothing_of_a_kind_that_was_never_done(recipe: Recipe) -> None:
    assert seconds_left(recipe, {}, 1) is None
    assert seconds_left(recipe, {"text": 100.0}, 1) is None
    assert seconds_left(recipe, {"text": 100.0, "a": 10.0}, 1) is None


def test_training_takes_as_long_as_it_draws_examples(recipe: Recipe) -> None:
    done = {"text": 100.0, "a": 32.0, "a.test": 3.0}
    assert seconds_left(recipe, done, 1) == pytest.approx(132 / 110 * 10 + 3)
    assert seconds_left(recipe, done, 2) == pytest.approx((132 / 110 * 10 + 3) / 2)


def test_a_phase_of_the_same_tasks_says_most(recipe: Recipe) -> None:
    done = {"text": 100.0, "b": 32.0, "a.test": 3.0, "b.test": 5.0}
    assert seconds_left(recipe, done, 1) == pytest.approx(10.0)


def test_nothing_is_left_of_what_is_done(recipe: Recipe) -> None:
    assert seconds_left(recipe, dict.fromkeys(recipe.phases, 1.0), 1) == 0


def test_a_time_is_told_as_people_tell_it() -> None:
    said = ["time left not known yet", "90 s left", "10 min left", "2.5 h left"]
    assert [time_left(seconds) for seconds in (None, 90.0, 600.0, 9000.0)] == said
