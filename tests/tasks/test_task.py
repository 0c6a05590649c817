"""A declaration that lacks what its kind needs fails where it is written."""

from typing import Any

import pytest

from mtl.data.formats import READERS
from mtl.tasks.shapes import text
from mtl.tasks.task import FORMATS, Source, Task


@pytest.mark.parametrize(
    ("change", "trouble"),
    [
        ({"kind": "choice"}, "num_choices is for choice tasks"),
        ({"num_choices": 4}, "num_choices is for choice tasks"),
        ({"labels": None}, "a pair task has labels"),
        ({"kind": "span"}, "a span task has no label set"),
        ({"labels": ("a", "a")}, "a label is listed twice"),
    ],
)
def test_a_task_holds_its_author_to_its_kind(change: dict[str, Any], trouble: str) -> None:
    sound: dict[str, Any] = {
        "name": "t",
        "kind": "pair",
        "splits": {},
        "labels": ("a", "b"),
        "metric": "accuracy",
    }
    Task(**sound)
    with pytest.raises(AssertionError, match=trouble):
        Task(**{**sound, **change})


def test_a_source_names_a_reader_that_exists() -> None:
    assert set(FORMATS) == set(READERS)
    with pytest.raises(AssertionError, match=r"no reader is named 'yaml'"):
        Source(files=("x",), format="yaml", record=text())
