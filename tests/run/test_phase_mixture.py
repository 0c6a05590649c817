"""Parts of tasks and epochs become sizes and steps."""

import re
from pathlib import Path

import pytest

from mtl.data.mixture_spec import MixtureSpec, TaskSize
from mtl.errors import UserError
from mtl.run.phase_mixture import steps_of_epochs
from mtl.run.recipe.schema import TrainSettings
from tests.kit.worlds import prepared, refusal


def test_a_part_of_a_task_s_records_counts_as_its_size(cache: Path) -> None:
    ready = prepared(cache, "tasks={mnli: {records: 20}, qqp: {fraction: 0.5}, squad_v1: {records: 3}}")
    mnli, qqp, squad = ready.mixture.sizes
    assert (mnli.num_records, mnli.num_examples) == (20, 20)
    assert qqp.num_records == round(ready.sources[1].store.header.num_records / 2)
    assert squad.num_records == 3 <= squad.num_examples
    text = refusal(cache, "tasks={mnli: {records: 1000000}}")
    assert text.startswith("phase intermediate: tasks.mnli.records: 1000000 are asked for, but there are ")
    assert "both set" in refusal(cache, "tasks={mnli: {records: 2, fraction: 0.5}}")


def test_epochs_become_steps_and_never_ask_for_more_than_limits_leave(cache: Path) -> None:
    ready = prepared(
        cache, "train.steps=null", "train.epochs=1", "mixture.max_epochs=1", "mixture.temperature=1"
    )
    examples = sum(source.store.header.num_examples for source in ready.sources)
    assert ready.mixture.steps == examples // 32


def test_epochs_that_limits_forbid_are_refused(cache: Path) -> None:
    text = refusal(cache, "train.steps=null", "train.epochs=3", "mixture.max_epochs=1")
    assert re.match(r"train\.epochs: 3 are [\d,]+ draws, but mixture\.max_epochs allows [\d,]+; lower", text)


def test_records_without_examples_count_where_epochs_are_held_against_limits() -> None:
    sizes = [TaskSize(name="text", num_records=100, num_examples=75)]
    train = TrainSettings(steps=None, epochs=1, examples_per_step=10)
    assert steps_of_epochs(train, sizes, MixtureSpec(max_epochs=1)) == 7
    with pytest.raises(UserError, match=r"1\.1 are 110 draws, but mixture\.max_epochs allows 100; lower"):
        steps_of_epochs(train.model_copy(update={"epochs": 1.1}), sizes, MixtureSpec(max_epochs=1))


def test_a_number_of_epochs_is_what_the_recipe_writes_not_the_nearest_binary_one(cache: Path) -> None:
    ready = prepared(
        cache,
        "tasks={mnli: {records: 100}}",
        *("train.steps=null", "train.epochs=2.2", "train.examples_per_step=20"),
    )
    assert ready.mixture.steps == 11
