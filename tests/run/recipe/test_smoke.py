"""A rehearsal keeps a recipe's graph, tasks and mixture, and makes everything else small."""

from pathlib import Path

import pytest

from mtl.run.recipe.read import load_recipe, resolved
from mtl.run.recipe.smoke import rehearsal
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


def test_demands_that_small_data_and_a_small_encoder_cannot_meet_are_dropped(tmp_path: Path) -> None:
    (tmp_path / "large.yaml").write_text(
        "model: {name: xlm-roberta-base}\ndata: {root: data}\n"
        "tasks: {mnli: {records: 10_000, loss_weight: 2, rewrite: {dictionaries: 'muse/en-{lang}.txt'}}}\n"
        "mixture: {min_epochs: {mnli: 3}, max_epochs: 5}\n"
        "train: {steps: 9000, freeze: {layers: 6, embeddings: true}}\n"
    )
    small = rehearsal(load_recipe(tmp_path / "large.yaml"))
    (tmp_path / "small.yaml").write_text(resolved(small))
    assert load_recipe(tmp_path / "small.yaml") == small
    (phase,) = small.phase_list()
    assert (phase.tasks["mnli"].records, phase.tasks["mnli"].loss_weight) == (None, 2)
    assert phase.tasks["mnli"].rewrite is None
    assert (phase.mixture.min_epochs, phase.mixture.max_epochs) == ({}, None)
    assert (phase.train.freeze.layers, phase.train.freeze.embeddings) == (2, True)
