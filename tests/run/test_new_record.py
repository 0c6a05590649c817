"""A phase that begins says in which languages labels are looked at."""

from pathlib import Path

import pytest

from mtl.errors import UserError
from tests.kit.graphs import graph, record


@pytest.mark.parametrize(
    ("tasks", "languages", "labels_in"),
    [
        ("[xnli]", ("en",), {}),
        ("[panx-fi]", ("fi",), {"panx-fi": ["fi"]}),
        ("[panx-fi, mnli]", ("en", "fi"), {"panx-fi": ["fi"]}),
        ("{panx: {language: sw}}", ("sw",), {"panx": ["sw"]}),
        ("{xnli: {also: [mnli_mt-de, mnli_mt-sw]}}", ("en",), {"xnli": ["de", "sw"]}),
    ],
)
def test_a_record_says_in_which_languages_labels_were_looked_at(
    tmp_path: Path, tasks: str, languages: tuple[str, ...], labels_in: dict[str, list[str]]
) -> None:
    found = record(graph(tmp_path, f"phases.first.tasks={tasks}"))
    assert (found.dev_languages, found.labels_in) == ((), labels_in)
    found = record(graph(tmp_path, f"phases.first.tasks={tasks}", "phases.first.train.eval_every=2"))
    assert found.dev_languages == languages


GERMAN = "{kind: pair, labels: [a, b], language: de, files: {train: t.tsv, dev: d.tsv, test: 'e.{lang}.tsv'}}"
THEIRS = "{kind: pair, labels: [a, b], train_on: mine, files: {test: 'more.{lang}.tsv'}}"


@pytest.mark.parametrize("task", ["mine", "theirs"])
def test_labels_of_a_declared_task_are_in_the_language_that_it_says(tmp_path: Path, task: str) -> None:
    """Also where another one lends them."""
    declared = (f"declare.mine={GERMAN}", f"declare.theirs={THEIRS}", f"phases.first.tasks=[{task}]")
    found = record(graph(tmp_path, *declared, "phases.first.train.eval_every=2"))
    assert (found.dev_languages, found.labels_in) == (("de",), {task: ["de"]})


def test_a_language_in_which_the_lender_has_no_labels_is_refused(tmp_path: Path) -> None:
    english = GERMAN.replace("language: de, ", "")
    declared = (f"declare.mine={english}", f"declare.theirs={THEIRS.replace('{kind', '{language: de, kind')}")
    given = graph(tmp_path, *declared, "phases.first.tasks={theirs: {language: de}}")
    with pytest.raises(UserError, match="theirs trains on mine, whose data are in en, not in 'de'"):
        record(given)


def test_a_phase_of_tasks_without_a_dev_set_keeps_its_last_step(tmp_path: Path) -> None:
    text = "declare.text={kind: mlm, files: {train: a.txt, dev: b.txt}}"
    found = record(graph(tmp_path, text, "phases.first.tasks=[text]", "phases.first.train.eval_every=2"))
    assert found.dev_languages == ()


def test_the_record_of_a_test_names_the_split_and_no_dev_set(tmp_path: Path) -> None:
    test = "phases.test={kind: evaluate, after: first, tasks: [mnli], evaluate: {split: dev}}"
    found = record(graph(tmp_path, test), "test")
    assert (found.tested_split, found.dev_languages, found.labels_in) == ("dev", None, {})
