"""Scores of a phase are made anew from its files, and never lost for want of them."""

from pathlib import Path

import pytest

from mtl.errors import UserError
from mtl.run.console import Terminal
from mtl.run.scoring import score_phase
from mtl.runfolder import PhaseFolder
from mtl.tasks.benchmarks import Member

MEMBER = Member(task="ccg", languages=(), layout="tags", metric="tag_accuracy", main=("accuracy",))


def score_nothing(folder: PhaseFolder) -> None:
    score_phase(folder, {"ccg": MEMBER}, folder.labels, Terminal(enabled=False))


def test_scores_are_not_replaced_by_none(tmp_path: Path) -> None:
    folder = PhaseFolder(tmp_path)
    score_nothing(folder)
    assert folder.scores.read_text() == "{}\n"
    score_nothing(folder)  # there were none to lose
    folder.scores.write_text('{"ccg": {}}')
    with pytest.raises(UserError, match=r"scores.json: is kept.*bring back what was in .*predictions"):
        score_nothing(folder)
    assert folder.scores.read_text() == '{"ccg": {}}'
