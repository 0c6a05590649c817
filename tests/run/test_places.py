"""A phase finds its model where it was fetched to."""

from pathlib import Path

from mtl.run.places import model_source
from mtl.run.recipe import load_recipe
from tests.kit.ranks import ROOT


def test_a_model_that_was_fetched_into_the_data_folder_is_taken_from_there(tmp_path: Path) -> None:
    changes = ["model={name: some/encoder}", "data={root: " + str(tmp_path) + "}"]
    (phase,) = load_recipe(ROOT / "recipes" / "nine_tasks.yaml", changes).phase_list()[:1]
    assert model_source(phase) == "some/encoder"
    (tmp_path / "models/some/encoder").mkdir(parents=True)
    assert model_source(phase) == str(tmp_path / "models/some/encoder")
