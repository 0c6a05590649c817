"""A phase finds its model and its tokenizer where they were fetched to."""

from pathlib import Path

import pytest

from mtl.errors import UserError
from mtl.run.places import encoder_config, encoder_shape, model_source, prepare_worlds, store_place
from mtl.run.recipe.read import load_recipe
from tests.kit.ranks import ROOT


def test_a_model_that_was_fetched_into_the_data_folder_is_taken_from_there(tmp_path: Path) -> None:
    changes = ["model={name: some/encoder}", "data={root: " + str(tmp_path) + "}"]
    (phase,) = load_recipe(ROOT / "recipes" / "nine_tasks.yaml", changes).phase_list()[:1]
    assert model_source(phase) == "some/encoder"
    (tmp_path / "models/some/encoder").mkdir(parents=True)
    assert model_source(phase) == str(tmp_path / "models/some/encoder")


def test_so_is_a_tokenizer_of_another_name(tmp_path: Path) -> None:
    changes = ["model={name: some/encoder, tokenizer: some/words}", "data={root: " + str(tmp_path) + "}"]
    (phase,) = load_recipe(ROOT / "recipes" / "nine_tasks.yaml", changes).phase_list()[:1]
    assert store_place(phase).tokenizer == "some/words"
    (tmp_path / "models/some/words").mkdir(parents=True)
    assert store_place(phase).tokenizer == str(tmp_path / "models/some/words")


def test_the_recipe_s_dropouts_take_the_place_of_the_encoder_s_own() -> None:
    def dropouts(*changes: str) -> tuple[float, float, float]:
        (phase,) = load_recipe(ROOT / "recipes" / "world_nine.yaml", changes).phase_list()
        shape = encoder_shape(phase, encoder_config(phase, vocab_size=9))
        return shape.dropout, shape.head_dropout, shape.attention_dropout

    assert dropouts() == (0.1, 0.1, 0.1)
    assert dropouts("model.dropout=0.3") == (0.3, 0.3, 0.1)
    assert dropouts("model.attention_dropout=0.0") == (0.1, 0.1, 0.0)


def test_a_world_is_written_by_name_alone_once_for_all_phases_that_read_it(tmp_path: Path) -> None:
    file = tmp_path / "two.yaml"
    file.write_text(TWO_WORLDS)
    recipe = load_recipe(file, [f"data.cache={tmp_path / 'cache'}"])
    first, second, third = recipe.phase_list()
    with pytest.raises(UserError, match=r"^data\.world: .*seed1-.* is not there; start the run or the study"):
        store_place(first)
    assert not (tmp_path / "cache").exists()
    prepare_worlds(recipe, [second])  # which may carry heads, so the labels of the first
    assert [store_place(phase).root.is_dir() for phase in (first, second)] == [True, True]
    assert len(list((tmp_path / "cache/worlds").glob("v*-tokenizer"))) == 2
    with pytest.raises(UserError, match=r"^data\.world: .*seed3-"):
        store_place(third)


TWO_WORLDS = """
model:
  config: {hidden_size: 32, num_hidden_layers: 1, num_attention_heads: 2, intermediate_size: 64}
  tokenizer: some/words
data: {world: {seed: 1, scale: 0.001}, workers: 1}
train: {steps: 1}
phases:
  first: {tasks: [ccg]}
  second: {after: first, tasks: [ccg], data: {world: {seed: 2, scale: 0.001}}}
  third: {tasks: [ccg], data: {world: {seed: 3, scale: 0.001}}}
"""
