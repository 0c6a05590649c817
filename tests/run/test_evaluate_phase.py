"""An evaluate phase: the same files on any number of ranks, each language once, scored by the benchmark's rules."""

import json
import shutil
from pathlib import Path

import pytest
import yaml

from mtl.errors import UserError
from mtl.evaluate.score import score_files
from mtl.run.rescoring import score_run
from mtl.run.running import run_recipe
from mtl.tasks.benchmarks import Member
from tests.kit.ranks import run_on_ranks

GRAPH = """
model: {config: {hidden_size: 32, num_hidden_layers: 1, num_attention_heads: 2, intermediate_size: 64}}
data: {world: {scale: 0.05}, workers: 1}
train: {steps: 2, lr: 1e-3, precision: fp32, token_budget: 1024, bins_multiple: 4, examples_per_step: 8}
evaluate: {split: dev, token_budget: 700}
declare:
  doubtful: {kind: span, files: {test: squad/dev-v2.0.json}, metric: squad_v2, train_on: squad_v2}
phases:
  some: {arm: some, tasks: [mnli, squad_v1, squad_v2, ccg, cosmosqa]}
  dev: {kind: evaluate, after: some, tasks: [mnli, squad_v1, squad_v2, ccg, cosmosqa]}
  silent: {kind: evaluate, after: some, tasks: [doubtful], evaluate: {split: test}}
  absent: {kind: evaluate, after: some, tasks: [qqp]}
"""
FILES = ("mnli/dev-en.tsv", "squad_v1/dev-en.json", "ccg/dev-en.tsv", "cosmosqa/dev-en.jsonl")


def run(folder: Path, *only: str) -> None:
    run_recipe(folder / "graph.yaml", settings(folder), resume=True, only=only)


def settings(folder: Path) -> list[str]:
    return [f"out={folder}", f"data.cache={folder.parent / 'cache'}"]


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder: Path = tmp_path_factory.mktemp("run") / "trained"
    folder.mkdir()
    (folder / "graph.yaml").write_text(GRAPH)
    run_on_ranks(run, 1, folder, "some", "dev")
    return folder


def test_predictions_are_the_same_bytes_on_one_two_and_four_ranks(trained: Path) -> None:
    for world in (2, 4):
        copied = trained.with_name(f"on{world}")
        shutil.copytree(trained, copied, ignore=shutil.ignore_patterns("dev"))
        run_on_ranks(run, world, copied, "dev")
        for file in FILES:
            one, other = (folder / "graph/dev/predictions" / file for folder in (trained, copied))
            assert one.read_bytes() == other.read_bytes(), (file, world)


def test_what_is_written_can_be_scored_again_without_model_or_data(trained: Path) -> None:
    scores = json.loads((trained / "graph/dev/scores.json").read_text())
    assert set(scores) == {"mnli", "squad_v1", "squad_v2", "ccg", "cosmosqa"}
    folder = trained / "graph/dev"
    member = Member(task="ccg", languages=("en",), layout="tags", metric="tag_accuracy", main=("accuracy",))
    numbers, _ = score_files(member, "en", folder / "predictions" / FILES[2], folder / "labels" / FILES[2])
    assert scores["ccg"]["en"] == numbers == scores["ccg"]["avg"]


def test_the_scores_are_in_the_run_s_report(trained: Path) -> None:
    scores = json.loads((trained / "graph/dev/scores.json").read_text())
    report = (trained / "graph/results.csv").read_text()
    assert f'some,0,"ccg, dev",en,accuracy,{scores["ccg"]["en"]["accuracy"]!r}\n' in report
    page = (trained / "graph/report.html").read_text()
    assert "phase absent: not begun" in page
    assert f"{scores['ccg']['avg']['accuracy']:.1f}" in page


def test_of_a_run_some_targets_and_languages_are_shown_and_unknown_ones_refused(
    trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = tmp_path / "graph"
    shutil.copytree(trained / "graph", run)
    score_run(run, targets=["ccg"], languages=["en"])
    shown = capsys.readouterr().out.splitlines()
    assert shown[0] == "phase dev, arm some:"
    assert shown[1].startswith("ccg ")
    assert not any(line.startswith(("mnli ", "cosmosqa ")) for line in shown)
    for wish in ({"targets": ["cgc"]}, {"languages": ["fi"]}):
        with pytest.raises(
            UserError, match=r"unknown (target 'cgc'; did you mean ccg|language 'fi'; known: en)"
        ):
            score_run(run, **wish)


def test_a_killed_evaluation_goes_on_with_what_is_missing(trained: Path) -> None:
    copied = trained.with_name("killed")
    shutil.copytree(trained, copied)
    folder = copied / "graph/dev"
    record = json.loads((folder / "phase.json").read_text())
    (folder / "phase.json").write_text(json.dumps({**record, "done": False}))
    (folder / "predictions" / FILES[1]).unlink()
    (folder / "predictions" / FILES[0]).write_text("kept as it is\n")
    with pytest.raises(AssertionError, match="unknown label 'kept as it is'"):
        run_on_ranks(run, 1, copied, "dev")
    again, first = ((each / "graph/dev/predictions" / FILES[1]).read_bytes() for each in (copied, trained))
    assert again == first


@pytest.mark.parametrize("gone", ["weights-0000.safetensors", "."])
def test_what_is_done_needs_no_weights_no_model_and_no_stores(
    trained: Path, tmp_path: Path, gone: str
) -> None:
    copied, cache = tmp_path / "trained", tmp_path / "cache"
    shutil.copytree(trained, copied)
    cache.mkdir()
    (cache / "worlds").symlink_to(trained.parent / "cache" / "worlds")
    (checkpoint,) = (copied / "graph/some/checkpoints").iterdir()
    path = checkpoint / gone
    if path.is_file():
        path.unlink()
    else:
        shutil.rmtree(copied / "graph/some/checkpoints")
    run_on_ranks(run, 1, copied, "some", "dev")
    assert not (cache / "stores").exists()


def test_a_head_that_was_not_trained_is_named(trained: Path) -> None:
    with pytest.raises(AssertionError, match="phase absent, after some: unknown head 'qqp'"):
        run_on_ranks(run, 1, trained, "absent")


def test_a_head_that_has_learnt_other_labels_than_are_declared_now_is_refused(tmp_path: Path) -> None:
    own = {
        "kind": "pair",
        "labels": {"0": "other", "1": "same"},
        "files": {"train": "qqp/train.tsv", "test": "qqp/dev.tsv"},
        "format": "tsv_ragged",
        "columns": {"text_a": "question1", "text_b": "question2", "label": "is_duplicate"},
    }
    graph = yaml.safe_load(GRAPH) | {"declare": {"own": own}}
    graph["phases"] = {
        "some": {"tasks": ["own"]},
        "dev": {"kind": "evaluate", "after": "some", "tasks": ["own"]},
    }
    graph["evaluate"]["split"] = "test"
    file = tmp_path / "graph.yaml"
    file.write_text(yaml.safe_dump(graph, sort_keys=False))
    run_on_ranks(run, 1, tmp_path, "some")
    own["labels"] = {"0": "same", "1": "other"}
    file.write_text(yaml.safe_dump(graph, sort_keys=False))
    with pytest.raises(
        AssertionError, match="has learnt the labels other, same, in this order, and own has same, other"
    ):
        run_on_ranks(run, 1, tmp_path, "dev")


def test_a_phase_that_is_not_there_to_start_from_is_named(tmp_path: Path) -> None:
    (tmp_path / "graph.yaml").write_text(GRAPH)
    with pytest.raises(AssertionError, match="phase dev: starts from some, which is not done"):
        run_on_ranks(run, 1, tmp_path, "dev")


def test_languages_that_are_not_there_are_refused(trained: Path) -> None:
    with pytest.raises(UserError, match="mnli is there in en only"):
        run_recipe(
            trained / "graph.yaml",
            [*settings(trained), "evaluate.languages=[fi]"],
            dry_run=True,
            only=["dev"],
        )


def test_unanswered_questions_are_chosen_by_the_threshold_that_is_best_on_english_dev(trained: Path) -> None:
    """Here test rows are the dev rows of the task trained on, of which `dev` answers by a threshold of 0."""
    copied = trained.with_name("silent")
    shutil.copytree(trained, copied)
    run_on_ranks(run, 2, copied, "silent")
    plain = json.loads((copied / "graph/dev/scores.json").read_text())["squad_v2"]["en"]
    tuned = json.loads((copied / "graph/silent/scores.json").read_text())["doubtful"]["en"]
    assert tuned["f1"] > plain["f1"]
    answers = json.loads((copied / "graph/silent/predictions/doubtful/test-en.json").read_text())
    assert len(answers) > 10
