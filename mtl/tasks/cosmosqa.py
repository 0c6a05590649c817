"""Cosmos QA: multiple-choice reading of everyday narratives, between the lines."""

from mtl.tasks.records import Drop, Record
from mtl.tasks.shapes import choice
from mtl.tasks.task import Row, Source, Task, first_of, from_hub

_SHAPE = choice(
    prompt=("context", "question"),
    choices=("answer0", "answer1", "answer2", "answer3"),
    label="label",
    id="id",
)


def _untold(row: Row) -> Record | Drop:
    """The hub writes -1 where a test row tells no label."""
    return _SHAPE({**row, "label": None if row["label"] == -1 else row["label"]})


def _source(file: str, format: str, hub_split: str) -> tuple[Source, ...]:
    return first_of(
        Source(files=(f"cosmosqa/{file}",), format=format, record=_SHAPE),
        from_hub("allenai/cosmos_qa", "default", hub_split, record=_untold),
    )


TASK = Task(
    name="cosmosqa",
    kind="choice",
    splits={
        "train": _source("train.csv", "csv", "train"),
        "dev": _source("valid.csv", "csv", "validation"),
        "test": _source("test.jsonl", "jsonl", "test"),
    },
    num_choices=4,
    metric="accuracy",
    sizes={"train": 25_262, "dev": 2_985, "test": 6_963},
    notes={"genre": "blogs", "licence": "CC BY 4.0"},
)
