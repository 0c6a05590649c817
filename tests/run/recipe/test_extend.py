"""A recipe over another one: what it says wins, what it leaves out stays, and mistakes are found in their own file."""

from pathlib import Path

import pytest

from mtl.errors import UserError
from mtl.run.recipe.read import load_recipe
from mtl.run.recipe.schema import Recipe

BASE = """
model: {config: {hidden_size: 32, num_hidden_layers: 1, num_attention_heads: 2, intermediate_size: 64}}
data: {world: {}}
train: {steps: 4, lr: 1e-3}
phases:
  nine: {tasks: [mnli, qqp], train: {lr: 2e-3}}
  qqp: {after: nine, tasks: [qqp]}
"""


def load(folder: Path, child: str, *overrides: str) -> Recipe:
    (folder / "base.yaml").write_text(BASE)
    (folder / "child.yaml").write_text(f"extends: base.yaml\n{child}")
    return load_recipe(folder / "child.yaml", overrides)


def test_what_is_said_wins_and_the_rest_stays(tmp_path: Path) -> None:
    recipe = load(tmp_path, "train: {steps: 9}\nphases: {nine: {tasks: [mnli], train: {warmup: 0}}}")
    nine, qqp = recipe.phase_list()
    assert recipe.name == "child"
    assert list(nine.tasks) == ["mnli"] and list(qqp.tasks) == ["qqp"]
    assert (nine.train.steps, nine.train.lr, nine.train.warmup) == (9, 2e-3, 0)
    assert (qqp.train.steps, qqp.train.lr) == (9, 1e-3)


def test_a_phase_of_the_base_that_is_null_is_left_out_and_the_next_starts_where_it_would_have(
    tmp_path: Path,
) -> None:
    assert load(tmp_path, "phases: {nine: null}").phases["qqp"].after is None
    longer = load(tmp_path, "phases: {mlm: {tasks: [mnli]}, nine: {after: mlm}}")
    (tmp_path / "third.yaml").write_text("extends: child.yaml\nphases: {nine: null}\n")
    assert list(longer.phases) == ["mlm", "nine", "qqp"]
    third = load_recipe(tmp_path / "third.yaml")
    assert {name: phase.after for name, phase in third.phases.items()} == {"mlm": None, "qqp": "mlm"}


def test_phases_in_a_row_may_be_left_out(tmp_path: Path) -> None:
    load(tmp_path, "phases: {text: {tasks: [mnli]}, nine: {after: text}}")
    (tmp_path / "third.yaml").write_text("extends: child.yaml\nphases: {text: null, nine: null}\n")
    assert load_recipe(tmp_path / "third.yaml").phases["qqp"].after is None


def test_new_phases_stand_where_the_recipe_names_them(tmp_path: Path) -> None:
    recipe = load(tmp_path, "phases: {a: {tasks: [qqp]}, b: {tasks: [qqp]}, qqp: {}, c: {tasks: [qqp]}}")
    assert list(recipe.phases) == ["nine", "a", "b", "qqp", "c"]


def test_a_mistake_is_found_in_the_file_that_holds_it(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"child.yaml:3.*train.stps"):
        load(tmp_path, "seed: 1\ntrain: {stps: 9}")
    with pytest.raises(UserError, match=r"base.yaml:4"):
        load(tmp_path, "train: {epochs: 3}")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("extends: nowhere.yaml", "nowhere.yaml: no such file"),
        ("extends: [base.yaml]", "is no file name"),
        ("extends: circle.yaml", "end the circle"),
    ],
)
def test_a_base_that_cannot_be_is_refused_in_one_line(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "circle.yaml").write_text(text + "\n")
    with pytest.raises(UserError, match=message):
        load_recipe(tmp_path / "circle.yaml")
