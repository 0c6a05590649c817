"""The graph: a phase is done once; one that would give another result is refused, and the difference is named."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mtl.errors import UserError
from mtl.run.phases import (
    MODEL,
    PhaseRecord,
    choose_phases,
    demand_same,
    demand_same_settings,
    differing,
    identity_of,
    model_key,
    new_record,
    read_record,
    start_of,
    write_record,
)
from mtl.run.recipe import Recipe, load_recipe
from mtl.run.running import check_free, run_recipe
from mtl.runfolder import RunFolder

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


def recipe(folder: Path, *overrides: str) -> Recipe:
    (folder / "graph.yaml").write_text(GRAPH)
    return load_recipe(folder / "graph.yaml", [f"out={folder}", *overrides])


def record(given: Recipe, name: str = "first", *, start: str = "") -> PhaseRecord:
    phase = given.phases[name]
    return new_record(given, phase, identity_of(phase, data={"mnli-train": "0123"}, start=start))


def test_a_record_survives_being_written(tmp_path: Path) -> None:
    written = replace(record(recipe(tmp_path)), done=True, seconds=1.5)
    folder = RunFolder(tmp_path / "graph").phase("first")
    assert read_record(folder) is None
    write_record(folder, written)
    assert read_record(folder) == written


@pytest.mark.parametrize(
    ("tasks", "selection", "labels_in"),
    [
        ("[xnli]", "English dev", {}),
        ("[panx-fi]", "dev of fi", {"panx-fi": ["fi"]}),
        ("[panx-fi, mnli]", "dev of en, fi", {"panx-fi": ["fi"]}),
        ("{panx: {language: sw}}", "dev of sw", {"panx": ["sw"]}),
        ("{xnli: {also: [mnli_mt-de, mnli_mt-sw]}}", "English dev", {"xnli": ["de", "sw"]}),
    ],
)
def test_a_record_says_in_which_languages_labels_were_looked_at(
    tmp_path: Path, tasks: str, selection: str, labels_in: dict[str, list[str]]
) -> None:
    found = record(recipe(tmp_path, f"phases.first.tasks={tasks}"))
    assert (found.selection, found.labels_in) == ("last step", labels_in)
    found = record(recipe(tmp_path, f"phases.first.tasks={tasks}", "phases.first.train.eval_every=2"))
    assert found.selection == selection


GERMAN = "{kind: pair, labels: [a, b], language: de, files: {train: t.tsv, dev: d.tsv, test: 'e.{lang}.tsv'}}"
THEIRS = "{kind: pair, labels: [a, b], train_on: mine, files: {test: 'more.{lang}.tsv'}}"


@pytest.mark.parametrize("task", ["mine", "theirs"])
def test_labels_of_a_declared_task_are_in_the_language_that_it_says(tmp_path: Path, task: str) -> None:
    """Also where another one lends them."""
    declared = (f"declare.mine={GERMAN}", f"declare.theirs={THEIRS}", f"phases.first.tasks=[{task}]")
    found = record(recipe(tmp_path, *declared, "phases.first.train.eval_every=2"))
    assert (found.selection, found.labels_in) == ("dev of de", {task: ["de"]})


def test_a_language_in_which_the_lender_has_no_labels_is_refused(tmp_path: Path) -> None:
    english = GERMAN.replace("language: de, ", "")
    declared = (f"declare.mine={english}", f"declare.theirs={THEIRS.replace('{kind', '{language: de, kind')}")
    given = recipe(tmp_path, *declared, "phases.first.tasks={theirs: {language: de}}")
    with pytest.raises(UserError, match="theirs trains on mine, whose data are in en, not in 'de'"):
        record(given)


def test_a_phase_of_tasks_without_a_dev_set_keeps_its_last_step(tmp_path: Path) -> None:
    text = "declare.text={kind: mlm, files: {train: a.txt, dev: b.txt}}"
    found = record(recipe(tmp_path, text, "phases.first.tasks=[text]", "phases.first.train.eval_every=2"))
    assert found.selection == "last step"


def test_the_same_phase_may_go_on_whatever_changes_only_how_it_runs(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path).phase("first")
    again = record(recipe(tmp_path, "train.log_every=7", "data.workers=2", "model.recompute=true"))
    demand_same(record(recipe(tmp_path)), again.identity, folder)


FIND = "phases.find={kind: retrieve, tasks: [tatoeba]}"


def test_retrieval_may_go_on_whatever_changes_only_training(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path).phase("find")
    old = record(recipe(tmp_path, FIND), "find")
    changes = ("model.recompute=true", "model.dropout=0.1", "model.attention_dropout=0.1")
    now = record(recipe(tmp_path, FIND, *changes), "find").identity
    demand_same(old, now, folder)
    model = {**old.identity.settings["model"], "recompute": False, "dropout": None}
    earlier = replace(old.identity, settings={**old.identity.settings, "model": model})
    demand_same(replace(old, identity=earlier), now, folder)


def test_labels_of_a_test_that_an_earlier_version_counted_are_no_difference(tmp_path: Path) -> None:
    folder, old = RunFolder(tmp_path).phase("find"), record(recipe(tmp_path, FIND), "find")
    gold = {**old.identity.data, "bucc2018-test-de/test-de.tsv": "0a"}
    demand_same(replace(old, identity=replace(old.identity, data=gold)), old.identity, folder)
    gold = {**old.identity.data, "bucc2018-dev-de/dev-de.tsv": "0a"}
    with pytest.raises(UserError, match=r"was made with other data\.bucc2018-dev-de"):
        demand_same(replace(old, identity=replace(old.identity, data=gold)), old.identity, folder)


def test_other_weights_in_the_same_folder_are_another_phase(tmp_path: Path) -> None:
    encoder = tmp_path / "encoder"
    encoder.mkdir()
    (encoder / "config.json").write_text("{}")
    (encoder / "model.safetensors").write_text("first")
    changes = [f"model={{name: {encoder}, tokenizer: t}}", f"data.cache={tmp_path / 'cache'}"]
    given = recipe(tmp_path, *changes)
    phase, folder = given.phases["first"], RunFolder(tmp_path).phase("first")
    old = new_record(given, phase, identity_of(phase, data=model_key(phase), start=""))
    (encoder / "model.safetensors").write_text("trained longer")
    other = identity_of(phase, data=model_key(phase), start="")
    with pytest.raises(UserError, match=r"first: was made with other data\.model "):
        demand_same(old, other, folder)
    demand_same(replace(old, identity=replace(old.identity, data={})), other, folder)  # an earlier version's
    for file in encoder.iterdir():
        file.unlink()
    encoder.rmdir()
    demand_same(old, identity_of(phase, data=model_key(phase), start=""), folder)


def test_only_what_starts_from_a_folder_has_a_key_of_its_model(tmp_path: Path) -> None:
    (tmp_path / "encoder").mkdir()
    given = recipe(
        tmp_path, f"model={{name: {tmp_path / 'encoder'}, tokenizer: t}}", f"data.cache={tmp_path}"
    )
    assert {name: [*model_key(phase)] for name, phase in given.phases.items() if model_key(phase)} == {
        "first": [MODEL]
    }
    assert model_key(recipe(tmp_path).phases["first"]) == {}
    assert model_key(recipe(tmp_path, "model={name: some/encoder, tokenizer: t}").phases["first"]) == {}


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ("train.lr=3e-5", "settings.train.lr"),
        ("seed=4", "settings.seed"),
        ("mixture.temperature=2", "settings.mixture.temperature"),
        ("phases.first.tasks=[mnli,qqp]", "settings.tasks.qqp"),
    ],
)
def test_another_phase_is_refused_and_the_difference_is_named(
    tmp_path: Path, change: str, named: str
) -> None:
    folder = RunFolder(tmp_path).phase("first")
    with pytest.raises(UserError, match=f"made with other {named} .*--resume --insist"):
        demand_same(record(recipe(tmp_path)), record(recipe(tmp_path, change)).identity, folder)


def write_ds(folder: Path, **keys: Any) -> str:
    (folder / "ds.json").write_text(json.dumps({"zero_optimization": {"stage": 1}, **keys}))
    return f"deepspeed={folder / 'ds.json'}"


def test_another_number_format_in_the_deepspeed_file_is_refused_and_another_sharding_is_not(
    tmp_path: Path,
) -> None:
    folder = RunFolder(tmp_path).phase("first")
    old = record(recipe(tmp_path, write_ds(tmp_path)))
    sharded = write_ds(tmp_path, zero_optimization={"stage": 2, "reduce_bucket_size": 1e6})
    demand_same(old, record(recipe(tmp_path, sharded)).identity, folder)
    in_bf16 = record(recipe(tmp_path, write_ds(tmp_path, data_types={"grad_accum_dtype": "bf16"})))
    with pytest.raises(UserError, match=r"other settings\.deepspeed\.data_types\.grad_accum_dtype"):
        demand_same(old, in_bf16.identity, folder)


def test_a_record_that_does_not_know_its_deepspeed_file_goes_on(tmp_path: Path) -> None:
    new = record(recipe(tmp_path))
    settings = {key: value for key, value in new.identity.settings.items() if key != "deepspeed"}
    old = replace(new, identity=replace(new.identity, settings=settings))
    assert differing(old, new.identity) == []
    demand_same(old, new.identity, RunFolder(tmp_path).phase("first"))


def test_the_refusal_of_a_done_phase_promises_no_change_of_it(tmp_path: Path) -> None:
    old, other = replace(record(recipe(tmp_path)), done=True), record(recipe(tmp_path, "seed=4"))
    with pytest.raises(UserError, match=r"seed .*remove the folder to do it anew.*leaves it as it is$"):
        demand_same(old, other.identity, RunFolder(tmp_path).phase("first"))


def test_all_keys_that_differ_are_named(tmp_path: Path) -> None:
    old, other = record(recipe(tmp_path)), record(recipe(tmp_path, "train.lr=3e-5", "seed=4"))
    assert differing(old, old.identity) == []
    assert differing(old, other.identity) == ["settings.seed", "settings.train.lr"]


def test_other_data_or_another_start_is_another_phase(tmp_path: Path) -> None:
    old, folder = record(recipe(tmp_path)), RunFolder(tmp_path).phase("first")
    with pytest.raises(UserError, match=r"data\.mnli-train"):
        demand_same(old, replace(old.identity, data={"mnli-train": "4567"}), folder)
    with pytest.raises(UserError, match="other start"):
        demand_same(old, replace(old.identity, start="89ab"), folder)


def test_a_phase_starts_from_one_that_is_done(tmp_path: Path) -> None:
    given = recipe(tmp_path)
    folder = RunFolder(given.folder)
    assert start_of(given.phases["first"], folder) == ""
    with pytest.raises(UserError, match="phase alone: starts from first, which is not done"):
        start_of(given.phases["alone"], folder)
    write_record(folder.phase("first"), record(given))
    with pytest.raises(UserError, match="not done"):
        start_of(given.phases["alone"], folder)
    done = replace(record(given), done=True)
    write_record(folder.phase("first"), done)
    assert start_of(given.phases["alone"], folder) == done.identity.digest


def test_a_phase_belongs_to_the_arm_of_the_phase_it_starts_from(tmp_path: Path) -> None:
    given = recipe(tmp_path)
    assert [given.arm_of(phase) for phase in given.phase_list()] == ["none", "all nine", "all nine", "none"]


def test_phases_are_chosen_by_name_and_keep_their_order(tmp_path: Path) -> None:
    given = recipe(tmp_path)
    assert [phase.name for phase in choose_phases(given, ["second", "first"])] == ["first", "second"]
    with pytest.raises(UserError, match="did you mean second"):
        choose_phases(given, ["secnd"])


def test_a_run_that_has_begun_is_not_written_over(tmp_path: Path) -> None:
    given = recipe(tmp_path)
    folder = RunFolder(given.folder)
    check_free(folder, given.phase_list())
    first = folder.phase("first")
    write_record(first, record(given))
    check_free(folder, given.phase_list())  # its model did not load: there is nothing to lose
    for left in (first.lineage, first.predictions, first.found):
        left.mkdir()
        with pytest.raises(UserError, match=r"phase first.*--resume"):
            check_free(folder, given.phase_list())
        left.rmdir()
    write_record(first, replace(record(given), done=True))
    with pytest.raises(UserError, match=r"phase first.*--resume"):
        check_free(folder, given.phase_list())


def test_a_resume_with_other_settings_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    given = recipe(tmp_path)
    folder = RunFolder(given.folder)
    write_record(folder.phase("first"), replace(record(given), done=True))
    write_record(folder.phase("alone"), record(given, "alone"))  # it failed before it could train
    folder.recipe.write_text("as it ran")
    demand_same_settings(recipe(tmp_path, "phases.alone.train.lr=1"), folder)
    for resume, only in ((True, ["first"]), (True, ["alone"]), (False, ["alone"])):
        with pytest.raises(UserError, match=r"first: was made with other settings\.train\.lr"):
            run_recipe(tmp_path / "graph.yaml", [f"out={tmp_path}", "train.lr=1"], resume=resume, only=only)
    assert folder.recipe.read_text() == "as it ran"
    assert not folder.versions.exists()


def test_a_resume_from_another_start_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    given = recipe(tmp_path)
    folder = RunFolder(given.folder)
    first = replace(record(given), done=True)
    alone = replace(record(given, "alone", start=first.identity.digest), done=True)
    for each in (first, alone):
        write_record(folder.phase(each.name), each)
    folder.recipe.write_text("as it ran")
    demand_same_settings(given, folder)
    other = ["phases.alone={after: all_nine, arm: all nine}", "phases.alone.tasks=[qqp]"]
    with pytest.raises(UserError, match=r'alone: was made with other after \("first", now "all_nine"\)'):
        run_recipe(tmp_path / "graph.yaml", [f"out={tmp_path}", *other], resume=True)
    assert folder.recipe.read_text() == "as it ran"
    assert read_record(folder.phase("alone")) == alone
    folder.phase("first").record.unlink()  # to be done anew, perhaps as it was
    demand_same_settings(given, folder)
    anew = replace(first, identity=replace(first.identity, data={"mnli-train": "4567"}))
    write_record(folder.phase("first"), anew)
    with pytest.raises(UserError, match="alone: was made with other start"):
        demand_same_settings(given, folder)


def test_a_damaged_record_is_named(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path).phase("first")
    folder.root.mkdir()
    folder.record.write_text("{")
    with pytest.raises(UserError, match=r"phase.json: is damaged"):
        read_record(folder)
