"""Predictions are written whatever is known; what is right, only where the rows really say it."""

from pathlib import Path

import pytest
import torch
from torch import Tensor

from mtl.data.strip import HeadStore, Strip
from mtl.evaluate.exam import Exam, Place, is_written, predict_and_write
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
    place = Place(predictions=tmp_path / "predictions", labels=tmp_path / "labels")
    predict_and_write(exam, TakesTheLast(), place, budget=4096, rank=0, world=1)
    assert is_written(exam, place)
    predicted = (place.predictions / "c/test-en.jsonl").read_text()
    assert predicted == '{"label": 3}\n' * len(labels)
    assert (place.labels / "c/test-en.jsonl").is_file() == are_real
