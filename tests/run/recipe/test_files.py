"""A recipe is found from any folder; one that is not there is told with its nearest names."""

from pathlib import Path

from mtl.run.recipe.files import locate
from tests.kit.ranks import ROOT
from tests.run.recipe.broken import mistake


def test_a_missing_recipe_names_those_that_are_there(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert "did you mean recipes/nine_tasks.yaml" in mistake(Path("recipes/nine_task.yaml"))
    assert "recipes/demo.yaml, " in mistake(Path("qqqqqq.yaml"))
    (tmp_path / "mine.yaml").write_text("")
    assert "did you mean" in mistake(tmp_path / "min.yaml")


def test_a_shipped_file_is_found_from_any_folder_and_a_local_one_comes_first(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert locate(Path("recipes/demo.yaml")) == ROOT / "recipes/demo.yaml"
    (tmp_path / "recipes").mkdir()
    (tmp_path / "recipes/demo.yaml").write_text("")
    assert locate(Path("recipes/demo.yaml")).resolve() == tmp_path / "recipes/demo.yaml"
