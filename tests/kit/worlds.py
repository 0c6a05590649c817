"""A small built-in world on disk, and a phase prepared on it."""

from collections.abc import Sequence
from pathlib import Path

from mtl.run.prepare import Prepared, prepare
from mtl.run.recipe import load_recipe
from tests.kit.ranks import ROOT

NINE = ("anli", "mnli", "qqp", "squad_v2", "squad_v1", "hellaswag", "ccg", "cosmosqa", "commonsenseqa")


def prepared(cache: Path, *overrides: str, recipe: Path = ROOT / "recipes" / "world_nine.yaml") -> Prepared:
    """The nine tasks' phase over a small world, with changes."""
    loaded = load_recipe(recipe, settings(cache, overrides))
    return prepare(loaded, loaded.phase_list()[0], device="cpu")


def settings(cache: Path, overrides: Sequence[str]) -> list[str]:
    small = [
        f"data.cache={cache}",
        "data.world.scale=0.02",
        "data.workers=1",
        "train.steps=8",
        "mixture.block=4",
    ]
    return [*small, *overrides]
