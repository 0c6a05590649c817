"""A run folder is read as it is; what is missing, unfinished or damaged is named."""

from pathlib import Path

import pytest

from mtl.errors import UserError
from mtl.report.runs import read_run
from tests.kit.runs import demo_phases, write_run


def test_a_finished_run_is_read_without_problems(tmp_path: Path) -> None:
    run = read_run(write_run(tmp_path / "demo", demo_phases()))
    assert (run.name, run.problems) == ("demo", ())
    assert [phase.name for phase in run.phases][:3] == ["text", "nine", "xnli-text"]
    nine, test = run.phases[1], next(phase for phase in run.phases if phase.name == "xnli-nine-test")
    assert (nine.after, nine.arm, nine.seed, nine.state, nine.seconds) == (
        "text",
        "all nine",
        7,
        "done",
        80.0,
    )
    assert nine.dev is not None and (nine.dev.step, nine.dev.mean) == (59, 61.5)
    assert nine.scores == {}
    assert test.scores["xnli"]["en"] == {"accuracy": 75.0}
    assert test.scores["xnli"]["qad"] == {"accuracy": 55.0}


def test_a_benchmark_s_means_are_no_task(tmp_path: Path) -> None:
    phases = demo_phases()
    test = next(phase for phase in phases if phase["name"] == "xnli-nine-test")
    test["scores"] = {**test["scores"], "xtreme": {"overall": None, "groups": {}, "problems": []}}
    run = read_run(write_run(tmp_path / "demo", phases))
    assert [set(phase.scores) for phase in run.phases if phase.name == "xnli-nine-test"] == [{"xnli"}]


def test_scores_of_a_dev_split_are_another_task(tmp_path: Path) -> None:
    phases = demo_phases()
    test = next(phase for phase in phases if phase["name"] == "xnli-nine-test")
    test["tested_split"] = "dev"
    run = read_run(write_run(tmp_path / "demo", phases))
    assert [set(phase.scores) for phase in run.phases if phase.name == "xnli-nine-test"] == [{"xnli, dev"}]


def test_a_damaged_record_is_named_and_the_recipe_says_what_the_phase_would_be(tmp_path: Path) -> None:
    root = write_run(tmp_path / "demo", demo_phases())
    (root / "nine" / "phase.json").write_text('{"name": "nine"}', encoding="utf-8")
    run = read_run(root)
    assert "phase.json: is damaged" in run.problems[0]
    assert run.problems[1] == "phase nine: unfinished"
    assert (run.phases[1].name, run.phases[1].after, run.phases[1].selection) == ("nine", "text", None)


def test_what_is_not_done_is_named_and_does_not_count(tmp_path: Path) -> None:
    phases = demo_phases()
    phases[3]["done"] = False
    del phases[4]["done"]
    run = read_run(write_run(tmp_path / "demo", phases))
    assert run.problems == (f"phase {phases[3]['name']}: unfinished", f"phase {phases[4]['name']}: not begun")
    assert {phase.name for phase in run.phases} - {phase.name for phase in run.done} == {
        phases[3]["name"],
        phases[4]["name"],
    }
    assert run.phases[3].scores == {}


@pytest.mark.parametrize(
    ("text", "trouble"),
    [
        ("{", "cannot be read as JSON"),
        ("[]", "where a mapping should be"),
        ("[" * 100_000, "cannot be read as JSON"),
        ('{"xnli": {"avg": {"accuracy": "high"}}}', "accuracy is 'high', not a number"),
        ('{"xnli": {"avg": {"accuracy": NaN}}}', "accuracy is 'nan', not a number"),
        ('{"xnli": {"en": {"accuracy": 1}}}', "holds no task with an average"),
        ('{"xnli": {"avg": {}, "en": {}}}', "holds no task with an average"),
    ],
)
def test_damaged_scores_are_a_problem_and_no_result(tmp_path: Path, text: str, trouble: str) -> None:
    root = write_run(tmp_path / "demo", demo_phases())
    (root / "xnli-nine-test" / "scores.json").write_text(text, encoding="utf-8")
    run = read_run(root)
    assert run.problems[0].startswith(f"{root / 'xnli-nine-test' / 'scores.json'}: ")
    assert trouble in run.problems[0]
    assert run.problems[1] == "phase xnli-nine-test: unfinished"


def test_a_task_that_has_learned_nothing_is_named_and_the_phase_still_counts(tmp_path: Path) -> None:
    root = write_run(tmp_path / "demo", demo_phases())
    (root / "nine" / "collapsed.json").write_text('{"mnli": 119, "qqp": 119}\n', encoding="utf-8")
    run = read_run(root)
    (told,) = run.problems
    assert told.startswith(
        "phase nine: mnli had learned nothing by step 119, qqp had learned nothing by step 119"
    )
    assert run.phases[1].state == "done"
    (root / "nine" / "collapsed.json").write_text("{", encoding="utf-8")
    assert "collapsed.json: cannot be read as JSON" in read_run(root).problems[0]


def test_a_phase_that_was_begun_anew_is_named_with_the_reason_and_still_counts(tmp_path: Path) -> None:
    root = write_run(tmp_path / "demo", demo_phases())
    (root / "nine" / "restarts.json").write_text('["seed 0: step 99: mnli: collapsed"]', encoding="utf-8")
    run = read_run(root)
    assert run.problems == (
        "phase nine: begun anew with another seed after seed 0: step 99: mnli: collapsed",
    )
    assert run.phases[1].state == "done"
    (root / "nine" / "restarts.json").write_text("{}", encoding="utf-8")
    assert "restarts.json: holds '{}' where a list should be" in read_run(root).problems[0]


def test_predictions_without_labels_are_named(tmp_path: Path) -> None:
    root = write_run(tmp_path / "demo", demo_phases())
    (root / "xnli-nine-test" / "scores.json").write_text("{}", encoding="utf-8")
    assert read_run(root).problems == (
        "phase xnli-nine-test: predicted, but had no labels to be scored against",
    )


def test_missing_scores_and_versions_are_problems(tmp_path: Path) -> None:
    root = write_run(tmp_path / "demo", demo_phases())
    (root / "xnli-nine-test" / "scores.json").unlink()
    (root / "versions.json").unlink()
    assert [problem.rpartition(": ")[2] for problem in read_run(root).problems] == [
        "is missing",
        "unfinished",
        "is missing",
    ]


def test_a_phase_of_another_recipe_is_named(tmp_path: Path) -> None:
    root = write_run(tmp_path / "demo", demo_phases())
    (root / "nine").rename(root / "ten")
    problems = read_run(root).problems
    assert problems == ("phase nine: not begun", "phase ten: no part of the recipe; left out")


def test_a_folder_that_is_no_run_is_the_user_s_mistake(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no folder of a run"):
        read_run(tmp_path)
    (tmp_path / "recipe.yaml").write_text("tasks: [xnli]\n", encoding="utf-8")
    with pytest.raises(UserError, match="not a recipe with phases"):
        read_run(tmp_path)
