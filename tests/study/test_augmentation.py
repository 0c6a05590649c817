"""Augmentations reach the tasks that they know, where an arm wants them; what they cannot do is left out and said."""

from pathlib import Path

import pytest

from mtl.errors import UserError
from mtl.study.plan import arm_lines
from mtl.study.zero_shot import find_seen, warnings_of
from tests.study.test_graph import STUDY, laid_out

ARMS = """arms:
  none: {}
  translated: {augment: {target: translations}}
  both: {tasks: [mnli], augment: {intermediate: translations, target: switched}}
"""
SWITCHED = "rewrite: {dictionaries: 'dictionaries/en-{lang}.txt'}"
AUGMENTATIONS = f"""augmentations:
  translations:
    mnli: {{also: [mnli_mt-qaa]}}
    xnli: {{also: [mnli_mt-qaa, mnli_mt-qab]}}
  switched:
    xnli: {{{SWITCHED}}}
    squad_v1: {{{SWITCHED}}}
"""
TEXT = (
    STUDY[: STUDY.index("arms:")]
    + AUGMENTATIONS
    + ARMS
    + "variants: {}\ncontrol: none\n"
    + STUDY[STUDY.index("target:") :]
)


def test_each_phase_has_the_augmentation_of_its_place_for_the_tasks_that_it_knows(tmp_path: Path) -> None:
    phases = laid_out(tmp_path, text=TEXT).recipe.phases
    assert phases["both-5"].tasks["mnli"].also == ("mnli_mt-qaa",)
    assert phases["both-5"].tasks["mnli"].rewrite is None
    target = phases["both-5-xnli"].tasks["xnli"]
    assert target.also is None and target.rewrite is not None and target.rewrite.copies == 1
    assert phases["translated-5-xnli"].tasks["xnli"].also == ("mnli_mt-qaa", "mnli_mt-qab")
    assert phases["none-5-xnli"].tasks["xnli"].also is None
    assert phases["both-5-xnli-test"].tasks["xnli"].rewrite is None, "a test is nobody's to rewrite"


def test_a_target_of_which_an_augmentation_knows_nothing_is_left_out_with_the_reason(tmp_path: Path) -> None:
    matrix = laid_out(tmp_path, text=TEXT)
    assert matrix.gaps == (
        "translated, xquad: translations has nothing for it",
        "both, xquad: switched has nothing for it",
    )
    assert {cell.target for cell in matrix.cells if cell.row.label == "translated"} == {"xnli"}
    trained_on_squad = laid_out(tmp_path, "targets.xquad={tasks: [squad_v1]}", text=TEXT)
    assert trained_on_squad.gaps == matrix.gaps[:1]


def test_the_plan_says_what_is_augmented_and_where(tmp_path: Path) -> None:
    lines = {label: what for label, _, what, _ in arm_lines(laid_out(tmp_path, text=TEXT))}
    assert lines["translated"] == "nothing; fine-tuning with translations"
    assert lines["both"] == "mnli + mnli_mt-qaa; fine-tuning with switched"


@pytest.mark.parametrize(
    ("change", "trouble"),
    [
        ("arms.both.augment.target=shuffled", "arms.both.augment.target: unknown augmentation 'shuffled'"),
        ("arms.both.tasks=[qqp]", "arms.both.augment.intermediate: translations has nothing for .* qqp"),
        (
            "interactions=[{both: both, one: no, other: none, neither: none}]",
            r"interactions\..*: unknown arm 'no'",
        ),
        ("augmentations.switched.xnli={rewrite: {dictionaries: a, rate: 2}}", "rate"),
    ],
)
def test_a_mistake_is_named(tmp_path: Path, change: str, trouble: str) -> None:
    with pytest.raises(UserError, match=trouble):
        laid_out(tmp_path, change, text=TEXT)


def test_labels_in_other_languages_are_seen_wherever_they_came_in(tmp_path: Path) -> None:
    seen = find_seen(laid_out(tmp_path, text=TEXT))
    assert seen["none", "xnli"] == ("en",)
    assert seen["translated", "xnli"] == ("en", "qaa", "qab")
    assert seen["both", "xnli"] == ("en", "qaa"), "in intermediate training"
    first, second = warnings_of(seen)
    assert first == "Not zero-shot: “translated” has seen labels in qaa, qab (xnli)."
    assert second == "Not zero-shot: “both” has seen labels in qaa (xnli)."
