"""A recipe is read, checked and written back; whatever a file holds, it is a recipe or an error of one line."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mtl.errors import UserError
from mtl.run.recipe.read import load_recipe, recipe_of_run, resolved
from mtl.runfolder import RunFolder
from tests.kit.ranks import ROOT
from tests.run.recipe.broken import BASE, mistake

RECIPES = sorted((ROOT / "recipes").glob("*.yaml"))


def test_a_recipe_means_what_it_says(write):
    recipe = load_recipe(write(BASE))
    assert (recipe.name, recipe.out, recipe.folder) == ("it", Path("runs"), Path("runs/it"))
    (phase,) = recipe.phase_list()
    assert (phase.name, phase.kind, phase.seed) == ("intermediate", "train", 0)
    assert phase.train.lr == 1e-5
    assert list(phase.tasks) == ["mnli", "qqp"]
    assert phase.tasks["mnli"].loss_weight == 1.0


def test_a_phase_lies_over_the_defaults_section_by_section(write):
    phases = """
phases:
  first:
  second:
    seed: 5
    tasks: {squad_v1: {max_length: 128}}
    train: {steps: null, epochs: 2, freeze: {layers: 3}}
"""
    recipe = load_recipe(write(BASE + "mixture: {cap: 100}" + phases))
    first, second = recipe.phase_list()
    assert (first.name, second.name) == ("first", "second")
    assert (first.train.steps, second.train.steps, second.train.epochs) == (10, None, 2.0)
    assert (second.train.lr, second.train.freeze.layers, second.mixture.cap) == (1e-5, 3, 100)
    assert list(second.tasks) == ["squad_v1"], "tasks are replaced as a whole"
    assert (first.seed, second.seed) == (0, 5)


def test_a_temperature_schedule_and_a_world_are_read(write):
    text = (
        BASE.replace("{root: rows}", "{world: {seed: 3, scale: 0.5}}")
        + "mixture: {temperature: [[0, 5], [100, 1.5]]}"
    )
    (phase,) = load_recipe(write(text)).phase_list()
    assert phase.mixture.temperature == ((0, 5.0), (100, 1.5))
    assert (phase.data.world.seed, phase.data.world.scale) == (3, 0.5)


def test_values_are_frozen(write):
    recipe = load_recipe(write(BASE))
    with pytest.raises(ValueError, match="frozen"):
        recipe.train.lr = 1.0


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.name)
def test_every_shipped_recipe_is_valid_and_survives_the_way_through_a_file(path, write):
    recipe = load_recipe(path)
    assert load_recipe(write(resolved(recipe))) == recipe
    head = [line for line in path.read_text().splitlines() if line.startswith("#")]
    for word in ("launchers/train.py", "Cost:", "Expect:"):
        assert any(word in line for line in head), f"{path.name}: its head lacks {word}"


def test_the_resolved_text_holds_every_key_and_later_phases_only_their_changes(write):
    config = "{hidden_size: 8, num_hidden_layers: 1, num_attention_heads: 2, intermediate_size: 8}"
    model = "{name: null, config: " + config + ", tokenizer: t}"
    path = write(BASE + "phases: {a: {}, b: {train: {lr: 1}, model: " + model + "}}")
    text = resolved(load_recipe(path))
    again = load_recipe(write(text, "again.yaml"), ["train.lr=7"])
    a, b = again.phase_list()
    assert (a.train.lr, b.train.lr) == (7.0, 1.0), "the defaults of a resolved recipe still rule its phases"
    assert "idle_heads: auto" in text and "block: 64" in text
    assert text.count("betas") == 1


def test_a_run_is_looked_at_without_its_deepspeed_file_and_not_begun_without(tmp_path, write):
    file = tmp_path / "zero.json"
    file.write_text("{}")
    recipe = load_recipe(write(BASE), [f"deepspeed={file}"])
    path = write(resolved(recipe), "recipe.yaml")
    file.unlink()
    assert recipe_of_run(RunFolder(tmp_path)) == recipe
    assert "zero.json: no such file" in mistake(path)


def test_two_names_of_one_tokenizer_are_refused_at_the_start_and_no_matter_once_it_ran(tmp_path, write):
    phases = "phases:\n  first:\n  learn: {after: first, model: {tokenizer: other}}\n"
    path = write(BASE + phases, "recipe.yaml")
    assert "is another tokenizer than that of first" in mistake(path)
    assert recipe_of_run(RunFolder(tmp_path)).phases["learn"].model.tokenizer == "other"


def test_a_declared_task_is_checked_and_may_be_trained_on(write):
    declared = "declare:\n  polarity:\n    kind: pair\n    files: {train: p.jsonl}\n    labels: [no, on]\n"
    recipe = load_recipe(
        write(declared + BASE), ["tasks=[polarity, mnli]", "declare.polarity.files.dev=d.jsonl"]
    )
    assert recipe.declare["polarity"] == {
        "kind": "pair",
        "files": {"train": "p.jsonl", "dev": "d.jsonl"},
        "labels": ["no", "on"],
    }
    assert load_recipe(write(resolved(recipe))) == recipe
    assert "FILE:2" in mistake(write(declared.replace("kind: pair", "kind: pear") + BASE))
    assert "there already" in mistake(write(declared.replace("polarity", "qqp") + BASE))


def test_a_file_of_another_encoding_is_named(tmp_path):
    path = tmp_path / "latin.yaml"
    path.write_bytes(b"name: \xe9\n")
    assert "FILE: cannot be read" in mistake(path)


@settings(max_examples=60, deadline=None)
@given(junk=st.text(max_size=40))
def test_any_text_is_a_recipe_or_a_user_error_of_one_line(junk, tmp_path_factory):
    path = tmp_path_factory.getbasetemp() / "junk.yaml"
    path.write_text(BASE + junk, encoding="utf-8", newline="")
    try:
        load_recipe(path)
    except UserError as error:
        assert "\n" not in str(error)


def test_lists_below_a_task_are_read(write):
    tasks = "tasks: {pawsx: {also: [pawsx-de], rewrite: {dictionaries: d.txt, languages: [de, fr]}}}"
    (phase,) = load_recipe(write(BASE.replace("tasks: [mnli, qqp]", tasks))).phase_list()
    assert phase.tasks["pawsx"].also == ("pawsx-de",)
    assert phase.tasks["pawsx"].rewrite.languages == ("de", "fr")
