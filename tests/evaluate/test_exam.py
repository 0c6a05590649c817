"""Predictions are written whatever is known; what is right, only where the rows really say it."""

from pathlib import Path

import pytest
import torch
from torch import Tensor

from mtl.data.strip import HeadStore, Strip
from mtl.engine.launch import Ranks
from mtl.errors import UserError
from mtl.evaluate.exam import AnswerFolders, Exam, is_written, predict_and_write
from mtl.evaluate.layouts.lines import TELLING
from mtl.tasks.benchmarks import Member
from tests.kit.splits import choice, write_split
from tests.kit.stores import make_task

MEMBER = Member(
    task="c",
    languages=("en",),
    layout="choices",
    metric="accuracy",
    main=("accuracy",),
    labels=("0", "1", "2", "3"),
)


class TakesTheLast:
    def predict(self, strip: Strip) -> Tensor:
        return torch.arange(sum(len(sites.rows) for sites in strip.sites.values()), dtype=torch.float32)


@pytest.mark.parametrize(
    ("labels", "are_real"),
    [
        ([0] * TELLING, False),
        ([0] * (TELLING - 1) + [1], True),
        ([0] * (TELLING - 1), True),
    ],
)
def test_labels_that_stand_for_withheld_ones_are_not_written(
    tmp_path: Path, labels: list[int], are_real: bool
) -> None:
    made = [choice(label, 7, 7, 7, 7) for label in labels]
    source = HeadStore(head="c", store=write_split(tmp_path / "s", make_task("c", "choice"), made))
    exam = Exam(member=MEMBER, language="en", source=source)
    folders = AnswerFolders(predictions=tmp_path / "predictions", labels=tmp_path / "labels")
    predict_and_write(exam, TakesTheLast(), folders, budget=4096, ranks=Ranks.alone())
    assert is_written(exam, folders)
    predicted = (folders.predictions / "c/test-en.jsonl").read_text()
    assert predicted == '{"label": 3}\n' * len(labels)
    assert (folders.labels / "c/test-en.jsonl").is_file() == are_real


class Broken:
    """An encoder whose numbers have overflowed."""

    def predict(self, strip: Strip) -> Tensor:
        return torch.full((sum(len(sites.rows) for sites in strip.sites.values()),), torch.nan)


def test_scores_that_are_no_numbers_are_no_answers(tmp_path: Path) -> None:
    source = HeadStore(
        head="c", store=write_split(tmp_path / "s", make_task("c", "choice"), [choice(0, 7, 7)])
    )
    exam = Exam(member=MEMBER, language="en", source=source)
    folders = AnswerFolders(predictions=tmp_path / "predictions", labels=tmp_path / "labels")
    with pytest.raises(UserError, match="c, en: not all scores are finite numbers"):
        predict_and_write(exam, Broken(), folders, budget=4096, ranks=Ranks.alone())
    assert not is_written(exam, folders)
