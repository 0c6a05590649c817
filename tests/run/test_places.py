"""A phase finds its model and its tokenizer where they were fetched to."""

from pathlib import Path

from mtl.run.places import model_source, store_place
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
