"""What a phase asks of its tasks that cannot be is refused."""

import re
from pathlib import Path

import pytest

from mtl.data.sources import source_files
from mtl.errors import UserError
from mtl.run.phase_tasks import check_metric, choose_tasks, told_languages
from mtl.run.recipe.read import load_recipe
from mtl.tasks.task import Kind, Task
from tests.kit.ranks import ROOT


def choose(*overrides: str) -> tuple[Task, ...]:
    recipe = load_recipe(ROOT / "recipes" / "world_nine.yaml", overrides)
    return choose_tasks(recipe, recipe.phase_list()[0])


def test_an_unknown_task_is_named_with_its_nearest() -> None:
    with pytest.raises(UserError, match="did you mean mnli"):
        choose("tasks=[mnil]")


def test_a_task_that_bears_a_word_of_pytorch_is_refused() -> None:
    declared = "declare={keys: {kind: pair, labels: [a, b], files: {train: x.tsv}}}"
    with pytest.raises(UserError, match="rename the task"):
        choose(declared, "tasks=[keys]")


def test_training_a_task_that_is_only_searched_is_refused_by_what_it_trains_on(tmp_path: Path) -> None:
    (task,) = choose("tasks=[tatoeba_squad]")
    with pytest.raises(UserError, match=r"tatoeba_squad declares no train split.*; it trains on squad_v1"):
        source_files(task, "train", tmp_path)


@pytest.mark.parametrize(
    ("kind", "metric", "labels", "said"),
    [
        ("pair", "span_f1", ("a", "b"), "use accuracy, accuracy_f1"),
        ("span", "mlqa_f1", None, "unknown metric"),
        ("tag", "accuracy", None, "use tag_accuracy, span_f1"),
        ("pair", "accuracy_f1", ("red", "green"), "green"),
    ],
)
def test_a_metric_that_cannot_score_the_task_is_refused(
    kind: Kind, metric: str, labels: tuple[str, ...] | None, said: str
) -> None:
    with pytest.raises(UserError, match=re.escape(said)):
        check_metric(Task(name="mine", kind=kind, splits={}, metric=metric, labels=labels))


def test_languages_that_are_named_in_vain_are_told() -> None:
    assert told_languages(["en", "sw"], None) == "in 2 languages: en sw"
    assert told_languages(["en", "sw"], ["sw", "en"]) == "in 2 languages: en sw"
    assert told_languages(["en"], ["en", "swa"]) == "in 1 languages: en; not there: swa"


def test_files_of_no_language_are_told() -> None:
    told = "in 1 languages: en; not read, for want of a language code in their names: test.english.tsv"
    assert told_languages(["en"], None, unread="test.english.tsv") == told
