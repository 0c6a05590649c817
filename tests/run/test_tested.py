"""What an evaluate phase cannot score is refused before it predicts."""

from pathlib import Path

import pytest

from mtl.errors import UserError
from mtl.run import tested
from mtl.run.recipe import load_recipe

GRAPH = """
model: {name: xlm-roberta-base}
data: {root: ROOT}
train: {steps: 1}
declare:
  mine: {kind: span, metric: mlqa, files: {train: "mine/train.json", test: "mine/{lang}.json"}}
phases:
  learn: {tasks: [mine]}
  test: {kind: evaluate, after: learn, tasks: [mine]}
"""


def languages_tested(folder: Path, *overrides: str) -> tuple[str, ...]:
    (folder / "graph.yaml").write_text(GRAPH.replace("ROOT", str(folder)))
    recipe = load_recipe(folder / "graph.yaml", overrides)
    phase = recipe.phases["test"]
    return tested.tested_members(phase, tested.tested_tasks(recipe, phase))["mine"].languages


def test_a_language_that_the_metric_has_no_rules_for_is_refused(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    for code in ("fi", "qaa", "zh"):
        (tmp_path / f"mine/{code}.json").touch()
    with pytest.raises(
        UserError,
        match=r"^phase test: evaluate.languages: the metric mlqa of mine has no rules for fi; leave that out",
    ):
        languages_tested(tmp_path)
    chosen = languages_tested(tmp_path, "phases.test.evaluate={languages: [zh, qaa]}")
    assert chosen == ("qaa", "zh")
