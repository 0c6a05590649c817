"""A train phase's tasks come with the stores of their splits, built again where they are damaged."""

from pathlib import Path

import pytest

from mtl.run.phase_stores import stores_read
from mtl.run.recipe.read import load_recipe
from tests.kit.ranks import ROOT
from tests.kit.worlds import prepared, settings


def test_a_dev_split_has_the_labels_of_its_training_split(cache: Path) -> None:
    (ccg,) = (part for part in prepared(cache).parts if part.task.name == "ccg")
    assert ccg.dev is not None and ccg.source.store.header.labels
    assert ccg.dev.source.store.header.labels == ccg.source.store.header.labels


def test_training_splits_come_first_then_the_dev_splits_that_are_evaluated(cache: Path) -> None:
    def splits(*changes: str) -> list[tuple[str, str]]:
        return [(store.header.task, store.header.split) for store in prepared(cache, *changes).stores]

    trained = [("mnli", "train"), ("ccg", "train")]
    assert splits("tasks=[mnli, ccg]") == [*trained, ("mnli", "dev"), ("ccg", "dev")]
    assert splits("tasks=[mnli, ccg]", "train.eval_every=null") == trained


def test_where_the_stores_are_is_known_without_opening_them(cache: Path) -> None:
    changes = ["tasks=[mnli, ccg]"]
    recipe = load_recipe(ROOT / "recipes" / "world_nine.yaml", settings(cache, changes))
    read = stores_read(recipe, recipe.phase_list()[0])
    assert read == [store.folder for store in prepared(cache, *changes).stores]


@pytest.mark.parametrize("array", ["tokens", "gold", "doc_starts", "site_starts"])
def test_a_damaged_store_is_built_again(cache: Path, array: str) -> None:
    folder = prepared(cache, "tasks=[mnli]", "train.eval_every=null").sources[0].store.folder
    whole = (folder / f"{array}.bin").read_bytes()
    (folder / f"{array}.bin").write_bytes(whole[: len(whole) // 2])
    prepared(cache, "tasks=[mnli]", "train.eval_every=null")
    assert (folder / f"{array}.bin").read_bytes() == whole


def test_a_half_written_header_does_not_count(cache: Path) -> None:
    folder = prepared(cache, "tasks=[mnli]", "train.eval_every=null").sources[0].store.folder
    (folder / "header.json").write_text("{")
    assert prepared(cache, "tasks=[mnli]", "train.eval_every=null").sources[0].store.header.num_records
