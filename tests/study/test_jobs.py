"""Phases as jobs: chains stay together, and what a failure costs is known."""

from pathlib import Path

import pytest

from mtl.run.recipe.read import load_recipe
from mtl.run.recipe.schema import Recipe
from mtl.study.jobs import dependents, levels, split

GRAPH = """
model: {config: {hidden_size: 32, num_hidden_layers: 1, num_attention_heads: 2, intermediate_size: 64}}
data: {world: {}}
train: {steps: 4}
tasks: [mnli]
phases:
  text: {}
  a: {after: text}
  b: {after: text}
  a1: {after: a}
  a1.test: {after: a1}
  a2: {after: a}
  b1: {after: b}
"""


@pytest.fixture
def recipe(tmp_path: Path) -> Recipe:
    (tmp_path / "graph.yaml").write_text(GRAPH)
    return load_recipe(tmp_path / "graph.yaml", [f"out={tmp_path}"])


def test_a_chain_is_one_job_and_a_fork_ends_it(recipe: Recipe) -> None:
    jobs = split(recipe, list(recipe.phases), together=False)
    assert [job.phases for job in jobs] == [("text",), ("a",), ("b", "b1"), ("a1", "a1.test"), ("a2",)]
    assert [set(job.needs) for job in jobs] == [set(), {"text"}, {"text"}, {"a"}, {"a"}]
    assert [[job.name for job in level] for level in levels(jobs)] == [["text"], ["a", "b"], ["a1", "a2"]]


def test_one_process_does_all_that_is_left_in_order(recipe: Recipe) -> None:
    (job,) = split(recipe, ["b", "a1", "a1.test"], together=True)
    assert job.phases == ("b", "a1", "a1.test")
    assert job.needs == {"text", "a"}
    assert split(recipe, [], together=True) == ()
    assert [[job.name for job in level] for level in levels([job])] == [["b"]]  # the others are done


def test_a_failure_costs_all_that_follows(recipe: Recipe) -> None:
    assert dependents(recipe, ["a"]) == {"a", "a1", "a1.test", "a2"}
    assert dependents(recipe, ["a1.test"]) == {"a1.test"}
