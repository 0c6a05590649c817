"""Collapses are told where people and reports look, and begin a phase anew only while that is allowed."""

import json
from contextlib import nullcontext
from math import log
from pathlib import Path

import pytest

from mtl.engine.agreement import Agreement
from mtl.engine.launch import Ranks
from mtl.journal import Journal
from mtl.run.collapse import STEPS, CollapsedError, CollapseGuard
from mtl.run.collapse_report import CollapseReport
from mtl.run.terminal import Terminal
from mtl.runfolder import PhaseFolder


def report_in(folder: Path, *names: str, restarts_left: int) -> CollapseReport:
    """Of tasks with three labels."""
    place = PhaseFolder(folder)
    return CollapseReport(
        guard=CollapseGuard([log(3) for _ in names], warmup_steps=0),
        names=names,
        folder=place,
        journal=Journal(place, enabled=False),
        terminal=Terminal(enabled=True),
        ranks=Ranks.alone(),
        restarts_left=restarts_left,
    )


def walk(report: CollapseReport, first: int, *losses: float) -> None:
    """A span of steps from the first on, each with one example a task."""
    counts = (1,) * len(losses)
    for step in range(first, first + STEPS):
        report.add(step, Agreement(loss_sums=losses, counts=counts, stop=False, strangers=()))


@pytest.mark.parametrize("restarts_left", [-1, 0, 1])
def test_training_begins_anew_only_while_restarts_are_left(tmp_path: Path, restarts_left: int) -> None:
    """A recipe may by now allow fewer restarts than there were."""
    report = report_in(tmp_path, "mnli", restarts_left=restarts_left)
    with pytest.raises(CollapsedError) if restarts_left > 0 else nullcontext():
        walk(report, 0, log(3))
    assert report.guard.collapsed == {0}


def test_a_phase_in_which_a_task_learns_goes_on_and_tells_of_the_other(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report, told = report_in(tmp_path, "mnli", "ccg", restarts_left=1), PhaseFolder(tmp_path).collapsed
    walk(report, 0, log(3), 0.5)
    assert json.loads(told.read_text()) == {"mnli": STEPS - 1}
    assert f"step {STEPS - 1}: mnli: collapsed" in capsys.readouterr().out
    walk(report, STEPS, 0.5, 0.5)
    assert not told.exists()
    assert "mnli: only slow; learns after all" in capsys.readouterr().out


def test_a_start_tells_what_its_checkpoint_knew_of_collapses(tmp_path: Path) -> None:
    """A later state's may lie there."""
    report, told = report_in(tmp_path, "mnli", restarts_left=0), PhaseFolder(tmp_path).collapsed
    walk(report, 0, log(3))
    again = report_in(tmp_path, "mnli", restarts_left=0)
    again.begin(0)
    assert not told.exists()
    again.guard.restore(report.guard.state())
    again.begin(STEPS)
    assert json.loads(told.read_text()) == {"mnli": STEPS - 1}
