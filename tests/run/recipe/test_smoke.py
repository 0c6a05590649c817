"""A rehearsal keeps a recipe's graph, tasks and mixture, and makes everything else small."""

from pathlib import Path

import pytest

from mtl.run.recipe import load_recipe, rehearsal, resolved
from tests.kit.ranks import ROOT

RECIPES = sorted(path.relative_to(ROOT) for path in (ROOT / "recipes").glob("*.yaml"))


@pytest.mark.parametrize("path", RECIPES, ids=str)
def test_the_graph_stays_and_the_size_goes(path: Path, tmp_path: Path) -> None:
    recipe = load_recipe(path)
    small = rehearsal(recipe)
    assert small.name == f"{recipe.name}-smoke"
    for phase, whole in zip(small.phase_list(), recipe.phase_list(), strict=True):
        assert (phase.kind, phase.after, phase.carry, phase.tasks) == (
            whole.kind,
            whole.after,
            whole.carry,
            whole.tasks,
        )
        assert phase.mixture == whole.mixture and phase.deepspeed == whole.deepspeed
        assert phase.train.steps == 2 and phase.model.name is None
    (tmp_path / "small.yaml").write_text(resolved(small))
    assert load_recipe(tmp_path / "small.yaml") == small
