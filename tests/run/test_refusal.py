"""One that would give another result is refused, and the difference is named; what has begun is not written over."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mtl.errors import UserError
from mtl.phase_record import read_record, write_record
from mtl.run.identity import identity_of, model_key
from mtl.run.new_record import new_record
from mtl.run.refusal import demand_same, demand_same_settings, differing, refuse_begun
from mtl.run.running import run_recipe
from mtl.runfolder import RunFolder
from tests.kit.graphs import graph, record


def test_the_same_phase_may_go_on_whatever_changes_only_how_it_runs(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path).phase("first")
    again = record(graph(tmp_path, "train.log_every=7", "data.workers=2", "model.recompute=true"))
    demand_same(record(graph(tmp_path)), again.identity, folder)


FIND = "phases.find={kind: retrieve, tasks: [tatoeba]}"


def test_retrieval_may_go_on_whatever_changes_only_training(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path).phase("find")
    old = record(graph(tmp_path, FIND), "find")
    changes = ("model.recompute=true", "model.dropout=0.1", "model.attention_dropout=0.1")
    now = record(graph(tmp_path, FIND, *changes), "find").identity
    demand_same(old, now, folder)
    model = {**old.identity.settings["model"], "recompute": False, "dropout": None}
    earlier = replace(old.identity, settings={**old.identity.settings, "model": model})
    demand_same(replace(old, identity=earlier), now, folder)


def test_labels_of_a_test_that_an_earlier_version_counted_are_no_difference(tmp_path: Path) -> None:
    folder, old = RunFolder(tmp_path).phase("find"), record(graph(tmp_path, FIND), "find")
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
    given = graph(tmp_path, *changes)
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
        demand_same(record(graph(tmp_path)), record(graph(tmp_path, change)).identity, folder)


def write_ds(folder: Path, **keys: Any) -> str:
    (folder / "ds.json").write_text(json.dumps({"zero_optimization": {"stage": 1}, **keys}))
    return f"deepspeed={folder / 'ds.json'}"


def test_another_number_format_in_the_deepspeed_file_is_refused_and_another_sharding_is_not(
    tmp_path: Path,
) -> None:
    folder = RunFolder(tmp_path).phase("first")
    old = record(graph(tmp_path, write_ds(tmp_path)))
    sharded = write_ds(tmp_path, zero_optimization={"stage": 2, "reduce_bucket_size": 1e6})
    demand_same(old, record(graph(tmp_path, sharded)).identity, folder)
    in_bf16 = record(graph(tmp_path, write_ds(tmp_path, data_types={"grad_accum_dtype": "bf16"})))
    with pytest.raises(UserError, match=r"other settings\.deepspeed\.data_types\.grad_accum_dtype"):
        demand_same(old, in_bf16.identity, folder)


def test_a_record_that_does_not_know_its_deepspeed_file_goes_on(tmp_path: Path) -> None:
    new = record(graph(tmp_path))
    settings = {key: value for key, value in new.identity.settings.items() if key != "deepspeed"}
    old = replace(new, identity=replace(new.identity, settings=settings))
    assert differing(old, new.identity) == []
    demand_same(old, new.identity, RunFolder(tmp_path).phase("first"))


def test_the_refusal_of_a_done_phase_promises_no_change_of_it(tmp_path: Path) -> None:
    old, other = replace(record(graph(tmp_path)), done=True), record(graph(tmp_path, "seed=4"))
    with pytest.raises(UserError, match=r"seed .*remove the folder to do it anew.*leaves it as it is$"):
        demand_same(old, other.identity, RunFolder(tmp_path).phase("first"))


def test_all_keys_that_differ_are_named(tmp_path: Path) -> None:
    old, other = record(graph(tmp_path)), record(graph(tmp_path, "train.lr=3e-5", "seed=4"))
    assert differing(old, old.identity) == []
    assert differing(old, other.identity) == ["settings.seed", "settings.train.lr"]


def test_other_data_or_another_start_is_another_phase(tmp_path: Path) -> None:
    old, folder = record(graph(tmp_path)), RunFolder(tmp_path).phase("first")
    with pytest.raises(UserError, match=r"data\.mnli-train"):
        demand_same(old, replace(old.identity, data={"mnli-train": "4567"}), folder)
    with pytest.raises(UserError, match="other start"):
        demand_same(old, replace(old.identity, start="89ab"), folder)


def test_a_run_that_has_begun_is_not_written_over(tmp_path: Path) -> None:
    given = graph(tmp_path)
    folder = RunFolder(given.folder)
    refuse_begun(given, folder, given.phase_list())
    first = folder.phase("first")
    write_record(first, record(given))
    refuse_begun(given, folder, given.phase_list())  # its model did not load: there is nothing to lose
    for left in (first.lineage, first.predictions, first.found):
        left.mkdir()
        with pytest.raises(UserError, match=r"phase first.*--resume"):
            refuse_begun(given, folder, given.phase_list())
        left.rmdir()
    write_record(first, replace(record(given), done=True))
    with pytest.raises(UserError, match=r"phase first.*--resume"):
        refuse_begun(given, folder, given.phase_list())


def test_the_folder_of_another_recipe_s_run_is_not_written_over(tmp_path: Path) -> None:
    given = graph(tmp_path)
    folder = RunFolder(given.folder)
    theirs = folder.phase("elsewhere")
    write_record(theirs, replace(record(given), name="elsewhere"))
    refuse_begun(given, folder, given.phase_list())
    theirs.lineage.mkdir()
    with pytest.raises(
        UserError, match=r"a run with a phase elsewhere, which this recipe has not; choose name="
    ):
        refuse_begun(given, folder, given.phase_list())


def test_a_resume_with_other_settings_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    given = graph(tmp_path)
    folder = RunFolder(given.folder)
    write_record(folder.phase("first"), replace(record(given), done=True))
    write_record(folder.phase("alone"), record(given, "alone"))  # it failed before it could train
    folder.recipe.write_text("as it ran")
    demand_same_settings(graph(tmp_path, "phases.alone.train.lr=1"), folder)
    for resume, only in ((True, ["first"]), (True, ["alone"]), (False, ["alone"])):
        with pytest.raises(UserError, match=r"first: was made with other settings\.train\.lr"):
            run_recipe(tmp_path / "graph.yaml", [f"out={tmp_path}", "train.lr=1"], resume=resume, only=only)
    assert folder.recipe.read_text() == "as it ran"
    assert not folder.versions.exists()


def test_a_resume_from_another_start_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    given = graph(tmp_path)
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
