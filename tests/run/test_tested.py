"""What an evaluate phase tests, and in which languages."""

from pathlib import Path

from mtl.run import tested
from mtl.run.recipe import load_recipe

GRAPH = """
model: {name: some/encoder}
data: {root: .}
declare:
  german: {kind: pair, labels: [a, b], language: de, files: {train: train.tsv, test: test.tsv}}
  english: {kind: pair, labels: [a, b], files: {train: train.tsv, test: test.tsv}}
phases:
  train: {tasks: [german, english], train: {steps: 1}}
  test: {kind: evaluate, after: train, tasks: [german, english]}
"""


def test_a_test_file_whose_name_tells_no_language_is_in_that_of_its_task(tmp_path: Path) -> None:
    (tmp_path / "graph.yaml").write_text(GRAPH)
    (tmp_path / "test.tsv").touch()
    recipe = load_recipe(tmp_path / "graph.yaml", [f"data.root={tmp_path}"])
    phase = recipe.phases["test"]
    members = tested.tested_members(phase, tested.tested_tasks(recipe, phase))
    assert {name: member.languages for name, member in members.items()} == {
        "german": ("de",),
        "english": ("en",),
    }
