"""What an evaluate phase tests, and in which languages; what it cannot score is refused before it predicts."""

from pathlib import Path

import pytest

from mtl.errors import UserError
from mtl.run import tested
from mtl.run.recipe.read import load_recipe
from mtl.run.running import run_recipe

GRAPH = """
model: {name: xlm-roberta-base}
data: {root: ROOT}
train: {steps: 1}
declare: {DECLARE}
phases:
  learn: {tasks: [NAMES]}
  test: {kind: evaluate, after: learn, tasks: [NAMES]}
"""
QUESTIONS = "mine: {kind: span, metric: mlqa, files: {train: mine/train.json, test: 'mine/{lang}.json'}}"
GERMAN = "german: {kind: pair, labels: [a, b], language: de, files: {train: train.tsv, test: test.tsv}}"
ENGLISH = "english: {kind: pair, labels: [a, b], files: {train: train.tsv, test: test.tsv}}"


def languages_tested(
    folder: Path, *declared: str, overrides: tuple[str, ...] = ()
) -> dict[str, tuple[str, ...]]:
    names = ", ".join(task.partition(":")[0] for task in declared)
    graph = GRAPH.replace("ROOT", str(folder)).replace("DECLARE", ", ".join(declared)).replace("NAMES", names)
    (folder / "graph.yaml").write_text(graph)
    recipe = load_recipe(folder / "graph.yaml", overrides)
    phase = recipe.phases["test"]
    members = tested.tested_members(phase, tested.tested_tasks(recipe, phase))
    return {name: member.languages for name, member in members.items()}


def test_a_test_file_whose_name_tells_no_language_is_in_that_of_its_task(tmp_path: Path) -> None:
    (tmp_path / "test.tsv").touch()
    assert languages_tested(tmp_path, GERMAN, ENGLISH) == {"german": ("de",), "english": ("en",)}


def test_a_language_that_the_metric_has_no_rules_for_is_refused(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    for code in ("fi", "qaa", "zh"):
        (tmp_path / f"mine/{code}.json").touch()
    with pytest.raises(
        UserError,
        match=r"^phase test: evaluate.languages: the metric mlqa of mine has no rules for fi; leave that out",
    ):
        languages_tested(tmp_path, QUESTIONS)
    some = ("phases.test.evaluate={languages: [zh, qaa]}",)
    assert languages_tested(tmp_path, QUESTIONS, overrides=some) == {"mine": ("qaa", "zh")}


def test_files_whose_names_tell_no_language_are_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("pt-br", "zh_CN", "english"):
        (tmp_path / f"many.{name}.tsv").touch()
    many = "many: {kind: pair, labels: [a, b], files: {train: train.tsv, test: 'many.{lang}.tsv'}}"
    assert languages_tested(tmp_path, many) == {"many": ("pt-br", "zh_CN")}
    run_recipe(tmp_path / "graph.yaml", [f"out={tmp_path}"], dry_run=True, only=["test"])
    told = "pt-br zh_CN; not read, for want of a language code in their names: many.english.tsv"
    assert told in " ".join(capsys.readouterr().out.split())
