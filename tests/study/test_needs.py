"""What a recipe or a study takes from the hub is told by the names that prepare.py fetches."""

from pathlib import Path

import pytest

from mtl.data.fetch import sources_of
from mtl.data.prepare import verify_folder
from mtl.data.sources import alternatives
from mtl.errors import UserError
from mtl.study.needs import needs_of
from mtl.tasks.registry import find_tasks, get_task
from tests.kit.ranks import ROOT

RECIPES = ROOT / "recipes"


def test_a_recipe_needs_its_phases_tasks_and_its_model() -> None:
    needs = needs_of(RECIPES / "xstilts.yaml")
    assert {"anli", "ccg", "xnli", "xquad", "siqa", "mewslix", "bucc2018", "tatoeba_squad"} <= {*needs.tasks}
    assert needs.models == ("xlm-roberta-large",)


def test_a_study_needs_what_its_arms_read_in_every_language() -> None:
    needs = needs_of(RECIPES / "studies" / "finnish.yaml")
    assert {"panx-fi", "panx-et", "tydiqa-ru", "udpos", "tatoeba"} <= {*needs.tasks}
    assert len(needs.tasks) == len({*needs.tasks})
    assert all(get_task(name, find_tasks()) for name in needs.tasks)


def test_what_a_recipe_declares_itself_is_not_on_the_hub() -> None:
    augmentation, paper = (needs_of(RECIPES / f"studies/{name}.yaml") for name in ("augmentation", "paper"))
    assert "squad_mt-de" not in augmentation.tasks and "squad_mt-de (train)" in augmentation.own
    assert any(name.startswith("muse/en-{lang}.txt (") for name in augmentation.own)
    assert "text" not in paper.tasks and [*paper.own] == ["text (train)"]


OWN = """
model: {name: some/encoder, tokenizer: some/words}
data: {root: data}
declare:
  my-reviews: {kind: pair, labels: [bad, good], files: {train: "reviews.{lang}.csv"}}
  news: {kind: pair, labels: [entailment, neutral, contradiction], files: {test: news.csv}, train_on: mnli}
  more-news: {kind: pair, labels: [bad, good], files: {test: more.csv}, train_on: my-reviews}
tasks: {my-reviews: {language: fi}, news: {}, more-news: {}, panx: {language: et, also: [panx-sw]}}
train: {steps: 1}
"""


def test_a_declared_task_needs_the_one_that_it_trains_on_and_a_recipe_its_tokenizer(tmp_path: Path) -> None:
    (tmp_path / "own.yaml").write_text(OWN)
    needs = needs_of(tmp_path / "own.yaml")
    assert needs.tasks == ("mnli", "panx-et", "panx-sw")
    assert needs.models == ("some/encoder", "some/words")
    assert [*needs.own] == ["my-reviews-fi (train)", "more-news (train)"]
    (tmp_path / "reviews.fi.csv").touch()
    said: list[str] = []
    troubles = verify_folder(tmp_path, [], models=[], own=needs.own, say=said.append)
    english = "more-news (train): task more-news, split train: unknown language 'en'"
    assert [trouble.startswith(english) for trouble in troubles] == [True]
    assert said[0] == "my-reviews-fi (train): there, 1 files of yours"


SWITCHED = """
model: {name: some/encoder}
data: {root: data}
declare:
  asked: {kind: pair, labels: [a, b], files: {train: a.tsv, dev: b.tsv, test: "c.{lang}.tsv"}}
  more: {kind: pair, labels: [a, b], files: {train: "more.{lang}.tsv"}}
train: {steps: 1, eval_every: 1}
phases:
  learn: {tasks: {asked: {also: [more-sw], rewrite: {dictionaries: "muse/en-{lang}.txt", languages: [de, sw]}}}}
  ask: {kind: evaluate, after: learn, tasks: [asked], evaluate: {languages: [de]}}
"""


def test_all_files_that_a_recipe_names_itself_must_be_there(tmp_path: Path) -> None:
    (tmp_path / "own.yaml").write_text(SWITCHED)
    own = needs_of(tmp_path / "own.yaml").own
    names = {
        "asked (train)": "a.tsv",
        "more-sw (train)": "more.sw.tsv",
        "asked (dev)": "b.tsv",
        "asked (test de)": "c.de.tsv",
        "muse/en-{lang}.txt (de sw)": "muse/en-sw.txt",
    }
    assert {*own} == {*names}
    (tmp_path / "muse").mkdir()
    for name in (*names.values(), "muse/en-de.txt", "c.en.tsv"):
        (tmp_path / name).touch()
    said: list[str] = []
    assert verify_folder(tmp_path, [], models=[], own=own, say=said.append) == []
    assert "muse/en-{lang}.txt (de sw): there, 2 files of yours" in said
    assert "asked (test de): there, 1 files of yours" in said
    for name, file in names.items():
        (tmp_path / file).unlink()
        (trouble,) = verify_folder(tmp_path, [], models=[], own=own, say=said.append)
        assert trouble.startswith(f"{name}: ")
        (tmp_path / file).touch()


def test_the_built_in_world_needs_nothing() -> None:
    with pytest.raises(UserError, match=r"demo\.yaml: reads the built-in world alone"):
        needs_of(RECIPES / "demo.yaml")


def test_the_hub_has_all_that_the_recipe_for_it_reads_and_lacks_only_what_is_said_of_the_paper_s() -> None:
    def lacking(recipe: Path) -> set[str]:
        return {
            name
            for name in needs_of(recipe).tasks
            for _, source in sources_of(get_task(name, find_tasks()))
            if not any(one.hub for one in alternatives(source))
        }

    assert lacking(RECIPES / "hub_only.yaml") == set()
    assert lacking(RECIPES / "xstilts.yaml") == {"ccg", "bucc2018", "lareqa", "mewslix"}
