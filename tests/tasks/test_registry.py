"""Tasks are found by looking at the modules of their folder: one file more is one task more."""

import re
import sys
from dataclasses import replace
from pathlib import Path

import pytest

import mtl.tasks
from mtl.data.sources import alternatives
from mtl.errors import UserError
from mtl.tasks.registry import (
    check_same_answers,
    find_tasks,
    get_task,
    joined,
    label_languages,
    training_languages,
)
from mtl.tasks.task import Task

NINE = {"anli", "ccg", "commonsenseqa", "cosmosqa", "hellaswag", "mnli", "qqp", "squad_v1", "squad_v2"}

DECLARATION = """
from mtl.tasks.shapes import pair
from mtl.tasks.task import Source, Task

TASK = Task(
    name="{name}",
    kind="pair",
    splits={{"train": (Source(files=("mood.csv",), format="csv", record=pair(text_a="text", text_b=None)),)}},
    labels=("good", "bad"),
    metric="accuracy",
)
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder whose modules count as the room's, and as the package's."""
    for package in (mtl, mtl.tasks):
        monkeypatch.setattr(package, "__path__", [*package.__path__, str(tmp_path)])
    for module in ("mtl.tasks.mood", "mtl.tasks.temper", "mtl.tasks.moods", "mtl.moods"):
        monkeypatch.delitem(sys.modules, module, raising=False)
    return tmp_path


def test_the_nine_intermediate_tasks_are_there() -> None:
    assert set(find_tasks()) >= NINE


def test_every_task_bears_the_name_under_which_it_is_found_and_a_fingerprint_of_its_own() -> None:
    tasks = find_tasks()
    assert all(name == task.name for name, task in tasks.items())
    assert len({task.origin for task in tasks.values()}) == len(tasks)
    assert {name: task.origin for name, task in find_tasks().items()} == {
        n: t.origin for n, t in tasks.items()
    }


def test_one_file_adds_a_task(folder: Path) -> None:
    (folder / "mood.py").write_text(DECLARATION.format(name="mood"))
    assert set(find_tasks()) >= NINE | {"mood"}
    assert get_task("mood").labels == ("good", "bad")


def test_a_task_that_is_named_unlike_its_module_is_refused(folder: Path) -> None:
    (folder / "temper.py").write_text(DECLARATION.format(name="mood"))
    with pytest.raises(AssertionError, match=r"mtl.tasks.temper declares 'mood'"):
        find_tasks()


def test_a_task_that_is_declared_twice_is_refused(folder: Path) -> None:
    (folder / "temper.py").write_text(DECLARATION.format(name="qqp"))
    with pytest.raises(AssertionError, match=r"qqp is declared twice"):
        find_tasks()


@pytest.mark.parametrize(
    "line",
    [
        "from mtl.tasks.moods import LABELS",
        "from mtl.tasks import moods",
        "from .moods import LABELS",
        "from . import moods",
        "import json, mtl.tasks.moods as moods",
        "from mtl.moods import LABELS",
        "from ..moods import LABELS",
    ],
)
def test_the_fingerprint_follows_what_a_declaration_imports(folder: Path, line: str) -> None:
    before = (folder / "mood.py", folder / "moods.py")
    before[1].write_text('LABELS = ("good", "bad")\n')
    before[0].write_text(f"{line}\n" + DECLARATION.format(name="mood"))
    first = get_task("mood").origin
    assert get_task("mood").origin == first
    before[1].write_text('LABELS = ("bad", "good")\n')
    assert get_task("mood").origin != first


def test_an_unknown_name_is_answered_with_the_nearest() -> None:
    with pytest.raises(UserError, match=r"unknown task 'hellaswog'; did you mean hellaswag"):
        get_task("hellaswog")


def test_a_language_after_the_name_is_that_of_the_training_data() -> None:
    finnish = get_task("panx-fi")
    assert (finnish.name, finnish.language, finnish.kind) == ("panx-fi", "fi", "tag")
    assert get_task("panx").language == "en"


@pytest.mark.parametrize(
    ("name", "trouble"),
    [
        (
            "mnli-fi",
            r"task mnli: has training data in one language only, not in 'fi'; these have more: mnli_mt, panx",
        ),
        ("pankx-fi", r"unknown task 'pankx-fi'; did you mean panx"),
        ("panx-", r"unknown task 'panx-'"),
    ],
)
def test_a_language_that_a_task_cannot_be_had_in_is_refused(name: str, trouble: str) -> None:
    with pytest.raises(UserError, match=trouble):
        get_task(name)


def test_a_task_that_trains_on_another_has_no_training_data_of_its_own() -> None:
    tasks = find_tasks()
    for task in tasks.values():
        assert task.train_on is None or (task.train_on in tasks and "train" not in task.splits)


def test_tasks_join_behind_one_head_each_in_its_language() -> None:
    task = joined(get_task("pawsx"), [get_task("pawsx-de"), get_task("pawsx-fr")])
    assert training_languages(task) == ("en", "de", "fr")
    own, german, french = task.splits["train"]
    assert own == get_task("pawsx").splits["train"][0]
    assert {one.language for one in alternatives(german)} == {"de"}
    assert {one.language for one in alternatives(french)} == {"fr"}
    assert task.origin != get_task("pawsx").origin
    assert joined(get_task("pawsx"), []) == get_task("pawsx")


def test_plain_text_shows_no_labels_in_any_language() -> None:
    text = Task(name="text", kind="mlm", metric="accuracy", language="fi")
    assert (training_languages(text), label_languages(text)) == (("fi",), ())
    assert label_languages(get_task("panx-fi")) == ("fi",)


@pytest.mark.parametrize("also", [["pawsx-de", "pawsx-de"], ["pawsx"]])
def test_nothing_joins_twice(also: list[str]) -> None:
    with pytest.raises(UserError, match=r"task pawsx: pawsx.* in .. stands twice; name it once"):
        joined(get_task("pawsx"), [get_task(name) for name in also])


@pytest.mark.parametrize(
    ("other", "trouble"), [("qqp", "which has other answers"), ("xquad", "which has no training data")]
)
def test_what_one_head_cannot_learn_does_not_join(other: str, trouble: str) -> None:
    task = get_task("pawsx" if other == "qqp" else "squad_v1")
    with pytest.raises(UserError, match=f"also names {other}, {trouble}"):
        joined(task, [get_task(other)])


@pytest.mark.parametrize(
    ("task", "other", "told"),
    [
        ("xnli", "qqp", "pair: entailment, neutral, contradiction"),
        ("squad_v1", "xnli", "squad_v1 (span)"),
        ("copa", "siqa", "siqa, which has other answers (choice: one of 3) than copa (choice: one of 2)"),
    ],
)
def test_what_two_heads_answer_otherwise_is_told_with_the_order_of_labels(
    task: str, other: str, told: str
) -> None:
    with pytest.raises(UserError, match=re.escape(told)):
        check_same_answers(get_task(task), get_task(other), key="also")


def test_the_same_labels_in_another_order_are_other_answers() -> None:
    task = get_task("xnli")
    turned = replace(task, labels=tuple(reversed(task.labels or ())))
    with pytest.raises(UserError, match=r"entailment, neutral, contradiction.*in the same order"):
        check_same_answers(turned, task, key="train_on")
