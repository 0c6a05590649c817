"""Cosmos QA: multiple-choice reading of everyday narratives, between the lines."""

from mtl.tasks.shapes import choice
from mtl.tasks.task import Source, Task

_SHAPE = choice(
    prompt=("context", "question"),
    choices=("answer0", "answer1", "answer2", "answer3"),
    label="label",
    id="id",
)


def _source(file: str, format: str) -> tuple[Source, ...]:
    return (Source(files=(f"cosmosqa/{file}",), format=format, record=_SHAPE),)


TASK = Task(
    name="cosmosqa",
    kind="choice",
    splits={
        "train": _source("train.csv", "csv"),
        "dev": _source("valid.csv", "csv"),
        "test": _source("test.jsonl", "jsonl"),
    },
    num_choices=4,
    metric="accuracy",
    notes={"genre": "blogs", "licence": "CC BY 4.0"},
)
