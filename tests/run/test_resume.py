"""A run that is killed or stopped anywhere, and goes on, ends as the undisturbed one: bit for bit, at every stage."""

import json
import os
import signal
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.kit import small_run
from tests.kit.checkpoints import verified
from tests.kit.mortal import End, Life, live

STAGES = (0, 1, 2, 3)


def run(recipe: Path, name: str, stage: int, disturb: tuple[str, int, int] | None, *changes: str) -> None:
    """A life of a run: it is disturbed at a place, the n-th time that rank 1 comes there, by a signal."""
    from mtl.engine import watch
    from mtl.errors import run_verb
    from mtl.run.keeping import Keeper
    from mtl.run.running import run_recipe

    watch.INTERVAL, watch.GRACE = 0.1, 0.5  # what is lost is known to be lost
    if disturb is not None and disturb[0] == "step":  # what was saved before is whole by then, on all ranks
        Keeper.poll = Keeper.settle  # type: ignore[method-assign]
    if disturb is not None and os.environ["RANK"] == str(int(os.environ["WORLD_SIZE"]) - 1):
        PLACES[disturb[0]](*disturb[1:])
    settings = [f"name={name}", f"deepspeed=ds_configs/zero{stage}.json", *changes]
    run_verb(partial(run_recipe, recipe, settings, resume=True), leave=os._exit)


def in_step(step: int, number: int) -> None:
    """In the middle of a step: after its backward passes."""
    from mtl.engine.engine import Engine

    whole = Engine._check

    def check(self: Any, agreement: Any, work: Any, *rest: Any) -> None:
        if work.plan.step == step and len(self.heads) > 1 and self._examples_per_step == 12:
            os.kill(os.getpid(), number)
        whole(self, agreement, work, *rest)

    Engine._check = check  # type: ignore[method-assign]


def in_save(write: int, number: int) -> None:
    """In the middle of a save: a tensor is written by half."""
    from mtl.engine.tensor_file import TensorWriter

    count_calls(TensorWriter, "add", write, number)


def in_evaluation(dev_set: int, number: int) -> None:
    from mtl.evaluate import dev

    count_calls(dev, "predict", dev_set, number)


def in_exam(exam: int, number: int) -> None:
    from mtl.run import evaluate_phase

    count_calls(evaluate_phase, "predict_and_write", exam, number)


def count_calls(owner: Any, name: str, wanted: int, number: int) -> None:
    whole, calls = getattr(owner, name), 0

    def counted(*args: Any, **given: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == wanted:
            os.kill(os.getpid(), number)
        return whole(*args, **given)

    setattr(owner, name, counted)


PLACES: dict[str, Callable[[int, int], None]] = {
    "step": in_step,
    "save": in_save,
    "evaluation": in_evaluation,
    "exam": in_exam,
}
KILLS = [("step", 3, signal.SIGKILL), ("save", 8, signal.SIGKILL)]
STOPS = [
    ("step", 1, signal.SIGTERM),
    ("evaluation", 3, signal.SIGUSR1),
    ("save", 4, signal.SIGTERM),
    ("step", 7, signal.SIGINT),  # the last one: its evaluation is still to come
]


@pytest.fixture(scope="module")
def recipe(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_run.write(tmp_path_factory.mktemp("small"))


@pytest.fixture(scope="module")
def killed(recipe: Path) -> list[End]:
    """At each stage: an undisturbed run, then one that is killed twice and goes on."""
    lives = []
    for stage in STAGES:
        lives.append(Life(function=run, args=(recipe, f"whole{stage}", stage, None)))
        for disturb in [*KILLS, None]:
            lives.append(Life(function=run, args=(recipe, f"killed{stage}", stage, disturb)))
    return live(lives, recipe.parent / "killed")


def result(recipe: Path, name: str) -> dict[str, torch.Tensor]:
    from mtl.engine.checkpoint_files import WEIGHTS, Tensors
    from mtl.runfolder import PhaseFolder

    folder = PhaseFolder(recipe.parent / "runs" / name / "intermediate")
    last = verified(folder.checkpoints / "step-00000008")
    assert folder.read_result() is not None
    return {**Tensors(last, WEIGHTS), **Tensors(last, "averages")}


CLOCK = {
    "tokens_per_second", "flop_utilisation", "data_wait", "step_seconds", "memory_gib", "lag/rank", "lag/seconds",
}  # fmt: skip
"""What is measured by the clock, and so never the same twice."""


def lines(recipe: Path, name: str) -> list[dict[str, Any]]:
    path = recipe.parent / "runs" / name / "intermediate" / "metrics.jsonl"
    all_lines = [json.loads(line) for line in path.read_text().splitlines()]
    kept = [{key: value for key, value in line.items() if key not in CLOCK} for line in all_lines]
    return [line for line in kept if "checkpoint_seconds" not in line]


@pytest.mark.parametrize("stage", STAGES)
def test_a_killed_run_ends_as_the_undisturbed_one(recipe: Path, killed: list[End], stage: int) -> None:
    whole, in_step, in_save, last = killed[4 * stage : 4 * stage + 4]
    assert whole.codes == last.codes == [0, 0], whole.said + last.said
    for end in (in_step, in_save):
        assert end.codes[1] == -signal.SIGKILL and end.codes[0] not in (0, 75)
    assert "goes on after step 2" in in_save.said[0]
    assert "goes on after step 2" in last.said[0], "the save of step 4 was torn"
    ours, theirs = result(recipe, f"killed{stage}"), result(recipe, f"whole{stage}")
    assert ours.keys() == theirs.keys()
    assert [name for name in ours if not torch.equal(ours[name], theirs[name])] == []
    assert lines(recipe, f"killed{stage}") == lines(recipe, f"whole{stage}")


@pytest.fixture(scope="module")
def stopped(recipe: Path, killed: list[End]) -> list[End]:
    """A run that is stopped by a signal to one rank, again and again, wherever it may be."""
    disturbs = [*STOPS, None]
    lives = [Life(function=run, args=(recipe, "stopped3", 3, disturb)) for disturb in disturbs]
    return live(lives, recipe.parent / "stopped")


def test_a_signal_to_any_rank_saves_and_ends_all_with_code_75(recipe: Path, stopped: list[End]) -> None:
    *interrupted, last = stopped
    for end in interrupted:
        assert end.codes == [75, 75], end.said
        assert "stopped: phase intermediate after step" in end.said[0]
        assert "which is saved; go on with --resume" in end.said[0]
    assert last.codes == [0, 0], last.said
    steps = [end.said[0].partition("goes on after step ")[2][:1] for end in stopped]
    assert steps == ["", "3", "4", "5", "8"]


def test_a_stopped_run_ends_as_the_undisturbed_one(recipe: Path, stopped: list[End]) -> None:
    ours, theirs = result(recipe, "stopped3"), result(recipe, "whole3")
    assert [name for name in ours if not torch.equal(ours[name], theirs[name])] == []
    assert lines(recipe, "stopped3") == lines(recipe, "whole3")


def test_a_phase_ends_with_its_best_checkpoint(recipe: Path, killed: list[End]) -> None:
    from mtl.engine.checkpoint_files import read_weights
    from mtl.runfolder import PhaseFolder

    folder = PhaseFolder(recipe.parent / "runs" / "whole0" / "intermediate")
    dev = {line["step"]: line["dev/mean"] for line in lines(recipe, "whole0") if "dev/mean" in line}
    best = min(step for step, mean in dev.items() if mean == max(dev.values()))
    result = folder.read_result()
    assert result is not None and result.name == f"step-{best + 1:08d}"
    assert read_weights(result)


def test_what_goes_on_with_other_data_is_refused(recipe: Path, killed: list[End]) -> None:
    changed = Life(function=run, args=(recipe, "whole1", 1, None, "train.examples_per_step=13"), world=1)
    (end,) = live([changed], recipe.parent / "changed")
    assert end.codes == [2]
    assert "was made with other settings.train.examples_per_step (12, now 13)" in end.said[0]


def test_every_start_is_remembered_with_what_it_began_from(recipe: Path, killed: list[End]) -> None:
    folder = recipe.parent / "runs" / "killed0" / "intermediate"
    starts = json.loads((folder / "lineage.json").read_text())
    checkpoint = str(folder / "checkpoints" / "step-00000002")
    assert [start["from"] for start in starts] == ["random weights, seed 3", checkpoint, checkpoint]
    assert [(start["step"], start["ranks"]) for start in starts] == [(0, 2), (2, 2), (2, 2)]
    assert all(start["torch"] == torch.__version__ for start in starts)


EVALUATION = """
phases:
  train: {train: {eval_every: null, steps: 2}}
  look: {kind: evaluate, after: train, tasks: [pairs, tags], evaluate: {split: dev}}
"""


def test_a_signal_in_an_evaluate_phase_leaves_what_is_predicted(recipe: Path) -> None:
    path = recipe.with_name("evaluated.yaml")
    path.write_text(recipe.read_text() + EVALUATION)
    disturbs = [("exam", 1, signal.SIGTERM), None]
    lives = [Life(function=run, args=(path, "evaluated", 1, disturb)) for disturb in disturbs]
    first, second = live(lives, recipe.parent / "evaluated")
    assert first.codes == [75, 75], first.said
    assert "stopped: in phase look, before tags" in first.said[0]
    assert second.codes == [0, 0], second.said
    assert "pairs en: predicted" in first.said[0] and "pairs en: predicted" not in second.said[0]
    assert "tags en: predicted" in second.said[0]
