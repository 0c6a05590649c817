"""Scores of a phase are made anew from its files, and never lost for want of them."""

from dataclasses import replace
from pathlib import Path

import pytest

from mtl.errors import UserError
from mtl.run.scoring import bring_labels, score_phase
from mtl.run.terminal import Terminal
from mtl.runfolder import PhaseFolder
from mtl.tasks.benchmarks import Member

MEMBER = Member(task="ccg", languages=(), layout="tags", metric="tag_accuracy", main=("accuracy",))


def score_nothing(folder: PhaseFolder) -> None:
    score_phase(folder, {"ccg": MEMBER}, None, Terminal(enabled=False))


def test_scores_are_not_replaced_by_none(tmp_path: Path) -> None:
    folder = PhaseFolder(tmp_path)
    score_nothing(folder)
    assert folder.scores.read_text() == "{}\n"
    score_nothing(folder)  # there were none to lose
    folder.scores.write_text('{"ccg": {}}')
    with pytest.raises(UserError, match=r"scores.json: is kept.*bring back what was in .*predictions"):
        score_nothing(folder)
    assert folder.scores.read_text() == '{"ccg": {}}'


def test_labels_come_from_the_data_folder_or_from_where_the_task_is_published_with_them(
    tmp_path: Path,
) -> None:
    member = Member(
        task="who", languages=("de", "fi"), layout="rankings", metric="map_at_20", main=("map@20",),
        labels_in="who/right",
    )  # fmt: skip
    published, own = '{"q": ["a"]}\n', '{"q": ["b"]}\n'
    for file, text in (("who/right/test-de.json", published), ("who/right/test-fi.json", published),
                       ("labels/who/test-fi.json", own)):  # fmt: skip
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).write_text(text)
    bring_labels(tmp_path, tmp_path / "into", [member])
    assert [(tmp_path / f"into/who/test-{code}.json").read_text() for code in ("de", "fi")] == [
        published,
        own,
    ]


def test_what_is_wrong_with_labels_is_said_of_the_file_that_can_be_mended(tmp_path: Path) -> None:
    theirs = tmp_path / "labels" / MEMBER.file("en")
    theirs.parent.mkdir(parents=True)
    theirs.write_bytes("fine\nnaïve\n".encode("latin-1"))
    with pytest.raises(UserError, match=rf"{theirs}:2: not UTF-8"):
        bring_labels(tmp_path, tmp_path / "into", [replace(MEMBER, languages=("en",))])
