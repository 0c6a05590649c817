"""Nine tasks, started as a person starts it: files, numbers and words; and the same curve from another starter."""

import json
import math
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.kit.ranks import ROOT
from tests.kit.worlds import NINE

GOLDEN = ROOT / "tests" / "launchers" / "golden_losses.json"
BIN = Path(sys.executable).parent
CHANGES = ["data.world.scale=0.1", "train.steps=6", "train.eval_every=3", "train.dev_examples=8"]


def start(command: list[str], folder: Path, *changes: str, **env: str) -> subprocess.CompletedProcess[str]:
    places = [f"out={folder}/runs", f"data.cache={folder}/cache"]
    return subprocess.run(
        [*command, "launchers/train.py", "recipes/world_nine.yaml", *CHANGES, *places, *changes],
        cwd=ROOT,
        env={**os.environ, "PATH": f"{BIN}:{os.environ['PATH']}", **env},
        capture_output=True,
        text=True,
        timeout=560,
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made: Path = tmp_path_factory.mktemp("nine")
    return made


@pytest.fixture(scope="module")
def trained(folder: Path) -> subprocess.CompletedProcess[str]:
    """The nine tasks under the deepspeed launcher, on two ranks, some steps of it."""
    return start([str(BIN / "deepspeed"), "--num_gpus", "2"], folder)


@pytest.fixture(scope="module")
def metrics(trained: subprocess.CompletedProcess[str], folder: Path) -> list[dict[str, Any]]:
    assert trained.returncode == 0, trained.stdout[-3000:] + trained.stderr[-3000:]
    lines = (folder / "runs" / "world_nine" / "intermediate" / "metrics.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines]


def losses(metrics: list[dict[str, Any]]) -> list[float]:
    return [line["loss"] for line in metrics if "loss" in line]


def test_the_first_losses_are_the_golden_ones(metrics: list[dict[str, Any]]) -> None:
    assert losses(metrics) == pytest.approx(json.loads(GOLDEN.read_text())["losses"], rel=1e-3)


def test_every_step_has_its_numbers(metrics: list[dict[str, Any]]) -> None:
    steps = [line for line in metrics if "loss" in line]
    assert [line["step"] for line in steps] == list(range(6))
    seen = set().union(*steps)
    for name in NINE:
        assert {f"loss/{name}", f"mixture/sampled/{name}", f"mixture/wanted/{name}", f"epochs/{name}"} <= seen
    for line in steps:
        assert line["tokens_per_second"] > 0 and 0 < line["flop_utilisation"] < 1
        assert 0.9 < line["packing/efficiency"] <= 1 and line["grad_norm"] > 0 and line["memory_gib"] > 0
        assert math.isclose(sum(line[f"mixture/sampled/{name}"] for name in NINE), 1.0)


def test_a_task_has_a_loss_in_exactly_the_steps_that_drew_it(metrics: list[dict[str, Any]]) -> None:
    steps = [line for line in metrics if "loss" in line]
    seen = dict.fromkeys(NINE, 0.0)
    absent = 0
    for line in steps:
        for name in NINE:
            drawn = line[f"epochs/{name}"] > seen[name]
            assert (f"loss/{name}" in line) == drawn
            absent += not drawn
            seen[name] = line[f"epochs/{name}"]
    assert absent, "some step leaves some task out"


def test_dev_is_scored_every_few_steps_and_the_best_is_kept(
    metrics: list[dict[str, Any]], folder: Path
) -> None:
    dev = [line for line in metrics if "dev/mean" in line]
    assert [line["step"] for line in dev] == [2, 5]
    best = json.loads((folder / "runs/world_nine/intermediate/scores.json").read_text())
    assert best["mean"] == max(line["dev/mean"] for line in dev)
    assert set(best["tasks"]) == set(NINE)


def test_the_run_folder_explains_itself(metrics: list[dict[str, Any]], folder: Path) -> None:
    from mtl.run.recipe.read import load_recipe

    run = folder / "runs" / "world_nine"
    assert load_recipe(run / "recipe.yaml", []).phase_list()[0].train.steps == 6
    assert json.loads((run / "versions.json").read_text())["ranks"] == 2
    phase = run / "intermediate"
    assert json.loads((phase / "ds_config.json").read_text())["zero_optimization"]["stage"] == 2
    mixture = json.loads((phase / "mixture.json").read_text())
    assert sum(row["draws"] for row in mixture) == 6 * 32
    assert (phase / "mixture.txt").read_text().startswith("task\tkind\trecords")
    assert "commonsenseqa, loss" in (run / "report.html").read_text()


def test_tensorboard_reads_the_events(metrics: list[dict[str, Any]], folder: Path) -> None:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = EventAccumulator(str(folder / "runs/world_nine/intermediate/tensorboard"))
    events.Reload()
    tags = set(events.Tags()["scalars"])
    assert {"loss", "rate", "tokens_per_second", "dev/mean", *(f"loss/{name}" for name in NINE)} <= tags
    assert [event.step for event in events.Scalars("loss")] == list(range(6))


def test_a_person_sees_table_progress_scores_and_summary(trained: subprocess.CompletedProcess[str]) -> None:
    for words in ("mixture", "tokens/s", "dev mean", "summary", "data wait", "tensorboard --logdir"):
        assert words in trained.stdout
    assert trained.stdout.count("summary") == 1, "one rank speaks"


def test_a_second_start_reads_no_text_and_gives_the_same_curve_on_one_rank(
    metrics: list[dict[str, Any]], folder: Path
) -> None:
    stores = sorted((folder / "cache" / "stores").glob("*/tokens.bin"))
    before = [path.stat().st_mtime_ns for path in stores]
    again = start([sys.executable], folder, "name=again", "deepspeed=ds_configs/zero3.json")
    assert again.returncode == 0, again.stderr[-3000:]
    lines = (folder / "runs/again/intermediate/metrics.jsonl").read_text().splitlines()
    assert losses([json.loads(line) for line in lines]) == pytest.approx(losses(metrics), rel=1e-5)
    assert [
        path.stat().st_mtime_ns for path in sorted((folder / "cache" / "stores").glob("*/tokens.bin"))
    ] == before


def test_a_dry_run_prints_the_plan_and_trains_nothing(metrics: list[dict[str, Any]], folder: Path) -> None:
    dry = start([sys.executable], folder, "name=dry", "--dry-run")
    assert dry.returncode == 0, dry.stderr[-3000:]
    for words in ("examples_per_step: 32", "mixture", "memory of each of 1 ranks", "anli"):
        assert words in dry.stdout
    assert not (folder / "runs" / "dry").exists()


def test_a_mistake_is_one_line_and_exit_code_2(folder: Path) -> None:
    wrong = start([sys.executable], folder, "tasks=[mnil]")
    assert wrong.returncode == 2
    assert wrong.stderr.strip().splitlines()[-1].startswith("error: ")
    assert "Traceback" not in wrong.stderr
