"""A study's phases are each done once, whatever dies in between."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from mtl.errors import UserError
from mtl.run.recipe.read import load_recipe
from mtl.run.recipe.schema import Recipe
from mtl.run.terminal import Terminal
from mtl.runfolder import StudyFolder
from mtl.study.processes import Workers, drop_models, run_study, share_out
from tests.kit.ranks import ROOT
from tests.study.test_jobs import GRAPH

FAKE = (sys.executable, "-m", "tests.study.fake_launcher")
ONE = Workers(launcher=FAKE, devices=(None,))
QUIET = Terminal(enabled=False)


@pytest.fixture(autouse=True)
def surroundings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setattr("mtl.study.processes.POLL_SECONDS", 0.05)


@pytest.mark.parametrize(
    ("count", "visible", "shared"),
    [
        (0, None, (None,)),
        (1, "3", (None,)),
        (2, None, ("0", "1")),
        (2, "2,5", ("2", "5")),
        (2, "GPU-a,GPU-b", ("GPU-a", "GPU-b")),
    ],
)
def test_phases_share_the_gpus_that_this_process_sees(
    count: int, visible: str | None, shared: tuple[str | None, ...]
) -> None:
    assert share_out(count, visible=visible) == shared


def graph(folder: Path, *overrides: str) -> Recipe:
    (folder / "g.yaml").write_text(GRAPH)
    return load_recipe(folder / "g.yaml", [f"out={folder}", *overrides])


def diary(recipe: Recipe) -> list[str]:
    return [line.split()[0] for line in (recipe.folder / "done.txt").read_text().splitlines()]


def test_every_phase_is_done_once_and_a_second_start_does_nothing(tmp_path: Path) -> None:
    recipe = graph(tmp_path)
    run_study(recipe, ONE, QUIET)
    assert diary(recipe) == list(recipe.phases)
    run_study(recipe, ONE, QUIET)
    assert diary(recipe) == list(recipe.phases)


def test_gpus_share_the_jobs_and_no_phase_runs_before_what_it_starts_from(tmp_path: Path) -> None:
    recipe = graph(tmp_path)
    run_study(recipe, Workers(launcher=FAKE, devices=("0", "1")), QUIET)
    order = diary(recipe)
    assert sorted(order) == sorted(recipe.phases)
    for name, phase in recipe.phases.items():
        assert phase.after is None or order.index(phase.after) < order.index(name)
    devices = {line.split()[1] for line in (recipe.folder / "done.txt").read_text().splitlines()}
    assert devices == {"0", "1"}


@pytest.mark.parametrize("devices", [(None,), ("0", "1")])
def test_a_failure_is_told_and_what_does_not_follow_it_is_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, devices: tuple[str | None, ...]
) -> None:
    recipe = graph(tmp_path)
    monkeypatch.setenv("FAKE_FAILS", "a1")
    with pytest.raises(
        UserError, match=r"phase a1 failed, and 1 more could not be done; .*\.log says why"
    ) as caught:
        run_study(recipe, Workers(launcher=FAKE, devices=devices), QUIET)
    assert sorted(diary(recipe)) == ["a", "a2", "b", "b1", "text"]
    log = Path(str(caught.value).split("; ")[1].removesuffix(" says why"))
    assert log.read_text().endswith("no luck\n")
    monkeypatch.delenv("FAKE_FAILS")
    run_study(recipe, ONE, QUIET)
    assert sorted(diary(recipe)) == sorted(recipe.phases)


def test_a_phase_that_was_done_with_other_settings_stops_the_study(tmp_path: Path) -> None:
    run_study(graph(tmp_path), ONE, QUIET)
    with pytest.raises(UserError, match=r"made with other settings\.train\.lr"):
        run_study(graph(tmp_path, "train.lr=3e-5"), ONE, QUIET)


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_killed_at_random_and_started_again_nothing_is_done_twice(tmp_path: Path, how: int) -> None:
    recipe = graph(tmp_path)
    program = (
        "import sys; from pathlib import Path; from mtl.run.recipe.read import load_recipe;"
        "from tests.study.test_processes import ONE, QUIET; from mtl.study.processes import run_study;"
        f"run_study(load_recipe(Path({str(tmp_path / 'g.yaml')!r}), ['out={tmp_path}']), ONE, QUIET)"
    )
    dice = random.Random(how)
    for _ in range(2):
        study = subprocess.Popen(
            [sys.executable, "-c", program],
            cwd=ROOT,
            env={**os.environ, "FAKE_SECONDS": "0.3"},
            stderr=subprocess.DEVNULL,
        )
        begun = recipe.folder / "logs"
        while not begun.exists() and study.poll() is None:
            time.sleep(0.05)
        time.sleep(dice.uniform(0.3, 2.5))
        study.send_signal(how)
        assert study.wait(30) != 0 or len(diary(recipe)) == len(recipe.phases)
    run_study(recipe, ONE, QUIET)
    assert diary(recipe) == list(recipe.phases)


def test_models_that_nothing_needs_any_more_are_removed_where_that_is_wanted(tmp_path: Path) -> None:
    recipe = graph(tmp_path)
    for name in ("a", "a1", "b1"):
        (recipe.folder / name / "checkpoints").mkdir(parents=True)
    run_study(recipe, ONE, QUIET, drop={"a1", "b1"})
    left = [name for name in recipe.phases if (recipe.folder / name / "checkpoints").exists()]
    assert left == ["a"]
    assert (recipe.folder / "a1" / "phase.json").exists()


def test_two_at_once_are_refused(tmp_path: Path) -> None:
    from filelock import FileLock

    recipe = graph(tmp_path)
    recipe.folder.mkdir()
    with FileLock(recipe.folder / ".lock"), pytest.raises(UserError, match="is being run already"):
        run_study(recipe, ONE, QUIET)


def test_models_go_when_nothing_needs_them_any_more(tmp_path: Path) -> None:
    recipe = graph(tmp_path)
    folder = StudyFolder(recipe.folder)
    for name in recipe.phases:
        folder.phase(name).export.mkdir(parents=True)

    def left() -> set[str]:
        return {name for name in recipe.phases if folder.phase(name).export.exists()}

    drop_models(recipe, folder, done=["text", "a", "a1"], drop=["a1", "a2"])
    assert left() == {*recipe.phases}, "a1's test has not been done"
    drop_models(recipe, folder, done=["text", "a", "a1", "a1.test"], drop=["a1", "a2"])
    assert left() == {*recipe.phases} - {"a1"}
