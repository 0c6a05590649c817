"""Quora question pairs: do two questions ask the same?"""

from mtl.tasks.shapes import pair
from mtl.tasks.task import Source, Task

_SHAPE = pair(
    text_a="question1",
    text_b="question2",
    label="is_duplicate",
    id="id",
    names={"0": "not_duplicate", "1": "duplicate"},
)


def _source(part: str) -> tuple[Source, ...]:
    # A few rows of GLUE's file are torn by line breaks inside a question: no cell of them can be trusted.
    return (Source(files=(f"qqp/{part}.tsv",), format="tsv_ragged", record=_SHAPE),)


TASK = Task(
    name="qqp",
    kind="pair",
    splits={"train": _source("train"), "dev": _source("dev")},
    labels=("not_duplicate", "duplicate"),
    metric="accuracy_f1",
    notes={"genre": "questions of the site Quora"},
)
