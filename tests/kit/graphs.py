"""A recipe of a few phases, and the records that they begin with."""

from pathlib import Path

from mtl.phase_record import PhaseRecord
from mtl.run.identity import identity_of
from mtl.run.new_record import new_record
from mtl.run.recipe.read import load_recipe
from mtl.run.recipe.schema import Recipe

GRAPH = """
model: {config: {hidden_size: 32, num_hidden_layers: 1, num_attention_heads: 2, intermediate_size: 64}}
data: {world: {}}
train: {steps: 4}
phases:
  first: {tasks: [mnli]}
  all_nine: {after: first, arm: all nine, tasks: [mnli, qqp]}
  second: {after: all_nine, tasks: [qqp], carry: {qqp: qqp}}
  alone: {after: first, tasks: [qqp]}
"""


def graph(folder: Path, *overrides: str) -> Recipe:
    """The recipe, written into the folder, whose run lies in it too."""
    (folder / "graph.yaml").write_text(GRAPH)
    return load_recipe(folder / "graph.yaml", [f"out={folder}", *overrides])


def record(recipe: Recipe, name: str = "first", *, start: str = "") -> PhaseRecord:
    """The record of a phase that begins on known data."""
    phase = recipe.phases[name]
    return new_record(recipe, phase, identity_of(phase, data={"mnli-train": "0123"}, start=start))
