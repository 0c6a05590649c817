"""A small built-in world on disk, and a phase prepared on it."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from mtl.errors import UserError
from mtl.run.places import prepare_worlds
from mtl.run.prepare import Prepared, prepare
from mtl.run.recipe.read import load_recipe
from tests.kit.ranks import ROOT

NINE = ("anli", "mnli", "qqp", "squad_v2", "squad_v1", "hellaswag", "ccg", "cosmosqa", "commonsenseqa")


def prepared(cache: Path, *overrides: str, recipe: Path = ROOT / "recipes" / "world_nine.yaml") -> Prepared:
    """The nine tasks' phase over a small world, with changes."""
    loaded = load_recipe(recipe, settings(cache, overrides))
    prepare_worlds(loaded, loaded.phase_list()[:1])
    return prepare(loaded, loaded.phase_list()[0], device="cpu")


def refusal(cache: Path, *overrides: str) -> str:
    """Why such a phase cannot be prepared."""
    with pytest.raises(UserError) as caught:
        prepared(cache, *overrides)
    text = str(caught.value)
    assert "\n" not in text
    return text


def settings(cache: Path, overrides: Sequence[str]) -> list[str]:
    small = [
        f"data.cache={cache}",
        "data.world.scale=0.02",
        "data.workers=1",
        "train.steps=8",
        "mixture.block=4",
    ]
    return [*small, *overrides]
