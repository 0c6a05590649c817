"""Parts of tasks and epochs become sizes and steps."""

from pathlib import Path

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


def test_a_number_of_epochs_is_what_the_recipe_writes_not_the_nearest_binary_one(cache: Path) -> None:
    ready = prepared(
        cache,
        "tasks={mnli: {records: 100}}",
        *("train.steps=null", "train.epochs=2.2", "train.examples_per_step=20"),
    )
    assert ready.mixture.steps == 11
