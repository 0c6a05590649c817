"""Every shipped recipe, rehearsed: each of its phases trains, scores and exports, on real formats."""

from pathlib import Path

import pytest

from mtl.engine.launch import join_run
from mtl.phase_record import read_record
from mtl.run.recipe.read import load_recipe
from mtl.run.recipe.smoke import rehearsal
from mtl.run.running import run_phases
from mtl.runfolder import RunFolder
from tests.kit.ranks import ROOT, run_on_ranks

RECIPES = sorted((ROOT / "recipes").glob("*.yaml"))


def rehearse(folder: Path) -> dict[str, str]:
    """What went wrong with each recipe; all in one process, over one world."""
    ranks, wrong = join_run(), {}
    for path in RECIPES:
        recipe = rehearsal(
            load_recipe(path, [f"out={folder / 'runs'}", f"data.cache={folder}", "data.workers=1"])
        )
        try:
            run_phases(recipe, recipe.phase_list(), ranks, dry_run=False, resume=False, insist=False)
        except Exception as error:
            wrong[path.stem] = repr(error)
    return wrong


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made: Path = tmp_path_factory.mktemp("rehearsals")
    assert run_on_ranks(rehearse, 1, made)[0] == {}
    return made


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_all_phases_are_done_and_what_scores_has_a_page(folder: Path, path: Path) -> None:
    recipe = load_recipe(path)
    run = RunFolder(folder / "runs" / f"{recipe.name}-smoke")
    for phase in recipe.phase_list():
        record = read_record(run.phase(phase.name))
        assert record is not None and record.done
        left = (
            run.phase(phase.name).scores
            if phase.kind != "train"
            else run.phase(phase.name).export / "encoder"
        )
        assert left.exists(), left
    if any(phase.kind != "train" for phase in recipe.phase_list()):
        assert "<html" in run.report.read_text()


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_retrieval_reads_the_usual_layer_so_that_a_recipe_serves_encoders_of_any_size(path: Path) -> None:
    assert {phase.retrieve.layer for phase in load_recipe(path).phase_list()} == {None}
